"""Figures relative to a benchmark against hand-made numbers, empyrical and ffn."""

from __future__ import annotations

import empyrical
import ffn
import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers import (
    calc_alpha,
    calc_beta,
    calc_correlation,
    calc_excess_return,
    calc_hold_return,
    calc_information_ratio,
    count_common_days,
    to_benchmark_returns,
)

FIGURES = [calc_alpha, calc_beta, calc_correlation, calc_information_ratio]


@pytest.fixture
def pair(make):
    rng = np.random.default_rng(3)
    market = rng.normal(0.001, 0.03, 500)
    return make["on_days"](0.5 * market + rng.normal(0.0005, 0.01, 500)), make["on_days"](market)


def test_figures_equal_empyrical_and_ffn(pair):
    ours, theirs = pair
    assert calc_beta(ours, theirs) == pytest.approx(empyrical.beta(ours, theirs), rel=1e-9)
    alpha = empyrical.alpha(ours, theirs, annualization=365)
    assert calc_alpha(ours, theirs) == pytest.approx(alpha, rel=1e-9)
    daily_rate = 1.05 ** (1 / 365) - 1
    alpha = empyrical.alpha(ours, theirs, risk_free=daily_rate, annualization=365)
    assert calc_alpha(ours, theirs, risk_free=0.05) == pytest.approx(alpha, rel=1e-9)
    assert calc_correlation(ours, theirs) == pytest.approx(ours.corr(theirs), rel=1e-9)


def test_information_ratio_is_theirs_times_the_root_of_a_year(pair):
    ours, theirs = pair
    ratio = calc_information_ratio(ours, theirs)
    for per_day in (empyrical.excess_sharpe(ours, theirs), ffn.calc_information_ratio(*pair)):
        assert ratio == pytest.approx(per_day * np.sqrt(365), rel=1e-9)


def test_a_leveraged_copy_has_its_leverage_as_beta_and_no_alpha(pair):
    _, theirs = pair
    assert calc_beta(2 * theirs, theirs) == pytest.approx(2.0)
    assert calc_alpha(2 * theirs, theirs) == pytest.approx(0.0, abs=1e-12)
    assert calc_correlation(2 * theirs, theirs) == pytest.approx(1.0)


def test_days_that_either_side_lacks_are_dropped_from_both(pair):
    ours, theirs = pair
    holes = theirs.copy()
    holes.iloc[[3, 50, 51]] = np.nan
    known = holes.notna()
    assert count_common_days(ours, holes) == 497
    for calc in FIGURES:
        assert calc(ours, holes) == pytest.approx(calc(ours[known], theirs[known]))
        assert calc(ours, theirs.iloc[100:]) == pytest.approx(
            calc(ours.iloc[100:], theirs.iloc[100:])
        )


def test_excess_return_compares_the_same_days(make):
    ours, theirs = make["on_days"]([0.1, 0.5, 0.1]), make["on_days"]([0.2, np.nan, 0.0])
    assert calc_excess_return(ours, theirs) == pytest.approx(1.21 - 1.2)


@pytest.mark.parametrize("calc", FIGURES)
def test_undefined_figures_are_nan(make, calc):
    few, flat = make["on_days"]([0.1]), make["on_days"]([0.1, 0.1, 0.1])
    assert np.isnan(calc(few, few))
    assert np.isnan(calc(flat, flat))
    nothing = make["on_days"]([np.nan] * 3)
    assert np.isnan(calc(flat, nothing))
    assert np.isnan(calc_excess_return(flat, nothing))


def test_holding_starts_at_the_first_open_and_ends_at_the_last_close(make):
    bars = make["to_bars"]([110, 121, 133.1])
    bars["open"] = [100, 110, 121]
    np.testing.assert_allclose(to_benchmark_returns(bars), [0.1, 0.1, 0.1])
    assert calc_hold_return(bars) == pytest.approx(0.331)
    assert np.isnan(to_benchmark_returns(bars[["close"]]).iloc[0])
    assert calc_hold_return(bars[["close"]]) == pytest.approx(0.21)


def test_a_missing_price_is_never_bridged(make):
    bars = make["to_bars"]([100, 110, 121, 133.1])
    bars.loc[bars.index[1], "close"] = np.nan
    assert to_benchmark_returns(bars).isna().tolist() == [False, True, True, False]
    assert calc_hold_return(bars) == pytest.approx(0.331)
    assert np.isnan(calc_hold_return(bars * np.nan))


def test_an_hour_that_is_missing_within_a_day_does_no_harm(make):
    bars = make["to_bars"](np.linspace(100, 110, 48), freq="h")
    bars.loc[bars.index[5], "close"] = np.nan
    assert to_benchmark_returns(bars).notna().all()
    bars.loc[bars.index[23], "close"] = np.nan
    assert to_benchmark_returns(bars).isna().all()


def test_the_benchmark_may_cover_other_days(make):
    ours = make["on_days"]([0.1, 0.2, 0.3])
    later = make["on_days"]([0.0, 0.1], start="2021-01-03")
    assert count_common_days(ours, later) == 1
    assert isinstance(later.index, pd.DatetimeIndex)
