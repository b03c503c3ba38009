import numpy as np
import pytest
from numpy.testing import assert_array_equal

from kanalo.signals.pivots import Pivots
from kanalo.signals.trend import Trend, swing_trend, trend


def swings(*pairs):
    """Pivots of (side, price), one every two bars, each known one bar later."""
    side, price = (np.array(column) for column in zip(*pairs, strict=True))
    bar = np.arange(len(pairs)) * 2
    return Pivots(bar, price.astype(float), side.astype(np.int8), bar + 1)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1, 10), (-1, 5), (1, 11), (-1, 6)], Trend.RISING),
        ([(1, 10), (-1, 5), (1, 9), (-1, 4)], Trend.FALLING),
        ([(1, 10), (-1, 5), (1, 11), (-1, 4)], Trend.MIXED),
        ([(1, 10), (-1, 5), (1, 10), (-1, 6)], Trend.MIXED),
        ([(1, 10), (-1, 5), (1, 11)], Trend.UNKNOWN),
    ],
)
def test_the_last_two_highs_and_lows_decide(pairs, expected):
    assert swing_trend(swings(*pairs), 8)[-1] == expected


def test_the_state_changes_when_a_pivot_is_confirmed_and_not_when_it_happens():
    state = swing_trend(swings((1, 10), (-1, 5), (1, 11), (-1, 6)), 8)
    assert_array_equal(state == Trend.RISING, np.arange(8) >= 7)


def test_no_pivots_is_unknown(make_market):
    assert set(trend(make_market(np.full(200, 5.0)))) == {Trend.UNKNOWN}
