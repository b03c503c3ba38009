"""Capacity: how growth falls with the money, and which fills are large in their bar."""

import math

import numpy as np
import pytest

import kanalo
from kanalo.analyzers.capacity import LEVELS, calc_capacity, calc_fill_sizes, find_half
from kanalo.execution.costs import Costs
from kanalo.execution.liquidity import calc_liquidity


@pytest.fixture(scope="module")
def result():
    market = kanalo.load_market("xmr_1d").between("2021-01-01")
    return kanalo.run("donchian_breakout", market, costs=Costs(impact=1.0))


def test_half_of_the_growth_is_found_between_two_levels():
    assert find_half((1.0, 10.0, 100.0), [4.0, 3.0, 1.0]) == pytest.approx(10**1.5)
    assert find_half((1.0, 10.0), [4.0, 2.0]) == pytest.approx(10.0)
    assert find_half((1.0, 10.0, 100.0), [4.0, 3.0, -math.inf]) == pytest.approx(10.0)
    assert find_half((1.0, 10.0), [4.0, 3.0]) == math.inf
    assert math.isnan(find_half((1.0, 10.0), [0.0, -1.0]))


def test_growth_falls_with_the_money(result):
    found = calc_capacity(result)
    assert found.cash == LEVELS
    assert (np.diff(found.growth) <= 1e-9).all()
    k = LEVELS.index(100_000.0)
    growth = math.log(result.equity.iloc[-1] / 100_000)
    assert found.growth[k] == pytest.approx(growth, rel=1e-9)


def test_a_run_without_impact_is_judged_by_the_law(result):
    market = result.market
    plain = kanalo.run("donchian_breakout", market)
    assert plain.equity.iloc[-1] > result.equity.iloc[-1] or len(result.trades) == 0
    assert calc_capacity(plain).growth[0] < math.log(plain.equity.iloc[-1] / 100_000) + 0.2


def test_thin_and_unpriced_fills_are_counted(result):
    sizes, market = calc_fill_sizes(result), result.market
    share = (
        result.fills["quantity"].abs() / market.bars["volume"].loc[result.fills["time"]].to_numpy()
    )
    assert sizes.n_fills == len(result.fills)
    assert sizes.n_thin == (share > 0.1).sum()
    assert sizes.largest == pytest.approx(share.max())
    assert sizes.n_unpriced == 0
    assert not np.isnan(calc_liquidity(market).turnover).any()
