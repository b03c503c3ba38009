"""What a detector confirms late, takes back, or draws in afterwards."""

import numpy as np
import pytest

from kanalo.checks import certify_detector
from kanalo.errors import CheckError
from kanalo.market.synthetic import planted_channel
from kanalo.signals.pivot_channel import pivot_channel
from kanalo.signals.pivots import find_pivots
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.zones import zones


@pytest.fixture(scope="module")
def market():
    return planted_channel(700, 2, slope=0.003, width=0.3, noise=0.1, period=56, interval="1d")[0]


def pivots(market):
    return find_pivots(market.high, market.low, 3, 5)


def pivots_at_once(market):
    """Date pivots to their own bar, as many public detectors do."""
    found = pivots(market)
    return {"bar": found.bar, "side": found.side, "price": found.price}


def zigzag(market):
    """Show the extreme of the last bars as a pivot, and take it back when a higher one comes."""
    bar = np.array([int(np.argmax(market.close))])
    return {"bar": bar, "price": market.close[bar]}


def average_so_far(market):
    """Give every pivot the mean price of the whole history."""
    found = pivots(market)
    return {
        "bar": found.bar,
        "side": found.side,
        "price": np.full(len(found), market.close.mean()),
        "confirmed_at": found.confirmed_at,
    }


def test_pivots_are_known_after_the_bars_to_their_right_and_stay(market):
    found = certify_detector(pivots, market)
    assert found.clean
    assert (found.lag.least, found.lag.median, found.lag.most) == (5, 5, 5)
    assert found.n_objects == len(pivots(market))
    assert found.n_prefixes == 40
    assert found.example == ""


def test_pivots_dated_to_their_own_bar_are_late(market):
    found = certify_detector(pivots_at_once, market)
    assert found.n_late > 0
    assert (found.n_vanished, found.n_changed) == (0, 0)
    assert found.lag.most == 0
    assert "was not there after" in found.example


def test_what_is_taken_back_has_vanished(market):
    found = certify_detector(zigzag, market)
    assert found.n_vanished > 0
    assert "vanished after" in found.example


def test_what_is_given_another_price_has_changed(market):
    found = certify_detector(average_so_far, market)
    assert found.n_changed > 0
    assert (found.n_vanished, found.n_late) == (0, 0)
    assert "changed after" in found.example


def test_zones_stay_and_are_known_a_reach_after_their_newest_touch(market):
    found = certify_detector(zones, market)
    assert found.clean
    assert found.n_objects > 50
    assert (found.lag.least, found.lag.most) == (1, 1)


@pytest.mark.parametrize(("detector", "oldest"), [(regression_channel, 6), (pivot_channel, 27)])
def test_channels_stay_and_are_drawn_from_their_last_fit(market, detector, oldest):
    """Weeks refit the regression; the other channel keeps its lines until a pivot is confirmed."""
    found = certify_detector(detector, market)
    assert found.clean
    assert found.n_objects > 50
    assert (found.lag.least, found.lag.most) == (0, oldest)


def test_a_detector_that_finds_nothing_is_clean_and_has_no_lag(market):
    nothing = {"bar": np.empty(0, np.int64), "price": np.empty(0)}
    found = certify_detector(lambda market: nothing, market, name="nothing")
    assert found.clean
    assert found.name == "nothing"
    assert np.isnan(found.lag.median)


def test_other_results_are_refused(market):
    with pytest.raises(CheckError, match=r"must return Pivots, Zones, a Channel.+received float"):
        certify_detector(lambda market: 1.0, market)
