"""The turn at the lower line of a rising channel, against a plain loop."""

from pathlib import Path

import numpy as np
import pytest

from kanalo.market import load_market
from kanalo.signals.rebound import lows_near, pivot_channel_of, turns

ROOT = Path(__file__).parents[2]
NEAR, WITHIN = 0.25, 5


@pytest.fixture(scope="module")
def daily():
    return load_market(ROOT / "data", "xmr_1d")


def is_near(market, channel, bar):
    """Tell whether a low of the last days came into the lowest quarter, in log price."""
    if np.isnan(channel.lower[bar - WITHIN + 1 : bar + 1]).any():
        return False
    shares = [
        np.log(market.low[each] / channel.lower[each])
        / np.log(channel.upper[each] / channel.lower[each])
        for each in range(bar - WITHIN + 1, bar + 1)
    ]
    return min(shares) <= NEAR + 1e-12


def test_lows_near_the_line_and_turns_are_those_of_a_loop(daily):
    channel = pivot_channel_of(daily, 26)
    near = lows_near(daily, 26, NEAR, WITHIN)
    turned = turns(daily, 26, NEAR, WITHIN)
    assert 0 < turned.sum() < near.sum()
    for bar in range(WITHIN, len(daily)):
        assert near[bar] == is_near(daily, channel, bar)
        close, before = daily.close[bar], daily.high[bar - 1]
        assert turned[bar] == (near[bar] and before < close < channel.upper[bar])


def test_the_channel_is_computed_once(daily):
    assert pivot_channel_of(daily, 26) is pivot_channel_of(daily, 26)
