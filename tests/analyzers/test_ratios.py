"""Ratios against hand-made numbers, empyrical and ffn."""

from __future__ import annotations

import empyrical
import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.analyzers import (
    calc_calmar_ratio,
    calc_omega_ratio,
    calc_sharpe_ratio,
    calc_sortino_ratio,
    to_daily_returns,
)

CASH = 100.0
RATIOS = [calc_sharpe_ratio, calc_sortino_ratio, calc_calmar_ratio, calc_omega_ratio]
VARIED = ["falling", "mixed", "one_gap", "random"]


def per_day(annual):
    return (1 + annual) ** (1 / 365) - 1


def test_ratios_of_a_tiny_series_by_hand(make):
    daily = make["on_days"]([0.02, -0.01, 0.03, -0.02])
    # mean 0.005; squared deviations 0.000225, 0.000225, 0.000625, 0.000625 over 3
    assert calc_sharpe_ratio(daily) == pytest.approx(0.005 / np.sqrt(0.0017 / 3) * np.sqrt(365))
    # only the second and the fourth day are below 0, but the mean runs over all four
    downside = np.sqrt((0.01**2 + 0.02**2) / 4)
    assert calc_sortino_ratio(daily) == pytest.approx(0.005 / downside * np.sqrt(365))
    assert calc_omega_ratio(daily) == pytest.approx(0.05 / 0.03)
    growth = 1.02 * 0.99 * 1.03 * 0.98
    assert calc_calmar_ratio(daily) == pytest.approx((growth ** (365 / 4) - 1) / 0.02)


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("risk_free", [0.0, 0.05])
def test_sharpe_and_sortino_equal_empyrical_with_a_daily_rate(shapes, name, risk_free):
    daily = to_daily_returns(shapes[name], CASH)
    rate = per_day(risk_free)
    theirs = empyrical.sharpe_ratio(daily, risk_free=rate, annualization=365)
    assert calc_sharpe_ratio(daily, risk_free=risk_free) == pytest.approx(theirs, rel=1e-9)
    theirs = empyrical.sortino_ratio(daily, required_return=rate, annualization=365)
    assert calc_sortino_ratio(daily, risk_free=risk_free) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("risk_free", [0.0, 0.05])
def test_sharpe_and_sortino_equal_ffn_with_an_annual_rate(shapes, name, risk_free):
    daily = to_daily_returns(shapes[name], CASH)
    theirs = ffn.calc_sharpe(daily, rf=risk_free, nperiods=365)
    assert calc_sharpe_ratio(daily, risk_free=risk_free) == pytest.approx(theirs, rel=1e-9)
    theirs = ffn.calc_sortino_ratio(daily, rf=risk_free, nperiods=365)
    assert calc_sortino_ratio(daily, risk_free=risk_free) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("risk_free", [0.0, 0.05])
def test_omega_equals_empyrical_with_a_required_return(shapes, name, risk_free):
    daily = to_daily_returns(shapes[name], CASH)
    theirs = empyrical.omega_ratio(daily, required_return=risk_free, annualization=365)
    assert calc_omega_ratio(daily, risk_free=risk_free) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", VARIED)
def test_calmar_equals_empyrical(shapes, name):
    daily = to_daily_returns(shapes[name], CASH)
    theirs = empyrical.calmar_ratio(daily, annualization=365)
    assert calc_calmar_ratio(daily) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("ratio", RATIOS)
def test_undefined_ratios_are_nan(make, ratio):
    for undefined in ([], [0.1], [np.nan, 0.1], [0.0] * 9):
        assert np.isnan(ratio(make["on_days"](undefined)))


@pytest.mark.parametrize("ratio", RATIOS)
def test_steady_growth_has_no_risk_to_divide_by(make, ratio):
    steady = to_daily_returns(make["on_days"](100 * 1.001 ** np.arange(1, 400)), CASH)
    assert steady.std() > 0  # rounding alone
    assert np.isnan(ratio(steady))


def test_without_a_losing_day_only_the_sharpe_ratio_is_defined(shapes):
    daily = to_daily_returns(shapes["rising"], CASH)
    assert calc_sharpe_ratio(daily) > 0
    for ratio in RATIOS[1:]:
        assert np.isnan(ratio(daily))


@pytest.mark.parametrize("ratio", RATIOS)
def test_unknown_days_are_left_out(make, ratio):
    known = make["on_days"]([0.02, -0.01, 0.03, -0.02])
    gappy = make["on_days"]([0.02, np.nan, -0.01, 0.03, -0.02, np.nan])
    assert ratio(gappy) == ratio(known)


def test_ruin_has_defined_ratios_and_a_calmar_of_the_whole_loss(make):
    daily = to_daily_returns(make["on_days"]([90, -10, -10]), CASH)
    assert calc_sharpe_ratio(daily) < 0
    assert calc_sortino_ratio(daily) < 0
    assert calc_omega_ratio(daily) == 0.0
    assert calc_calmar_ratio(daily) == pytest.approx(-1 / 1.1)


def test_weekly_returns_annualise_with_their_own_number(make):
    weekly = make["on_days"]([0.02, -0.01, 0.03, -0.02])
    expected = calc_sharpe_ratio(weekly) / np.sqrt(7)
    assert calc_sharpe_ratio(weekly, per_year=365 / 7) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.floats(50, 200), min_size=3, max_size=60), st.floats(1e-3, 1e3))
def test_ratios_do_not_depend_on_the_scale_of_the_account(marks, scale):
    equity = pd.Series(marks, index=pd.date_range("2021", periods=len(marks), tz="UTC"))
    daily = to_daily_returns(equity, CASH)
    if 0 < daily.std() < 1e-9:
        return
    scaled = to_daily_returns(equity * scale, CASH * scale)
    for ratio in RATIOS:
        assert ratio(scaled) == pytest.approx(ratio(daily), rel=1e-6, abs=1e-6, nan_ok=True)


@settings(deadline=None)
@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=60))
def test_mirrored_returns_have_the_negative_sharpe_and_the_inverse_omega(values):
    daily = pd.Series(values, index=pd.date_range("2021", periods=len(values), tz="UTC"))
    sharpe, omega = calc_sharpe_ratio(daily), calc_omega_ratio(daily)
    assert calc_sharpe_ratio(-daily) == pytest.approx(-sharpe, nan_ok=True)
    if omega > 1e-6:
        assert calc_omega_ratio(-daily) == pytest.approx(1 / omega, nan_ok=True)
