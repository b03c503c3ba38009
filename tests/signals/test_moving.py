import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.signals import moving

NAN = np.nan
VALUES = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
SERIES = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40).map(np.array)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (moving.moving_average, [NAN, 2.0, 2.5, 3.5, 4.5]),
        (moving.moving_sum, [NAN, 4.0, 5.0, 7.0, 9.0]),
        (moving.highest, [NAN, 3.0, 3.0, 5.0, 5.0]),
        (moving.lowest, [NAN, 1.0, 2.0, 2.0, 4.0]),
        (moving.trailing_rank, [NAN, 1.0, 0.5, 1.0, 0.5]),
    ],
)
def test_window_of_two_is_right_by_hand(function, expected):
    assert_allclose(function(VALUES, 2), expected)


def test_a_nan_blanks_every_window_that_holds_it():
    values = np.array([1.0, NAN, 2.0, 3.0, 4.0])
    assert_array_equal(np.isnan(moving.moving_average(values, 2)), [1, 1, 1, 0, 0])


def test_equal_values_share_the_mean_of_their_ranks():
    assert_allclose(moving.trailing_rank(np.ones(4), 4)[-1], 2.5 / 4)


def test_donchian_leaves_the_current_bar_out():
    high, low = np.array([2.0, 3.0, 9.0]), np.array([1.0, 0.5, 0.1])
    upper, lower = moving.donchian(high, low, 2)
    assert_array_equal(upper, [NAN, NAN, 3.0])
    assert_array_equal(lower, [NAN, NAN, 0.5])


def test_a_crossing_needs_both_bars_to_be_known():
    values, level = np.array([1.0, 3.0, 3.0, 1.0, 3.0]), np.array([NAN, 2.0, 2.0, 2.0, 2.0])
    assert_array_equal(moving.crosses_above(values, level), [0, 0, 0, 0, 1])


def test_a_touch_from_the_level_itself_is_a_crossing():
    assert_array_equal(moving.crosses_above(np.array([2.0, 3.0]), np.array([2.0, 2.0])), [0, 1])


@given(
    arrays(np.float64, 150, elements=st.sampled_from([1.0, 2.0, 3.0, np.nan])),
    arrays(np.float64, 150, elements=st.sampled_from([1.0, 2.0, 3.0, np.nan])),
    st.integers(0, 150),
)
def test_crossings_in_one_pass_are_those_of_both_directions(values, level, flat):
    values[:flat], level[:flat] = 3.0, 1.0  # blocks that are skipped
    up, down = moving.crossings(values, level)
    assert_array_equal(up, np.flatnonzero(moving.crosses_above(values, level)))
    assert_array_equal(down, np.flatnonzero(moving.crosses_above(level, values)))


@given(arrays(bool, st.integers(0, 20)))
def test_first_bars_of_a_list_are_where_its_condition_starts(condition):
    bars = np.flatnonzero(condition)
    assert_array_equal(moving.first_bars(bars), np.flatnonzero(moving.starts(condition)))


def test_a_condition_starts_where_it_did_not_hold_before_and_never_first():
    assert_array_equal(moving.starts(np.array([True, False, True, True])), [0, 0, 1, 0])


@pytest.mark.slow
@pytest.mark.parametrize(
    "function", [moving.moving_average, moving.highest, moving.lowest, moving.trailing_rank]
)
@given(values=SERIES, n_bars=st.integers(1, 6), cut=st.integers(1, 40))
def test_a_prefix_of_the_values_gives_a_prefix_of_the_window(function, values, n_bars, cut):
    whole = function(values, n_bars)
    assert_array_equal(function(values[:cut], n_bars), whole[:cut])


@given(st.lists(st.booleans(), max_size=30).map(lambda each: np.array(each, dtype=bool)))
def test_narrowed_is_both_conditions_and_asks_only_where_the_first_holds(condition):
    asked = []

    def is_even(bars):
        asked.extend(bars.tolist())
        return bars % 2 == 0

    expected = condition & (np.arange(len(condition)) % 2 == 0)
    assert_array_equal(moving.narrowed(condition, is_even), expected)
    assert asked == np.flatnonzero(condition).tolist()
