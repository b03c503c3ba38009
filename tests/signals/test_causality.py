"""What was known at a bar stays what it was, however much history follows."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kanalo.market import load_market
from kanalo.market.synthetic import planted_channel, random_walk_market
from kanalo.signals.breakout import breakouts, nearest_zone
from kanalo.signals.channel import ChannelRule
from kanalo.signals.liquidation_flow import liquidation_flow, size_rank
from kanalo.signals.pivot_channel import pivot_channel
from kanalo.signals.positioning import positioning
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.relative_strength import relative_strength
from kanalo.signals.trend import trend
from kanalo.signals.volatility import atr

DATA = Path(__file__).parents[2] / "data"

SIGNALS = {
    "atr": atr,
    "breakouts": breakouts,
    "liquidation flow": lambda market: liquidation_flow(market, hours=48),
    "pivot channel": lambda market: pivot_channel(market, ChannelRule(26)),
    "positioning": lambda market: positioning(market.known("long_short_ratio")),
    "regression channel": regression_channel,
    "relative strength": relative_strength,
    "resistance": lambda market: nearest_zone(market, above=True),
    "size rank": lambda market: size_rank(market, hours=24, days=30),
    "support": lambda market: nearest_zone(market, above=False),
    "trend": trend,
}
"""Every signal that takes a market; those of arrays have property tests beside their own."""


def to_columns(value):
    """Flatten what a signal returns into named arrays of one row per bar."""
    if is_dataclass(value):
        parts = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
    return {"value": value}


def assert_prefix(signal, market, cut):
    whole, part = to_columns(signal(market)), to_columns(signal(market.rows(0, cut)))
    for name, column in whole.items():
        assert_allclose(part[name], column[:cut], rtol=1e-9, err_msg=f"{name} at {cut}")


@pytest.fixture(scope="module")
def markets():
    """A random walk and a noisy channel of days, with partly known context."""
    rng = np.random.default_rng(9)
    plain = (
        random_walk_market(700, 1, "1d", volatility=0.04),
        planted_channel(700, 2, slope=0.003, width=0.3, noise=0.1, period=56, interval="1d")[0],
    )
    ratio = pd.DataFrame({"long_short_ratio": np.exp(rng.normal(0, 0.3, 700))})
    ratio[::3] = np.nan
    return [
        replace(
            each, context=ratio.set_index(each.index), benchmark=plain[0].bars.set_index(each.index)
        )
        for each in plain
    ]


@pytest.mark.parametrize("name", SIGNALS)
@settings(max_examples=15, deadline=None)
@given(cut=st.integers(1, 699), which=st.integers(0, 1))
def test_a_prefix_of_the_bars_gives_a_prefix_of_the_signal(markets, name, cut, which):
    assert_prefix(SIGNALS[name], markets[which], cut)


def test_the_test_can_fail(markets):
    def centred(market):
        return np.convolve(market.close, np.ones(3) / 3, mode="same")

    with pytest.raises(AssertionError, match="value at 350"):
        assert_prefix(centred, markets[0], 350)


WARM_UPS = {
    "atr": 13,
    "liquidation flow": 2,
    "pivot channel": 7 * 26 - 1,
    "regression channel": 7 * 26 - 1,
    "relative strength": 31,
    "size rank": 30,
}
"""First known bar of daily bars that begin on a Monday."""

FIRST_COLUMN = {
    "liquidation flow": "longs",
    "pivot channel": "slope",
    "regression channel": "slope",
    "relative strength": "beta",
}


@pytest.mark.parametrize("name", WARM_UPS)
def test_warm_ups_are_as_documented(markets, name):
    columns = to_columns(SIGNALS[name](markets[0]))
    known = ~np.isnan(columns[FIRST_COLUMN.get(name, "value")])
    assert np.argmax(known) == WARM_UPS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pivot channel", "regression channel", "resistance", "support"])
def test_nothing_that_was_drawn_on_hourly_monero_is_redrawn(name):
    """200 prefixes of the real history: channels, zones, and why there was none."""
    market = load_market(DATA, "xmr_1h", context=False)
    whole = to_columns(SIGNALS[name](market))
    rng = np.random.default_rng(7)
    for cut in np.sort(rng.choice(len(market) - 1, 200, replace=False)) + 1:
        part = to_columns(SIGNALS[name](market.rows(0, int(cut))))
        for column, values in whole.items():
            assert_allclose(part[column], values[:cut], rtol=1e-9, err_msg=f"{column} {cut}")
