"""An import becomes a table that the catalog loads, or nothing at all."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo import files
from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.market import list_tables, load_market, load_table
from kanalo.market.manifest import read_manifest
from kanalo.market.readers.formats import read_files
from kanalo.market.readers.reading import Reading, ReadOptions
from kanalo.market.store import (
    Target,
    check_reading,
    remove_table,
    store_reading,
    summarise,
)

TARGET = Target("btc_events", "Imported", "Binance", "btc_1d")


@pytest.fixture
def events(tmp_path: Path) -> Reading:
    """One long and one short of 1,000 and 3,000 USD on a day that was recorded as a whole."""
    path = tmp_path / "events.csv"
    path.write_text(
        "time,exchange,symbol,side,price,quantity,censored\n"
        "2026-01-31T12:00:00Z,binance,BTCUSDT,long,100,10,true\n"
        "2026-01-31T13:00:00Z,binance,BTCUSDT,short,100,30,true\n"
        "2026-01-31T13:00:00Z,binance,BTCUSDT,short,100,30,true\n"
    )
    span = {"start": pd.Timestamp("2026-01-31T00:00Z"), "end": pd.Timestamp("2026-02-01T00:00Z")}
    return read_files("liquidations", [path], ReadOptions(**span))


def read_market(folder: Path, column: str) -> pd.Series:
    market = load_market(folder, "btc_1d")
    return pd.Series(market.known(column), index=market.index)


def test_events_reach_the_bars_of_a_market(small_data, events):
    path = store_reading(small_data, events, TARGET)
    assert (path.parent.name, path.name[:11]) == ("imported", "btc_events.")
    table = load_table(small_data, "btc_events")
    assert table["notional_usd"].tolist() == [1000, 3000]
    longs = read_market(small_data, "liquidation_long_usd_binance")
    assert longs["2026-01-31"] == 1000
    assert np.isnan(longs["2026-01-30"])
    assert f"imported/{path.name}" in load_market(small_data, "btc_1d").digests


def test_the_manifest_vouches_for_the_table(small_data, events):
    store_reading(small_data, events, TARGET)
    entry = next(each for each in list_tables(small_data) if each.name == "btc_events")
    assert (entry.rows, entry.kind) == (2, "liquidation_events")
    assert (entry.start, entry.end) == ("2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z")
    assert entry.windows[0]["start"] == "2026-01-31T00:00:00Z"
    assert not list(small_data.rglob("*.draft")), "no draft is left"


def test_a_summary_counts_sides_and_repetitions(events):
    summary = summarise(events)
    assert summary["origin"] == "reported"
    assert (summary["rows"], summary["duplicates"], summary["censored"]) == (2, 1, 1.0)
    sides = summary["exchanges"]["binance"]
    assert sides["long"] == {"events": 1, "usd": 1000.0}
    assert sides["short"] == {"events": 1, "usd": 3000.0}
    json.dumps(summary)


def test_sums_in_coins_have_no_dollars_in_their_summary(tmp_path):
    path = tmp_path / "sums.csv"
    path.write_text("t,l,s\n1767225600,1,0\n1767229200,1,2\n")
    options = ReadOptions(exchange="binance", symbol="XMRUSDT", unit="base")
    sides = summarise(read_files("coinalyze-liquidations", [path], options))["exchanges"]["binance"]
    assert sides == {"long": {"intervals": 2, "usd": None}, "short": {"intervals": 1, "usd": None}}


def test_funding_and_positioning_take_their_place_in_the_market(small_data, tmp_path):
    funding = tmp_path / "funding.csv"
    funding.write_text(
        "calc_time,funding_interval_hours,last_funding_rate\n1769817600003,8,0.0001\n"
    )
    reading = read_files("binance-vision-funding", [funding])
    store_reading(small_data, reading, Target("btc_funding", "f", "Binance", "btc_1d"))
    metrics = tmp_path / "ratio.json"
    row = {"symbol": "BTCUSDT", "longShortRatio": "1.063"}
    stamps = (1769864400000, 1769868000000)
    metrics.write_text(json.dumps([{**row, "timestamp": stamp} for stamp in stamps]))
    reading = read_files("binance-long-short", [metrics])
    store_reading(small_data, reading, Target("btc_ratio", "r", "Binance", "btc_1d"))
    market = read_manifest(small_data).market("btc_1d")
    assert (market.funding, market.positioning) == ("btc_funding", "btc_ratio")
    assert load_market(small_data, "btc_1d").known("long_short_ratio").shape == (4378,)


def test_an_existing_table_is_not_overwritten_unless_asked(small_data, events):
    store_reading(small_data, events, TARGET)
    with pytest.raises(DataError, match="'btc_events' exists already: --replace overwrites it"):
        store_reading(small_data, events, TARGET)
    store_reading(small_data, events, Target("btc_events", "new", "Binance", "btc_1d", True))
    entry = next(each for each in list_tables(small_data) if each.name == "btc_events")
    assert entry.what == "new"
    assert read_manifest(small_data).market("btc_1d").liquidations == ("btc_events",)
    assert len(list((small_data / "imported").glob("*.parquet"))) == 1, "the old file is gone"


def test_a_table_that_was_not_imported_is_never_overwritten(small_data, events):
    with pytest.raises(DataError, match="'btc_1d' exists already: --name gives this one another"):
        store_reading(small_data, events, Target("btc_1d", "x", "y", replace=True))


def test_refusals_leave_the_folder_as_it_was(small_data, events):
    before = sorted(path.name for path in small_data.iterdir())
    manifest = (small_data / "manifest.json").read_text()
    with pytest.raises(ParameterError, match="must be lower-case letters.*received '../x'"):
        store_reading(small_data, events, Target("../x", "x", "y"))
    with pytest.raises(UnknownNameError, match="no market 'btc_1w'. Did you mean 'btc_1d'"):
        store_reading(small_data, events, Target("x", "x", "y", "btc_1w"))
    assert sorted(path.name for path in small_data.iterdir()) == before
    assert (small_data / "manifest.json").read_text() == manifest


def test_a_table_that_does_not_fit_its_market_is_refused_before_it_is_written(small_data, events):
    other = replace(events, frame=events.frame.assign(symbol="ETHUSDT"))
    with pytest.raises(DataError, match="does not fit the market btc_1d: .*ETH"):
        store_reading(small_data, other, TARGET)
    assert not list(small_data.rglob("*btc_events*"))
    assert load_market(small_data, "btc_1d").name == "btc_1d"


def test_a_check_writes_nothing(small_data, events):
    before = sorted(small_data.rglob("*"))
    check_reading(small_data, events, TARGET)
    assert sorted(small_data.rglob("*")) == before


def test_a_removed_table_is_known_to_no_market(small_data, events):
    path = store_reading(small_data, events, TARGET)
    assert remove_table(small_data, "btc_events") == ("btc_1d",)
    assert not path.exists()
    assert read_manifest(small_data).market("btc_1d").liquidations == ()


def test_a_table_that_was_not_imported_is_not_removed(small_data, events):
    with pytest.raises(DataError, match="'btc_1d' was not imported and cannot be removed"):
        remove_table(small_data, "btc_1d")
    store_reading(small_data, events, TARGET)
    with pytest.raises(UnknownNameError, match="no imported table 'btc_event'. Did you mean"):
        remove_table(small_data, "btc_event")


def test_imports_side_by_side_lose_none(small_data, events):
    with ProcessPoolExecutor(4) as pool:
        names = [f"events_{number}" for number in range(8)]
        list(pool.map(partial(_store, small_data, events), names))
    assert set(names) <= set(read_manifest(small_data).tables)


def _store(folder, reading, name):
    store_reading(folder, reading, Target(name, "Imported", "Binance"))


class Killed(BaseException):
    """Ends a process as kill -9 does: nothing that would be cleaned up is."""


@pytest.mark.parametrize("n_steps", range(4))
def test_an_import_killed_at_any_step_leaves_the_old_table_or_the_new(
    small_data, events, monkeypatch, n_steps
):
    store_reading(small_data, events, TARGET)
    steps = []

    def kill(step):
        steps.append(step)
        if len(steps) == n_steps + 1:
            raise Killed

    monkeypatch.setattr(files, "reach", kill)
    shorter = replace(events, frame=events.frame.iloc[:1])
    with pytest.raises(Killed):
        store_reading(small_data, shorter, replace(TARGET, replace=True))
    monkeypatch.undo()
    assert len(load_table(small_data, "btc_events")) == 2
    assert load_market(small_data, "btc_1d").name == "btc_1d"
    store_reading(small_data, shorter, replace(TARGET, replace=True))
    assert len(load_table(small_data, "btc_events")) == 1
    assert len(list((small_data / "imported").glob("*.parquet"))) == 1


def test_a_market_refuses_a_table_that_holds_no_liquidations(small_data):
    manifest = json.loads((small_data / "manifest.json").read_text())
    manifest["markets"]["btc_1d"]["liquidations"] = ["btc_1d"]
    (small_data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="The table 'btc_1d' must hold liquidations.*no kind"):
        load_market(small_data, "btc_1d")


def test_a_reader_with_the_old_manifest_goes_on_with_the_new_one(small_data, events, monkeypatch):
    """Its file was removed after the manifest was renamed: it begins again, and misses nothing."""
    from kanalo.market import catalog

    store_reading(small_data, events, TARGET)
    old = read_manifest(small_data)
    fewer = replace(events, frame=events.frame.iloc[:1])
    store_reading(small_data, fewer, replace(TARGET, replace=True))
    manifests = iter([old])
    monkeypatch.setattr(
        catalog, "read_manifest", lambda place: next(manifests, None) or read_manifest(place)
    )
    assert len(load_table(small_data, "btc_events")) == 1
    manifests = iter([old])
    market = load_market(small_data, "btc_1d")
    assert read_manifest(small_data).table("btc_events").file in market.digests
    assert not set(market.digests) - {
        each.file for each in read_manifest(small_data).tables.values()
    }
    manifests = iter([old])
    catalog.verify(small_data, old.table("btc_events"))


def test_readers_never_miss_a_file_while_a_table_is_replaced_again_and_again(small_data, events):
    store_reading(small_data, events, TARGET)
    stop = small_data / "stop"
    with ProcessPoolExecutor(1) as pool:
        reader = pool.submit(_read_until, small_data, stop)
        for number in range(30):
            frame = events.frame.iloc[: 1 + number % 2]
            store_reading(small_data, replace(events, frame=frame), replace(TARGET, replace=True))
        stop.touch()
        lengths = reader.result()
    assert lengths <= {1, 2}
    assert lengths


def _read_until(folder, stop):
    """Read the table until told to stop; return the numbers of rows that were seen."""
    lengths = set()
    while not (lengths and stop.exists()):
        lengths.add(len(load_table(folder, "btc_events")))
    return lengths


def test_a_file_that_is_gone_for_good_is_said_once(small_data, events):
    path = store_reading(small_data, events, TARGET)
    path.unlink()
    with pytest.raises(DataError, match="the file cannot be read"):
        load_table(small_data, "btc_events")
