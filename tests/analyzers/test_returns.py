"""Returns against hand-made numbers, empyrical and ffn."""

from __future__ import annotations

import empyrical
import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.analyzers import (
    annualise,
    calc_annual_volatility,
    calc_cagr,
    calc_sharpe_ratio,
    calc_total_return,
    calc_years,
    to_daily_equity,
    to_daily_returns,
    to_monthly_returns,
    to_rolling_return,
    to_rolling_sharpe,
    to_rolling_volatility,
    to_solvent_equity,
)
from kanalo.errors import DataError, ParameterError

CASH = 100.0
DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)


def test_daily_equity_is_the_mark_of_the_bar_that_ends_each_utc_day(make):
    hours = make["on_hours"](range(1, 51))
    assert to_daily_equity(hours).tolist() == [24.0, 48.0, 50.0]
    assert [str(day.date()) for day in to_daily_equity(hours).index] == [
        "2021-01-01",
        "2021-01-02",
        "2021-01-03",
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_daily_equity_does_not_depend_on_the_unit_of_the_index(make, unit):
    hours = make["on_hours"](range(1, 51))
    other = hours.set_axis(hours.index.as_unit(unit))
    pd.testing.assert_series_equal(to_daily_equity(other), to_daily_equity(hours))


def test_daily_equity_counts_days_in_utc_whatever_the_zone(make):
    hours = make["on_hours"](range(1, 51))
    for other in (hours.tz_convert("Asia/Tokyo"), hours.tz_localize(None)):
        assert to_daily_equity(other).tolist() == [24.0, 48.0, 50.0]
        assert str(to_daily_equity(other).index.tz) == "UTC"


def test_a_day_without_bars_is_absent_and_its_gap_is_one_return(shapes):
    daily = to_daily_returns(shapes["one_gap"], CASH)
    assert daily.index.strftime("%d").tolist() == ["01", "02", "09", "10"]
    np.testing.assert_allclose(daily, [0.1, -0.1, 121 / 99 - 1, -0.1])


def test_the_first_day_is_relative_to_the_starting_cash(make):
    np.testing.assert_allclose(to_daily_returns(make["on_days"]([110, 121]), CASH), [0.1, 0.1])


def test_hourly_and_daily_marks_of_one_account_give_the_same_daily_returns(make):
    hours = make["on_hours"](np.linspace(100, 200, 240))
    days = hours.iloc[23::24].set_axis(hours.index[::24])
    pd.testing.assert_series_equal(
        to_daily_returns(hours, CASH), to_daily_returns(days, CASH), check_freq=False
    )


def test_an_unknown_mark_makes_two_returns_unknown_and_no_more(make):
    daily = to_daily_returns(make["on_days"]([110, np.nan, 121, 133.1]), CASH)
    assert daily.isna().tolist() == [False, True, True, False]


def test_returns_after_ruin_are_unknown_and_the_ruin_itself_is_kept(make):
    ruined = make["on_days"]([50, -10, -10, 20])
    np.testing.assert_allclose(to_daily_returns(ruined, CASH), [-0.5, -1.2, np.nan, np.nan])
    np.testing.assert_array_equal(to_solvent_equity(ruined), [50, np.nan, np.nan, np.nan])


def test_ruin_gives_a_total_return_below_minus_one_and_a_cagr_of_minus_one(make):
    ruined = make["on_days"]([50, -10, -10])
    assert calc_total_return(ruined, CASH) == pytest.approx(-1.1)
    assert calc_cagr(ruined, CASH, DAY) == -1.0


def test_solvent_equity_is_left_alone(shape):
    pd.testing.assert_series_equal(to_solvent_equity(shape), shape)


def test_years_run_from_the_first_open_to_the_last_close(make):
    assert calc_years(make["on_days"]([1.0] * 365), DAY) == 1.0
    assert calc_years(make["on_hours"]([1.0] * 8760), HOUR) == 1.0
    assert calc_years(make["on_hours"]([1.0]), HOUR) == pytest.approx(1 / 8760)


def test_cagr_of_two_years_that_earn_21_percent_is_10(make):
    equity = make["on_days"](np.linspace(100, 121, 730))
    assert calc_cagr(equity, CASH, DAY) == pytest.approx(0.1, rel=1e-12)


def test_cagr_equals_empyrical_without_gaps(shapes):
    for name in ("flat", "rising", "falling", "mixed", "random"):
        daily = to_daily_returns(shapes[name], CASH)
        ours = calc_cagr(shapes[name], CASH, DAY)
        assert ours == pytest.approx(empyrical.cagr(daily, annualization=365), rel=1e-9, abs=1e-12)


def test_cagr_is_ffns_once_the_years_are_measured_alike(shapes):
    equity = shapes["random"]
    theirs = ffn.calc_cagr(equity)
    days = (equity.index[-1] - equity.index[0]).days
    ours = calc_cagr(equity.iloc[1:], float(equity.iloc[0]), DAY)
    assert np.log1p(ours) * days / 365 == pytest.approx(np.log1p(theirs) * days / 365.25, rel=1e-9)


def test_growth_too_large_for_a_float_is_unknown_not_infinite(make):
    assert np.isnan(calc_cagr(make["on_hours"]([1e6]), CASH, HOUR))
    assert np.isnan(annualise(1.1, 0.0))
    assert np.isnan(annualise(float("nan"), 1.0))


def test_volatility_equals_empyrical(shape):
    daily = to_daily_returns(shape, CASH)
    theirs = empyrical.annual_volatility(daily, annualization=365)
    assert calc_annual_volatility(daily) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_volatility_of_a_single_day_is_unknown(make):
    assert np.isnan(calc_annual_volatility(make["on_days"]([0.1])))


def test_nothing_is_known_without_marks():
    empty = pd.Series([], dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    assert np.isnan(calc_total_return(empty, CASH))
    assert np.isnan(calc_cagr(empty, CASH, DAY))
    assert len(to_daily_returns(empty, CASH)) == 0
    assert len(to_solvent_equity(empty)) == 0
    assert to_monthly_returns(to_daily_returns(empty, CASH)).shape == (0, 13)


def test_monthly_table_has_months_a_year_and_gaps(make):
    first = make["on_days"]([0.1, 0.1], start="2021-01-30")
    later = make["on_days"]([0.5, -0.5], start="2022-02-28")
    table = to_monthly_returns(pd.concat([first, later]))
    assert table.columns.tolist() == [*range(1, 13), "year"]
    assert table.index.tolist() == [2021, 2022]
    np.testing.assert_allclose(table.loc[2021, [1, "year"]].astype(float), [0.21, 0.21])
    np.testing.assert_allclose(table.loc[2022, [2, 3, "year"]].astype(float), [0.5, -0.5, -0.25])
    assert table.loc[2021].isna().sum() == 11


def test_monthly_table_equals_empyrical(shapes):
    daily = to_daily_returns(shapes["random"], CASH)
    table = to_monthly_returns(daily).drop(columns="year").stack().dropna()
    theirs = empyrical.aggregate_returns(daily, "monthly")
    np.testing.assert_allclose(table, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(st.floats(1.0, 1e4), min_size=1, max_size=80),
    st.integers(1, 40),
)
def test_compounding_the_months_gives_the_total_return(marks, step):
    index = pd.date_range("2020-12-25", periods=len(marks), freq=f"{step}D", tz="UTC")
    equity = pd.Series(marks, index=index)
    table = to_monthly_returns(to_daily_returns(equity, CASH))
    total = 1 + calc_total_return(equity, CASH)
    assert (1 + table["year"]).prod() == pytest.approx(total, rel=1e-9)
    assert (1 + table.drop(columns="year")).prod(axis=None) == pytest.approx(total, rel=1e-9)


def test_rolling_figures_equal_the_scalar_on_each_window(shapes):
    daily = to_daily_returns(shapes["random"], CASH)
    sharpe, growth = to_rolling_sharpe(daily), to_rolling_return(daily)
    volatility = to_rolling_volatility(daily)
    assert sharpe.index.equals(daily.index)
    assert sharpe.isna().sum() == growth.isna().sum() == volatility.isna().sum() == 89
    for stop in (90, 300, 800):
        window = daily.iloc[stop - 90 : stop]
        assert sharpe.iloc[stop - 1] == pytest.approx(calc_sharpe_ratio(window), rel=1e-9)
        assert growth.iloc[stop - 1] == pytest.approx((1 + window).prod() - 1, rel=1e-9)
        assert volatility.iloc[stop - 1] == pytest.approx(calc_annual_volatility(window), rel=1e-9)


def test_rolling_sharpe_equals_empyrical(shapes):
    daily = to_daily_returns(shapes["random"], CASH)
    theirs = empyrical.roll_sharpe_ratio(daily, window=90, annualization=365)
    np.testing.assert_allclose(to_rolling_sharpe(daily).dropna(), theirs, rtol=1e-9)


def test_rolling_figures_are_unknown_on_short_or_flat_series(shapes):
    flat = to_daily_returns(shapes["flat"], CASH)
    assert to_rolling_sharpe(flat).isna().all()
    assert to_rolling_sharpe(flat, days=2).isna().all()
    assert to_rolling_volatility(flat, days=2).tolist()[1:] == [0.0] * 5


@pytest.mark.parametrize("days", [1, 0, 2.5])
def test_a_window_below_two_days_is_refused(shapes, days):
    with pytest.raises(ParameterError, match=f"an int of at least 2; received {days}"):
        to_rolling_return(shapes["flat"], days)


def test_an_index_without_times_or_in_disorder_is_refused(make):
    with pytest.raises(DataError, match="open times; received int64"):
        to_daily_equity(pd.Series([1.0, 2.0]))
    with pytest.raises(DataError, match=r"Row 1 of the index \(2021-01-01"):
        to_daily_equity(make["on_days"]([1, 2]).iloc[::-1])
