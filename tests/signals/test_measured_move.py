import numpy as np
import pytest

from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.measured_move import linear_move, measured_move


def one(function, *prices, **options):
    return function(*(np.array([price]) for price in prices), **options)[0]


def test_the_height_is_a_ratio_in_log_price():
    assert one(measured_move, 500, 450, 500) == pytest.approx(500 * 500 / 450)


def test_the_articles_550_is_the_linear_move():
    assert one(linear_move, 500, 450, 500) == pytest.approx(550)


def test_half_the_height_twice_is_the_whole():
    halfway = one(measured_move, 100, 80, 90, heights=0.5)
    whole = one(measured_move, 100, 80, 90)
    assert one(measured_move, halfway, 80, 90, heights=0.5) == pytest.approx(whole)


def test_down_undoes_up_and_stays_positive():
    up = one(measured_move, 100, 10, 90)
    assert one(measured_move, up, 10, 90, side=-1) == pytest.approx(100)
    assert one(measured_move, 1, 1, 90, side=-1) > 0
    assert one(linear_move, 1, 1, 90, side=-1) < 0


def test_stops_lie_a_distance_away():
    assert one(stop_below, 100, 30) == 70
    assert one(stop_above, 100, 30) == 130


def test_a_stop_stays_a_price_however_wide():
    assert one(stop_below, 100, 300) == 5
    assert np.isnan(one(stop_below, np.nan, 1))
