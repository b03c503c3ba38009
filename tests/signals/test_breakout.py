import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.market.synthetic import planted_channel
from kanalo.signals.breakout import Breakouts, breakouts, channel_of, nearest_zone

NAN = np.nan


@pytest.fixture(scope="module")
def market():
    return planted_channel(1_000, 4, slope=0.003, width=0.3, noise=0.15, period=56, interval="1d")[
        0
    ]


@pytest.fixture(scope="module")
def broken(market):
    return breakouts(market)


def test_a_line_breaks_at_the_close_that_crosses_it(market, broken):
    upper, close = channel_of(market).upper, market.close
    expected = [t for t in range(1, 1_000) if close[t] > upper[t] and close[t - 1] <= upper[t - 1]]
    assert_array_equal(np.flatnonzero(broken.line), expected)
    assert len(expected) > 2
    assert_allclose(broken.level[broken.line], upper[broken.line])


def test_a_zone_breaks_at_a_close_above_yesterdays_resistance_in_a_channel(market, broken):
    resistance, holds = nearest_zone(market, above=True)[:, 1], channel_of(market).holds
    expected = [
        t
        for t in range(1, 1_000)
        if holds[t] and market.close[t] > resistance[t - 1] and not broken.line[t]
    ]
    assert_array_equal(np.flatnonzero(broken.zone), expected)
    assert len(expected) > 10
    assert_allclose(broken.level[expected], resistance[np.array(expected) - 1])


def test_the_base_lies_under_the_level(broken):
    assert (broken.base[broken.any] < broken.level[broken.any]).all()
    assert np.isnan(broken.level[~broken.any]).all()


def test_recent_breakouts_are_carried_for_so_many_bars():
    nothing = np.zeros(5, dtype=bool)
    level = np.array([NAN, 7.0, NAN, NAN, NAN])
    carried, base = Breakouts(nothing, nothing, level, level - 1).recent(3)
    assert_array_equal(carried, [NAN, 7.0, 7.0, 7.0, NAN])
    assert_array_equal(base, carried - 1)


def test_one_bar_is_the_breakout_itself(broken):
    assert_array_equal(broken.recent(1)[0], broken.level)
