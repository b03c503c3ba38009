"""Exposure, turnover and costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers import (
    calc_average_exposure,
    calc_exposure_time,
    calc_fees,
    calc_funding,
    calc_slippage,
    calc_traded_value,
    calc_turnover,
)


@pytest.fixture
def fills():
    """Buy 2 at 101 (level 100), sell 2 at 108 (level 110)."""
    return pd.DataFrame(
        {
            "price": [101.0, 108.0],
            "quantity": [2.0, -2.0],
            "level": [100.0, 110.0],
            "fee": [0.5, 0.75],
        }
    )


def test_exposure_time_counts_closes_with_a_long_or_a_short(make):
    assert calc_exposure_time(make["on_days"]([0, 1, -2, 0])) == 0.5
    assert np.isnan(calc_exposure_time(make["on_days"]([])))


def test_average_exposure_is_absolute_and_counts_flat_bars(make):
    assert calc_average_exposure(make["on_days"]([0, 1, -0.5, 0.5])) == 0.5


def test_average_exposure_leaves_out_bars_without_equity(make):
    assert calc_average_exposure(make["on_days"]([1, np.inf, np.nan])) == 1.0
    assert np.isnan(calc_average_exposure(make["on_days"]([np.nan])))


def test_costs_are_summed_over_fills(fills, make):
    assert calc_fees(fills) == 1.25
    assert calc_slippage(fills) == pytest.approx(2 * 1 + 2 * 2)
    assert calc_traded_value(fills) == pytest.approx(2 * 101 + 2 * 108)
    assert calc_funding(make["on_days"]([-1, 0.25])) == -0.75


def test_without_fills_nothing_was_paid(fills):
    none = fills.iloc[:0]
    assert (calc_fees(none), calc_slippage(none), calc_traded_value(none)) == (0.0, 0.0, 0.0)


def test_slippage_is_unknown_where_a_level_is(fills):
    assert np.isnan(calc_slippage(fills.assign(level=[100.0, np.nan])))


def test_a_round_trip_at_full_size_is_a_turnover_of_two(make):
    fills = pd.DataFrame({"price": [100.0, 100.0], "quantity": [1.0, -1.0]})
    equity = make["on_days"]([100.0] * 4)
    assert calc_turnover(fills, equity, years=1.0) == pytest.approx(2.0)
    assert calc_turnover(fills, equity, years=0.5) == pytest.approx(4.0)


def test_turnover_is_unknown_without_equity_or_time(fills, make):
    assert np.isnan(calc_turnover(fills, make["on_days"]([-5.0]), years=1.0))
    assert np.isnan(calc_turnover(fills, make["on_days"]([]), years=1.0))
    assert np.isnan(calc_turnover(fills, make["on_days"]([5.0]), years=0.0))
