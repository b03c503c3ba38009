import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from kanalo.signals.pivots import find_pivots

PEAK = np.array([1.0, 2.0, 5.0, 3.0, 2.0, 4.0, 3.0])


def test_a_peak_is_a_pivot_that_is_known_later():
    pivots = find_pivots(PEAK, np.ones(7), 1, 1).of(1)
    assert_array_equal(pivots.bar, [2, 5])
    assert_array_equal(pivots.price, [5.0, 4.0])
    assert_array_equal(pivots.confirmed_at, [3, 6])


def test_lows_mirror_highs():
    highs = find_pivots(PEAK, np.ones(7), 2, 1).of(1)
    lows = find_pivots(np.full(7, 9.0), -PEAK, 2, 1).of(-1)
    assert_array_equal(lows.bar, highs.bar)
    assert_array_equal(lows.price, -highs.price)


def test_a_pivot_without_all_its_right_bars_is_not_known():
    assert len(find_pivots(PEAK[:3], np.ones(3), 1, 1)) == 0
    assert len(find_pivots(PEAK[:4], np.ones(4), 1, 1)) == 1


def test_of_equal_highs_the_first_counts():
    flat_top = np.array([1.0, 3.0, 3.0, 3.0, 1.0])
    assert_array_equal(find_pivots(flat_top, np.ones(5), 1, 1).bar, [1])


def test_flat_bars_have_no_pivots():
    assert len(find_pivots(np.ones(20), np.ones(20), 2, 2)) == 0


def test_a_bar_that_is_both_has_its_high_first():
    high, low = np.array([2.0, 9.0, 2.0]), np.array([1.0, 0.1, 1.0])
    assert_array_equal(find_pivots(high, low, 1, 1).side, [1, -1])


@given(
    st.lists(st.floats(1, 100, width=32), min_size=1, max_size=60).map(np.array),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 60),
)
def test_a_prefix_knows_exactly_the_pivots_confirmed_in_it(high, left, right, cut):
    whole, part = (find_pivots(x, x - 0.5, left, right) for x in (high, high[:cut]))
    known = whole.confirmed_at < cut
    for name in ("bar", "price", "side", "confirmed_at"):
        assert_array_equal(getattr(part, name), getattr(whole, name)[known])
