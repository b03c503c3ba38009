"""What must hold of a download, each with one test against venues on this machine."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pandas as pd
import pytest

from kanalo import files
from kanalo.errors import DataError, SourceError, WorkspaceError
from kanalo.market import list_markets, load_market, load_table
from kanalo.market.manifest import read_manifest
from kanalo.sources.addresses import read_sources
from kanalo.sources.download import download
from kanalo.sources.pages import Pages
from kanalo.sources.request import Request

NOW, START = "2026-05-20T12:34:56Z", "2026-05-14"
HOUR = pd.Timedelta(hours=1)


def to_ms(time):
    return int(pd.Timestamp(time).timestamp() * 1000)


@pytest.mark.slow
def test_bars_are_those_of_the_venue_without_the_open_one(fetch, folder, venues):
    outcome = fetch()
    assert (outcome.error, outcome.missing) == ("", 0)
    frame = load_table(folder, "ethusdt_1h")
    rows = venues.world.bars("ETHUSDT", "1h", to_ms(START + "T00:00Z"), venues.world.now)
    assert np.array_equal(frame.to_numpy(), np.array(rows)[:-1, 1:])
    assert frame.index[-1] == pd.Timestamp("2026-05-20T11:00Z")


@pytest.mark.slow
def test_a_download_is_a_market_with_its_context(fetch, folder):
    for what in ("bars", "funding", "positioning", "liquidations"):
        assert fetch(what=what, start="2026-04-28").error == ""
    market = load_market(folder, "ethusdt_1h")
    assert market.perpetual.all()
    assert np.isfinite(market.known("funding_rate")).all()
    assert np.isfinite(market.known("open_interest")[1:]).all()
    assert np.isfinite(market.known("long_short_ratio")[1:]).all()
    recorded = market.known("liquidation_long_usd_binance")
    assert np.isfinite(recorded).sum() == 24  # the first of May
    assert "ethusdt_1h" in [each.name for each in list_markets(folder)]


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["bybit", "okx"])
def test_other_venues_give_the_same_bars_and_funding(fetch, folder, venue):
    fetch()
    fetch(what="funding")
    assert fetch(venue=venue).error == fetch(venue=venue, what="funding").error == ""
    for name in ("1h", "funding"):
        own, other = (
            load_table(folder, f"ethusdt_{name}"),
            load_table(folder, f"ethusdt_{name}_{venue}"),
        )
        columns = [each for each in other.columns if each in own.columns]
        assert own.loc[:, columns].equals(other.loc[:, columns])


@pytest.mark.parametrize("venue", ["bybit", "okx"])
def test_open_interest_is_in_coins_at_every_venue(fetch, folder, venue):
    fetch(what="positioning", start="2026-05-18")
    outcome = fetch(what="positioning", venue=venue, start="2026-05-18")
    assert (outcome.error, outcome.missing) == ("", 0)
    own = load_table(folder, "ethusdt_positioning")
    other = load_table(folder, f"ethusdt_positioning_{venue}")
    same = own.reindex(other.index)
    assert len(other) > 48
    np.testing.assert_allclose(other["open_interest"], same["open_interest"])
    np.testing.assert_allclose(other["long_short_ratio"], same["long_short_ratio"], atol=1e-3)


@pytest.mark.parametrize("venue", ["kraken", "bitfinex", "hyperliquid"])
def test_ccxt_reads_the_candles_of_the_other_venues_too(fetch, folder, venue):
    fetch()
    symbol = "ETHUSD" if venue == "kraken" else "ETHUSDT"
    outcome = fetch(symbol, venue=venue)
    assert (outcome.error, outcome.missing) == ("", 0)
    own = load_table(folder, "ethusdt_1h")
    pd.testing.assert_frame_equal(load_table(folder, outcome.request.table), own)


def test_hyperliquid_pays_funding_every_hour(fetch, folder):
    outcome = fetch(venue="hyperliquid", what="funding")
    times = load_table(folder, "ethusdt_funding_hyperliquid").index
    assert outcome.error == ""
    hours = pd.date_range(START, "2026-05-20T12:00", freq="h", tz="UTC", name="time")
    assert times.equals(hours.as_unit("ns"))


@pytest.mark.parametrize("venue", ["kraken", "bitfinex"])
def test_a_venue_without_funding_says_so(fetch, venue):
    assert f"{venue} has no history of funding: its " in fetch(venue=venue, what="funding").error


@pytest.mark.parametrize("venue", ["bybit", "okx", "kraken", "bitfinex", "hyperliquid"])
def test_delisted_and_unknown_symbols_are_refused_by_every_venue(fetch, venue):
    for symbol in ("FTTUSDT", "ETCUSDT"):
        error = fetch(symbol, venue=venue).error
        assert error.startswith(f"{venue} does not trade {symbol} (or no longer).")


def test_what_is_there_is_not_fetched_again(fetch, venues):
    fetch()
    before = sum(n for path, n in venues.requests.items() if "archive" in path)
    outcome = fetch()
    again = sum(n for path, n in venues.requests.items() if "archive" in path) - before
    assert (outcome.added, outcome.revised) == (0, ())
    assert again <= 6 < before  # the days of the overlap


@pytest.mark.slow
def test_an_earlier_start_adds_what_came_before(fetch, folder):
    fetch(start="2026-05-18")
    outcome = fetch(start=START)
    assert outcome.missing == 0
    assert load_table(folder, "ethusdt_1h").index[0] == pd.Timestamp(START, tz="UTC")


def test_revised_rows_are_replaced_and_listed(fetch, folder, venues):
    fetch()
    time = to_ms("2026-05-20T05:00Z")
    venues.world.revised["ETHUSDT", time] = 2.0
    before = load_table(folder, "ethusdt_1h").loc["2026-05-20T05:00Z", "volume"]
    venues.world.now += 3_600_000
    outcome = fetch()
    assert (outcome.added, outcome.revised) == (1, (pd.Timestamp("2026-05-20T05:00Z"),))
    after = load_table(folder, "ethusdt_1h").loc["2026-05-20T05:00Z", "volume"]
    assert after == pytest.approx(2 * before, abs=0.01)


def test_a_gap_is_a_gap(fetch, folder, venues):
    venues.world.missing.add(to_ms("2026-05-15T00:00Z"))
    outcome = fetch()
    assert outcome.missing == 24
    frame = load_table(folder, "ethusdt_1h")
    assert not len(frame.loc["2026-05-15"])
    assert frame.notna().all(axis=None)


def test_a_month_that_is_missing_comes_day_by_day(fetch, venues):
    venues.fail(r"monthly/klines", "404", times=99)
    assert fetch(start="2026-04-01").missing == 0
    assert sum("daily/klines" in path for path in venues.requests) > 60


@pytest.mark.slow
def test_files_without_a_header_are_read_like_those_with_one(folder, tmp_path, pauses):
    from tests.venues.server import Server
    from tests.venues.world import make_world

    server = Server(make_world(to_ms("2022-01-10T00:00Z")))
    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": server.start()})
    start = pd.Timestamp("2021-11-20", tz="UTC").as_unit("ns")
    try:
        outcome = download(folder, [Request("binance", "XMRUSDT", "bars", start)], sources)[0]
    finally:
        server.stop()
    assert (outcome.missing, outcome.rows) == (0, 51 * 24)


def test_a_wrong_checksum_is_fetched_once_more(fetch, venues):
    venues.fail(r"\.CHECKSUM", "checksum", times=1)
    assert fetch().error == ""


def test_a_checksum_that_stays_wrong_is_refused_by_name(fetch, folder, venues):
    venues.fail(r"05-19.*CHECKSUM", "checksum", times=2)
    outcome = fetch()
    assert "ETHUSDT-1h-2026-05-19.zip: the file differs from its checksum, twice" in outcome.error
    assert "ethusdt_1h" not in read_manifest(folder).tables


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["truncate", "drop", "500", "502"])
def test_faults_are_tried_again_with_growing_pauses(fetch, venues, pauses, fault):
    times = 5 if fault == "drop" else 2  # aiohttp itself asks once more after a lost connection
    venues.fail(r"05-19\.zip$", fault, times=times)
    venues.fail(r"fapi/v1/klines", fault, times=times)
    assert fetch().missing == 0
    assert {1.0, 2.0} <= set(pauses)


def test_faults_without_an_end_are_given_up(fetch, venues):
    venues.fail(r"05-19\.zip$", "500", times=99)
    error = fetch().error
    assert "gave no usable answer in 5 tries: it answered with the error 500" in error
    assert "the same command goes on from there" in error


def test_retry_after_is_obeyed(fetch, venues, pauses):
    venues.fail(r"05-19\.zip$", "429", retry_after="7")
    venues.fail(r"fapi/v1/klines", "429", retry_after="9")
    assert fetch().error == ""
    assert {7.0, 9.0} <= set(pauses)


@pytest.mark.parametrize("path", [r"05-19\.zip$", r"fapi/v1/klines"])
def test_a_ban_ends_with_the_time_to_wait(fetch, venues, path):
    venues.fail(path, "418", times=99, retry_after="600")
    error = fetch().error
    assert "has banned this address for too many requests (418); try again in 600 seconds" in error


def test_an_unknown_symbol_is_refused_with_a_suggestion(fetch):
    assert fetch("ETCUSDT").error == (
        "binance does not trade ETCUSDT (or no longer). Did you mean 'ETHUSDT'?"
    )


def test_a_delisted_symbol_ends_with_the_archive(fetch):
    outcome = fetch("FTTUSDT", start="2026-04-01")
    assert (outcome.error, outcome.end) == ("", "2026-04-19T23:00:00Z")
    assert "is not traded any more" in outcome.notes[0]


def test_a_renamed_symbol_is_two_tables(fetch):
    old, new = fetch("MATICUSDT", start="2026-04-01"), fetch("POLUSDT", start="2026-04-01")
    assert pd.Timestamp(old.end) + HOUR == pd.Timestamp(new.start)


def test_the_clock_of_the_venue_counts(fetch, folder):
    outcome = fetch()
    assert "the venue's counts" in " ".join(outcome.notes)
    assert load_table(folder, "ethusdt_1h").index[-1] < pd.Timestamp(NOW)


def test_maintenance_pages_are_no_data(fetch, venues):
    venues.fail(r"futures/data", "garbage", times=99)
    assert "something else than JSON" in fetch(what="positioning").error


def test_no_network_is_one_line_within_fifteen_seconds(folder, tmp_path, pauses):
    async def pause(seconds):
        pauses.append(seconds)

    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": "http://127.0.0.1:9"})
    request = Request("binance", "ETHUSDT", "bars", pd.Timestamp(START, tz="UTC"))
    with pytest.raises(SourceError, match="cannot be reached .*: check the network, or let a"):
        download(folder, [request], sources, pause=pause)
    from kanalo.sources.http import CONNECT, FIRST_TRIES

    assert sum(pauses) + FIRST_TRIES * CONNECT <= 15


def test_two_at_once_is_refused(fetch, folder):
    with (
        Pages(folder, "ethusdt_1h").claim(),
        pytest.raises(WorkspaceError, match="Another kanalo is fetching the table ethusdt_1h"),
    ):
        fetch()


def test_a_full_disk_is_an_error_and_the_old_table_stays(fetch, folder, venues, monkeypatch):
    fetch()
    old = load_table(folder, "ethusdt_1h")
    venues.world.now += 4 * 3_600_000

    def fill(step):
        if "ethusdt_1h" in step:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "reach", fill)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        fetch()
    assert load_table(folder, "ethusdt_1h").equals(old)
    monkeypatch.undo()
    assert fetch().added == 4


def test_a_table_from_elsewhere_is_not_overwritten(fetch, folder):
    fetch(name="mine")
    outcome = fetch("XMRUSDT", name="mine")
    assert "exists and was not made by this download" in outcome.error


def test_the_manifest_says_where_a_table_comes_from(fetch, folder):
    fetch()
    entry = read_manifest(folder).table("ethusdt_1h")
    assert (entry.kind, entry.symbol, entry.source) == (
        "bars",
        "ETHUSDT",
        "Downloaded from binance",
    )
    assert "Terms of Use" in entry.terms
    assert entry.fetched.endswith("Z")
    assert entry.request["start"] == "2026-05-14T00:00:00Z"


@pytest.mark.slow
def test_killed_twenty_times_the_same_command_ends_like_one_that_was_not(folder, sources, venues):
    """Each process is killed three writes or renames after it began; then one goes on."""
    request = Request("binance", "ETHUSDT", "bars", pd.Timestamp("2026-05-03", tz="UTC"))
    for _ in range(20):
        pid = _fork()
        if not pid:
            _count_down(3)
            try:
                download(folder, [request], sources)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        if "ethusdt_1h" in read_manifest(folder).tables:
            load_table(folder, "ethusdt_1h")  # whole, or not there at all
    kept = len(list(Pages(folder, "ethusdt_1h").folder.glob("*.zip")))
    before = _count_files(venues)
    outcome = download(folder, [request], sources)[0]
    rows = venues.world.bars("ETHUSDT", "1h", to_ms("2026-05-03T00:00Z"), venues.world.now)[:-1]
    assert np.array_equal(load_table(folder, "ethusdt_1h").to_numpy(), np.array(rows)[:, 1:])
    assert outcome.missing == 0
    assert not Pages(folder, "ethusdt_1h").folder.exists()
    assert _count_files(venues) - before == 17 - kept  # those that are there are not asked for


def _count_files(venues):
    return sum(n for path, n in venues.requests.items() if path.endswith(".zip"))


def _fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are no matter here
        return os.fork()


def _count_down(step):
    left = [step]

    def reach(_):
        if not left[0]:
            os._exit(9)
        left[0] -= 1

    files.reach = reach


def test_a_table_that_is_damaged_is_named(fetch, folder):
    fetch()
    entry = read_manifest(folder).table("ethusdt_1h")
    (folder / entry.file).write_bytes(b"PAR1")
    with pytest.raises(DataError, match="differs from the manifest"):
        load_table(folder, "ethusdt_1h")
