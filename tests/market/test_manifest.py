"""An own market joins the tables of its symbol: own ones first, then those kanalo brought along."""

import json

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, UnknownNameError
from kanalo.market import load_market
from kanalo.market.manifest import read_imports, read_manifest
from kanalo.market.readers.reading import BARS_KIND, FUNDING_KIND, Reading
from kanalo.market.store import Target, remove_table, store_reading


def make_bars(n_bars=48, start="2026-01-01"):
    times = pd.date_range(start, periods=n_bars, freq="1h", tz="UTC", unit="ns")
    close = 100.0 + np.arange(n_bars)
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}
    return Reading(BARS_KIND, pd.DataFrame({"time": times, **columns}))


def make_funding(rate):
    times = pd.date_range("2026-01-01", periods=7, freq="8h", tz="UTC", unit="ns")
    return Reading(FUNDING_KIND, pd.DataFrame({"time": times, "funding_rate": rate}))


def target(name, symbol, **fields):
    return Target(name, "Test", "Test", symbol=symbol, **fields)


def test_bars_become_a_market_with_all_that_is_bundled_for_their_symbol(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    store_reading(folder, make_bars(), target("own", "XMRUSDT", venue="binance-perp"))
    entry = read_manifest(folder).market("own")
    assert (entry.funding, entry.positioning, entry.benchmark) == (
        "xmr_funding_8h",
        "xmr_positioning_1h",
        "btc_1h",
    )
    assert entry.liquidations == ("xmr_liquidation_orders",)
    market = load_market(folder, "own")
    assert (market.symbol, market.interval, len(market)) == ("XMRUSDT", "1h", 48)
    assert market.perpetual.all()
    assert np.isfinite(market.known("funding_rate")).all()
    assert np.isfinite(market.benchmark["close"]).all()


def test_own_tables_count_before_the_bundled_ones(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    store_reading(folder, make_bars(), target("own", "XMRUSDT", venue="binance-perp"))
    store_reading(folder, make_funding(0.5), target("own_funding", "XMRUSDT"))
    assert read_manifest(folder).market("own").funding == "own_funding"
    assert load_market(folder, "own").known("funding_rate").max() == 0.5
    assert read_manifest(folder).market("xmr_1h").funding == "xmr_funding_8h"


def test_a_symbol_without_tables_has_the_benchmark_alone(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    store_reading(folder, make_bars(), target("eth", "ETHUSDT"))
    entry = read_manifest(folder).market("eth")
    assert (entry.funding, entry.positioning, entry.liquidations) == (None, None, ())
    assert (entry.benchmark, entry.venue) == ("btc_1h", "unknown")


def test_bitcoin_is_no_benchmark_of_itself(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    store_reading(folder, make_bars(), target("own", "BTCUSDT"))
    assert read_manifest(folder).market("own").benchmark is None


def test_the_name_of_a_bundled_market_is_taken(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    with pytest.raises(DataError, match="'xmr_1h' exists already"):
        store_reading(folder, make_bars(), target("xmr_1h", "XMRUSDT"))


def test_a_market_goes_with_its_table(tmp_path, data_dir):
    folder = copy_data(data_dir, tmp_path)
    store_reading(folder, make_bars(), target("own", "ETHUSDT"))
    remove_table(folder, "own")
    assert read_imports(folder)["markets"] == {}
    with pytest.raises(UnknownNameError):
        load_market(folder, "own")


def copy_data(data_dir, tmp_path):
    """Link a folder to the bundled tables, with a manifest of its own."""
    manifest = json.loads((data_dir / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for table in manifest["tables"].values():
        (tmp_path / table["file"]).symlink_to(data_dir / table["file"])
    return tmp_path
