from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ChecksumError, DataError, UnknownNameError
from kanalo.market import (
    Market,
    list_markets,
    list_tables,
    load_article,
    load_market,
    load_table,
)
from kanalo.market.manifest import read_manifest


def test_every_table_is_what_the_manifest_says(data_dir):
    for entry in list_tables(data_dir):
        frame = load_table(data_dir, entry.name)
        assert len(frame) == entry.rows
        assert frame.index[0] == pd.Timestamp(entry.start)
        assert frame.index[-1] == pd.Timestamp(entry.end)
        assert frame.index.is_monotonic_increasing


def test_the_tables_stay_within_eight_megabytes_and_the_panel_within_eleven(data_dir):
    sizes = {entry.file: entry.bytes for entry in list_tables(data_dir)}
    panel = sum(size for file, size in sizes.items() if file.startswith("panel/"))
    assert 0 < panel < 11_000_000
    assert sum(sizes.values()) - panel < 8_000_000


def test_every_market_loads_without_its_context_too(data_dir):
    for entry in list_markets(data_dir):
        market = load_market(data_dir, entry.name, context=False)
        assert (market.name, market.symbol, market.interval) == (
            entry.name,
            entry.symbol,
            entry.interval,
        )
        assert market.benchmark is None
        assert market.finer is None
        assert "funding_rate" not in market.context


def test_the_hour_of_the_article(xmr_1h: Market):
    row = xmr_1h.index.get_loc("2026-01-31T12:00Z")
    assert xmr_1h.close[row] == 485.63
    assert xmr_1h.close[row] / xmr_1h.close[row - 24] - 1 == pytest.approx(0.1216, abs=5e-5)


def test_positioning_of_the_article_is_that_known_at_the_close(xmr_1h: Market):
    row = xmr_1h.index.get_loc("2026-01-31T12:00Z")
    assert str(xmr_1h.closes_at[row]) == "2026-01-31 13:00:00+00:00"
    assert xmr_1h.known("long_short_ratio")[row] == 1.0823


def test_funding_stands_at_the_bar_that_closes_at_the_stamp(xmr_1h: Market):
    rates = pd.Series(xmr_1h.known("funding_rate"), index=xmr_1h.index)
    assert rates["2026-01-31T07:00Z"] == 0.0001
    assert rates["2026-01-31T08:00Z"] == 0.0
    assert rates["2026-01-31T15:00Z"] == 0.00007342
    assert np.isnan(rates["2020-08-31T15:00Z"])
    assert rates["2020-08-31T23:00Z"] == 0.0001


def test_daily_funding_sums_three_stamps_and_is_zero_on_spot(xmr_1d: Market, data_dir):
    rates = pd.Series(xmr_1d.known("funding_rate"), index=xmr_1d.index)
    table = load_table(data_dir, "xmr_funding_8h")["funding_rate"]
    stamps = ["2026-01-31T08:00Z", "2026-01-31T16:00Z", "2026-02-01T00:00Z"]
    assert rates["2026-01-31"] == pytest.approx(sum(table[stamp] for stamp in stamps), rel=1e-12)
    assert (rates[:"2020-02-02"] == 0.0).all()
    assert np.isnan(rates["2020-08-31"]), "two of its three stamps are not covered"


def test_the_daily_table_joins_two_venues(xmr_1d: Market):
    splice = np.flatnonzero(xmr_1d.venue[1:] != xmr_1d.venue[:-1]) + 1
    assert [str(time.date()) for time in xmr_1d.index[splice]] == ["2020-02-03"]
    assert xmr_1d.venue[splice[0] - 1] == "all-venues-spot"
    assert xmr_1d.venue[splice[0]] == "binance-usdm-perp"
    assert not xmr_1d.perpetual[splice[0] - 1]
    assert xmr_1d.perpetual[splice[0]]


def test_one_day_is_missing(xmr_1d: Market):
    days = pd.date_range(xmr_1d.index[0], xmr_1d.index[-1], freq="1D")
    assert [str(day.date()) for day in days.difference(xmr_1d.index)] == ["2014-06-05"]


def test_the_benchmark_is_missing_where_it_ends(xmr_1h: Market, data_dir):
    bitcoin = load_table(data_dir, "btc_1h")["close"]
    benchmark = xmr_1h.benchmark["close"]
    assert benchmark["2026-01-31T12:00Z"] == bitcoin["2026-01-31T12:00Z"]
    assert benchmark[str(bitcoin.index[-1])] == bitcoin.iloc[-1]
    assert benchmark.iloc[-1] != benchmark.iloc[-1], "NaN: the table ends three weeks before"


def test_minute_bars_resample_exactly_to_the_hourly_ones(xmr_1h: Market):
    minutes = xmr_1h.finer
    assert minutes.interval == "1m"
    assert len(minutes) == 43_199 + 48_106
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    groups = minutes.bars.groupby(minutes.index.floor("h"))
    hours = groups.agg(how)[groups.size() == 60]
    assert len(hours) == 719 + 801
    expected = xmr_1h.bars.loc[hours.index]
    assert (hours.drop(columns="volume") == expected.drop(columns="volume")).all(axis=None)
    assert np.allclose(hours["volume"], expected["volume"], rtol=1e-12)


def test_a_market_carries_the_digest_of_every_file(xmr_1h: Market, data_dir):
    assert len(xmr_1h.digests) == 7
    for name, digest in xmr_1h.digests.items():
        assert hashlib.sha256((data_dir / name).read_bytes()).hexdigest() == digest


def test_the_article_agrees_with_the_tables(data_dir, xmr_1h: Market):
    article = load_article(data_dir)
    facts = article["tables"]
    bars = xmr_1h.bars
    before = bars["high"]["2026-01-31":"2026-01-31T12:00"]
    after = bars["high"]["2026-01-31T13:00":]
    assert facts["high_before"]["price"] == before.max()
    assert pd.Timestamp(facts["high_before"]["time"]) == before.idxmax()
    assert facts["high_after_until_2026_06_07"]["price"] == after.max()
    assert pd.Timestamp(facts["high_after_until_2026_06_07"]["time"]) == after.idxmax()
    later = bars["2026-01-31T13:00":]
    for key, column, level in (
        ("first_low_below_450", "low", 450),
        ("first_close_below_450", "close", 450),
        ("first_low_below_430", "low", 430),
        ("first_close_below_420", "close", 420),
    ):
        assert pd.Timestamp(facts[key]) == later.index[later[column] < level][0]
    week = bars["low"]["2026-01-31T13:00":"2026-02-07T12:00"]
    assert facts["low_within_a_week"]["price"] == week.min()
    positioning = load_table(data_dir, "xmr_positioning_1h")
    assert (
        positioning["long_short_ratio"]["2026-01-31T10:00Z"] == facts["long_short_ratio_at_10_00"]
    )
    assert (
        positioning["long_short_ratio"]["2026-01-31T11:00Z"] == facts["long_short_ratio_at_11_00"]
    )
    interest = positioning["open_interest"]
    assert interest["2026-01-31T00:00Z"] == facts["open_interest_xmr_at_00_00"]
    assert interest["2026-01-31T23:00Z"] == facts["open_interest_xmr_at_23_00"]
    assert article["article"]["short_liquidations_usd"] == 324_000


def test_an_unknown_name_is_refused_with_a_suggestion(data_dir):
    with pytest.raises(UnknownNameError, match=r"no market 'xmr_1hh'. Did you mean 'xmr_1h'\?"):
        load_market(data_dir, "xmr_1hh")
    with pytest.raises(UnknownNameError, match=r"no table 'xmr_1w'. Did you mean"):
        load_table(data_dir, "xmr_1w")


def test_a_changed_byte_is_refused(small_data: Path):
    path = small_data / "btc_1d.parquet"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ChecksumError, match=r"btc_1d\.parquet: the file differs from the manifest"):
        load_market(small_data, "btc_1d")


def test_a_truncated_table_that_the_manifest_vouches_for_is_refused(small_data: Path):
    path = small_data / "btc_1d.parquet"
    path.write_bytes(path.read_bytes()[:5000])
    manifest = json.loads((small_data / "manifest.json").read_text())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest["tables"]["btc_1d"]["sha256"] = digest
    (small_data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"btc_1d\.parquet: this is not a Parquet file"):
        load_market(small_data, "btc_1d")


def test_a_missing_table_is_refused(small_data: Path):
    (small_data / "btc_1d.parquet").unlink()
    with pytest.raises(DataError, match=r"btc_1d\.parquet: the file cannot be read \(No such file"):
        load_market(small_data, "btc_1d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the manifest is not JSON"),
        ("[]", "expected an object; received list"),
        ('{"version": 7}', "expected a manifest of version 1; received version '7'"),
        ('{"version": 1, "tables": {"a": {"file": "a"}}}', "the entry 'a' of tables is wrong"),
        ('{"version": 1, "markets": {"a": 3}}', "the entry 'a' of markets is wrong"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, text, message):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"manifest\.json: the manifest cannot be read"):
        read_manifest(tmp_path)
