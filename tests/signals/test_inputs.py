"""Pure signal functions name what is wrong with their input; numpy's scalars are welcome."""

import numpy as np
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.signals.inputs import read_series, read_window
from kanalo.signals.moving import (
    crosses_above,
    donchian,
    highest,
    lowest,
    moving_average,
    moving_sum,
    shifted,
    trailing_rank,
)
from kanalo.signals.volatility import average_true_range, true_range

ONES = np.ones(5)
WINDOWED = (moving_average, moving_sum, highest, lowest, trailing_rank)


@pytest.mark.parametrize("function", [*WINDOWED, shifted])
@pytest.mark.parametrize("n_bars", [0, -1, 2.0, "2", None, True, np.nan])
def test_a_window_that_is_no_count_of_bars_is_refused(function, n_bars):
    expected = f"The 'n_bars' of {function.__name__} must be an int of at least 1; received"
    with pytest.raises(ParameterError, match=expected):
        function(ONES, n_bars)


@pytest.mark.parametrize("function", WINDOWED)
@pytest.mark.parametrize("values", [np.ones((5, 2)), 1.0, ["a", "b"], [None, 1.0], [True, False]])
def test_what_is_no_series_is_refused(function, values):
    expected = f"The 'values' of {function.__name__} must be numbers of shape"
    with pytest.raises(DataError, match=expected):
        function(values, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: donchian(ONES, ONES[1:], 2), "'low' of donchian must be as long as its 'high', 5"),
        (lambda: donchian(ONES, ONES, 0), "'n_bars' of donchian"),
        (lambda: true_range(ONES, ONES, ONES[1:]), "'close' of true_range .* 5; received 4"),
        (lambda: average_true_range(ONES, ONES[1:], ONES, 2), "'low' of average_true_range"),
        (lambda: average_true_range(ONES, ONES, ONES, 0), "'length' of average_true_range"),
        (lambda: crosses_above(ONES, 1.0), r"'level' of crosses_above .* shape \(\)"),
        (lambda: shifted(np.float64(1.0), 1), "'values' of shifted must have rows"),
    ],
)
def test_unfitted_input_is_named(call, message):
    with pytest.raises((DataError, ParameterError), match=message):
        call()


@pytest.mark.parametrize("function", [*WINDOWED, shifted])
@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint32])
def test_whole_numbers_of_numpy_are_welcome(function, kind):
    values = np.array([3.0, 1.0, np.nan, 2.0, 5.0, 4.0])
    np.testing.assert_array_equal(function(values, kind(2)), function(values, 2))


@pytest.mark.parametrize("function", WINDOWED)
def test_whole_numbers_and_lists_are_series_too(function):
    np.testing.assert_array_equal(function([3, 1, 2], 2), function(np.array([3.0, 1.0, 2.0]), 2))


def test_nan_in_a_window_gives_nan_and_nothing_else():
    values = np.array([1.0, np.nan, 3.0, 4.0])
    for function in WINDOWED:
        assert np.isnan(function(values, 2)).tolist() == [True, True, True, False]


def test_a_float_series_is_not_copied():
    assert read_series("f", values=ONES)[0] is ONES
    assert read_window("f", np.int16(3)) == 3
