"""Tables of tiers: which one is in force, what is assumed, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.execution.margin import (
    ASSUMED,
    calc_assumed_share,
    find_tables,
    lay_margin,
    read_tiers,
    to_contract,
)
from kanalo.market import Market

ROOT = Path(__file__).parent.parent.parent


def make_market(start, n, symbol="XMRUSDT", venue="binance-usdm-perp", **fields):
    index = pd.date_range(start, periods=n, freq="1D", tz="UTC")
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
    bars = pd.DataFrame(columns, index=index)
    return Market.from_bars(bars, symbol=symbol, venue=venue, **fields)


def make_table(**changes):
    columns = {
        "time": pd.Timestamp("2021-01-01", tz="UTC"),
        "tier": [1, 2],
        "min_notional": [0.0, 1000.0],
        "max_notional": [1000.0, 5000.0],
        "maint_margin_rate": [0.01, 0.05],
        "max_leverage": [20.0, 5.0],
    }
    return pd.DataFrame({**columns, **changes})


def test_the_tables_that_come_along_are_those_of_the_data():
    ours = ROOT / "kanalo" / "market" / "leverage_tiers.parquet"
    assert ours.read_bytes() == (ROOT / "data" / "panel" / "leverage_tiers.parquet").read_bytes()


def test_amounts_are_those_of_the_venue():
    frame = pd.read_parquet(ROOT / "data" / "panel" / "leverage_tiers.parquet")
    for symbol, rows in frame.groupby("symbol"):
        amounts = [a for table in read_tiers(rows, symbol) for a in table.amounts]
        published = rows.sort_values(["time", "tier"])["cum"]
        np.testing.assert_allclose(amounts, published, rtol=2e-3, atol=60)


def test_a_table_is_in_force_from_its_day_and_the_first_one_before():
    market = make_market("2022-07-08", 5)
    margin = lay_margin(market)
    assert margin.table.tolist() == [1, 1, 2, 2, 2]
    assert margin.list_tiers(1)[0] == (10_000.0, 0.0065, 0.0, 75.0)
    assert margin.list_tiers(2)[0] == (50_000.0, 0.01, 0.0, 50.0)
    assert calc_assumed_share(market) == 0
    assert calc_assumed_share(make_market("2022-02-11", 4)) == 0.5


def test_a_perpetual_without_tables_is_assumed_and_spot_has_one_tier():
    assumed = make_market("2022-01-01", 2, symbol="NOUSDT")
    assert find_tables(assumed) == []
    assert lay_margin(assumed).list_tiers(0) == [(np.inf, 0.01, 0.0, 20.0)]
    assert ASSUMED.max_leverage == (20.0,)
    assert calc_assumed_share(assumed) == 1
    spot = make_market("2022-01-01", 2, venue="binance-spot")
    assert lay_margin(spot).list_tiers(0) == [(np.inf, 0.1, 0.0, np.inf)]
    assert lay_margin(spot).days.tolist() == [1.0, 1.0]
    assert np.isnan(calc_assumed_share(spot))


def test_symbols_in_dollars_are_those_of_the_usdt_contract():
    assert to_contract("XMRUSD") == to_contract("XMRUSDT") == "XMRUSDT"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_notional": [0.0, 2000.0]}, "'min_notional' of tier 2 must be 1000.*received 2000"),
        ({"min_notional": [10.0, 1000.0]}, "'min_notional' of tier 1 must be 0.*received 10"),
        ({"maint_margin_rate": [0.01, np.nan]}, "'maint_margin_rate' of tier 2 .*received nan"),
        ({"max_leverage": [20.0, -1.0]}, "'max_leverage' of tier 2 .*received -1"),
        ({"maint_margin_rate": [0.05, 0.01]}, "must be positive and rise"),
    ],
)
def test_a_table_with_a_hole_is_refused_with_tier_and_column(changes, message):
    market = make_market("2021-01-01", 3, tiers=make_table(**changes))
    with pytest.raises(DataError, match=message):
        lay_margin(market)


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="no column 'max_leverage'"):
        read_tiers(make_table().drop(columns="max_leverage"), "X")
