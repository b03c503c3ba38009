"""Drawdowns against hand-made numbers, empyrical and ffn."""

from __future__ import annotations

import empyrical
import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.analyzers import (
    calc_average_drawdown,
    calc_longest_drawdown,
    calc_max_drawdown,
    calc_time_under_water,
    calc_ulcer_index,
    find_drawdowns,
    to_daily_returns,
    to_drawdown,
)
from kanalo.errors import ParameterError

CASH = 100.0
DAY = pd.Timedelta(days=1)

# Two falls: 110 → 99 and back at 121; then 121 → 96.8 without a recovery.
TAPE = [110.0, 99.0, 104.5, 121.0, 96.8, 108.9]


def with_cash(equity):
    """Put the cash before the first mark, as the peers need it."""
    start = pd.Series([CASH], index=[equity.index[0] - DAY])
    return pd.concat([start, equity])


def test_drawdown_is_measured_from_the_running_peak(make):
    drawdown = to_drawdown(make["on_days"](TAPE))
    np.testing.assert_allclose(drawdown, [0, -0.1, -0.05, 0, -0.2, -0.1])


def test_the_starting_cash_is_the_first_peak(make):
    equity = make["on_days"]([90, 95])
    np.testing.assert_allclose(to_drawdown(equity, CASH), [-0.1, -0.05])
    np.testing.assert_allclose(to_drawdown(equity), [0, 0])


def test_the_table_tells_peak_valley_recovery_and_lengths(make):
    equity = make["on_days"](TAPE)
    table = find_drawdowns(equity)
    day = equity.index
    assert table["peak"].tolist() == [day[3], day[0]]
    assert table["valley"].tolist() == [day[4], day[1]]
    assert table["recovery"].isna().tolist() == [True, False]
    assert table["recovery"][1] == day[3]
    np.testing.assert_allclose(table["depth"], [-0.2, -0.1])
    assert table["length"].tolist() == [2 * DAY, 3 * DAY]
    assert table["fall_length"].tolist() == [DAY, DAY]
    assert table["recovery_length"].isna().tolist() == [True, False]
    assert table["recovery_length"][1] == 2 * DAY


def test_a_fall_from_the_cash_has_its_peak_at_the_first_open(make):
    equity = make["on_days"]([90, 80, 101])
    [row] = find_drawdowns(equity, CASH).itertuples()
    assert (row.peak, row.valley, row.recovery) == tuple(equity.index)
    assert row.depth == pytest.approx(-0.2)


def test_the_deepest_are_kept_and_the_earlier_of_two_equals_comes_first(make):
    equity = make["on_days"]([100, 90, 100, 80, 100, 80, 100])
    assert find_drawdowns(equity, top=2)["valley"].tolist() == [equity.index[3], equity.index[5]]
    assert len(find_drawdowns(equity, top=None)) == 3


def test_summary_figures_of_the_tape(make):
    equity = make["on_days"](TAPE)
    assert calc_max_drawdown(equity) == pytest.approx(-0.2)
    assert calc_average_drawdown(equity) == pytest.approx(-0.15)
    assert calc_time_under_water(equity) == pytest.approx(4 / 6)
    assert calc_longest_drawdown(equity) == 3 * DAY
    squares = 0.1**2 + 0.05**2 + 0.2**2 + 0.1**2
    assert calc_ulcer_index(equity) == pytest.approx(np.sqrt(squares / 6))


def test_a_fall_within_a_day_counts(make):
    hours = make["on_hours"]([100, 50] + [100] * 22)
    assert calc_max_drawdown(hours, CASH) == -0.5
    assert calc_longest_drawdown(hours, CASH) == pd.Timedelta(hours=2)


@pytest.mark.parametrize("name", ["flat", "rising"])
def test_equity_that_never_falls_has_no_drawdown(shapes, name):
    equity = shapes[name]
    assert calc_max_drawdown(equity, CASH) == 0.0
    assert calc_time_under_water(equity, CASH) == 0.0
    assert calc_longest_drawdown(equity, CASH) == pd.Timedelta(0)
    assert np.isnan(calc_average_drawdown(equity, CASH))
    table = find_drawdowns(equity, CASH)
    assert table.empty
    assert table["recovery"].dtype == equity.index.dtype


def test_ruin_is_a_drawdown_below_minus_one(make):
    assert calc_max_drawdown(make["on_days"]([50, -10]), CASH) == pytest.approx(-1.1)


def test_without_a_positive_peak_nothing_is_known(make):
    assert to_drawdown(make["on_days"]([-5, 0])).isna().all()
    assert np.isnan(calc_max_drawdown(make["on_days"]([-5, 0])))


def test_a_single_bar_and_no_bar(make):
    assert calc_max_drawdown(make["on_days"]([90]), CASH) == pytest.approx(-0.1)
    assert calc_longest_drawdown(make["on_days"]([90]), CASH) == pd.Timedelta(0)
    empty = make["on_days"]([])
    assert find_drawdowns(empty, CASH).empty
    for calc in (calc_max_drawdown, calc_average_drawdown, calc_ulcer_index, calc_time_under_water):
        assert np.isnan(calc(empty, CASH))


def test_max_drawdown_equals_empyrical_and_ffn(shape):
    ours = calc_max_drawdown(shape, CASH)
    daily = to_daily_returns(shape, CASH)
    assert ours == pytest.approx(empyrical.max_drawdown(daily), rel=1e-9, abs=1e-12)
    assert ours == pytest.approx(ffn.calc_max_drawdown(with_cash(shape)), rel=1e-9, abs=1e-12)


def test_the_series_equals_ffn(shape):
    theirs = ffn.to_drawdown_series(with_cash(shape)).iloc[1:]
    np.testing.assert_allclose(to_drawdown(shape, CASH), theirs, rtol=1e-9, atol=1e-12)


def test_ulcer_index_is_a_hundredth_of_ffns(shape):
    assert 100 * calc_ulcer_index(shape) == pytest.approx(ffn.to_ulcer_index(shape), rel=1e-9)


@pytest.mark.parametrize("name", ["falling", "mixed", "random"])
def test_the_table_equals_ffns_whose_drawdowns_start_a_mark_later(shapes, name):
    equity = with_cash(shapes[name])
    ours = find_drawdowns(equity, top=None).sort_values("peak", ignore_index=True)
    theirs = ffn.drawdown_details(ffn.to_drawdown_series(equity))
    np.testing.assert_allclose(ours["depth"], theirs["drawdown"].astype(float), rtol=1e-9)
    assert (ours["peak"] + DAY).tolist() == theirs["Start"].tolist()
    ends = ours["recovery"].fillna(equity.index[-1])
    assert ends.tolist() == theirs["End"].tolist()
    average = theirs["drawdown"].astype(float).mean()
    assert calc_average_drawdown(equity) == pytest.approx(average, rel=1e-9)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60), st.floats(1e-3, 1e3))
def test_properties_of_any_equity(marks, scale):
    equity = pd.Series(marks, index=pd.date_range("2021", periods=len(marks), tz="UTC"))
    drawdown = to_drawdown(equity, CASH)
    table = find_drawdowns(equity, CASH, top=None)
    assert drawdown.between(-1, 0).all()
    assert calc_max_drawdown(equity, CASH) == (table["depth"].iloc[0] if len(table) else 0.0)
    assert calc_longest_drawdown(equity, CASH) == table["length"].max() or table.empty
    assert table["depth"].is_monotonic_increasing
    for row in table.itertuples():
        end = equity.index[-1] if pd.isna(row.recovery) else row.recovery
        assert drawdown[row.valley] == row.depth == drawdown[row.peak : end].min()
    scaled = to_drawdown(equity * scale, CASH * scale)
    np.testing.assert_allclose(scaled, drawdown, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("top", [0, -1, 2.0])
def test_a_senseless_top_is_refused(shapes, top):
    with pytest.raises(ParameterError, match=f"at least 1; received {top}"):
        find_drawdowns(shapes["mixed"], top=top)
