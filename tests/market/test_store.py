"""An import becomes a table that the catalog loads, or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.market import list_tables, load_market, load_table
from kanalo.market.readers.formats import read_files
from kanalo.market.readers.reading import Reading, ReadOptions
from kanalo.market.store import Target, store_reading, summarise

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
    assert path == small_data / "btc_events.parquet"
    table = load_table(small_data, "btc_events")
    assert table["notional_usd"].tolist() == [1000, 3000]
    longs = read_market(small_data, "liquidation_long_usd_binance")
    assert longs["2026-01-31"] == 1000
    assert np.isnan(longs["2026-01-30"])
    assert "btc_events.parquet" in load_market(small_data, "btc_1d").digests


def test_the_manifest_vouches_for_the_table(small_data, events):
    store_reading(small_data, events, TARGET)
    entry = next(each for each in list_tables(small_data) if each.name == "btc_events")
    assert (entry.rows, entry.kind) == (2, "liquidation_events")
    assert (entry.start, entry.end) == ("2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z")
    assert entry.windows[0]["start"] == "2026-01-31T00:00:00Z"
    assert not list(small_data.glob(".*")), "no temporary file is left"


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
    market = json.loads((small_data / "manifest.json").read_text())["markets"]["btc_1d"]
    assert (market["funding"], market["positioning"]) == ("btc_funding", "btc_ratio")
    assert load_market(small_data, "btc_1d").known("long_short_ratio").shape == (4378,)


def test_an_existing_table_is_not_overwritten_unless_asked(small_data, events):
    store_reading(small_data, events, TARGET)
    with pytest.raises(DataError, match="'btc_events' exists already: --replace overwrites it"):
        store_reading(small_data, events, TARGET)
    store_reading(small_data, events, Target("btc_events", "new", "Binance", "btc_1d", True))
    entry = next(each for each in list_tables(small_data) if each.name == "btc_events")
    assert entry.what == "new"
    market = json.loads((small_data / "manifest.json").read_text())["markets"]["btc_1d"]
    assert market["liquidations"] == ["btc_events"]


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


def test_a_market_refuses_a_table_that_holds_no_liquidations(small_data):
    manifest = json.loads((small_data / "manifest.json").read_text())
    manifest["markets"]["btc_1d"]["liquidations"] = ["btc_1d"]
    (small_data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="The table 'btc_1d' must hold liquidations.*no kind"):
        load_market(small_data, "btc_1d")
