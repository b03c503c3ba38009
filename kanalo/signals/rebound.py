"""The turn at the lower line of a rising channel: what `rising_channel_rebound` looks for."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.signals.channel import Channel, ChannelRule
from kanalo.signals.moving import donchian, lowest
from kanalo.signals.pivot_channel import PIVOT_RULE, pivot_channel
from kanalo.signals.spans import to_bars
from kanalo.typing import BoolArray, IntArray


def pivot_channel_of(market: Market, weeks: int) -> Channel:
    """Return the channel through the pivots of so many weeks, computed once.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Weekly bars of the channel.

    Returns
    -------
    Channel
        Of shape (n_bars,), kept with the market.
    """
    rule = ChannelRule(weeks, min_quality=PIVOT_RULE.min_quality)
    return market.cached(pivot_channel, rule=rule)


def lows_near(market: Market, weeks: int, near: float, within: int) -> BoolArray:
    """Tell where a low of late came near the lower line.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Weekly bars of the channel.
    near : float
        Share of the channel's width, in log price, that counts as near.
    within : int
        Days since such a low.

    Returns
    -------
    bool array of shape (n_bars,)
        False where no channel holds.
    """
    channel = pivot_channel_of(market, weeks)
    depth = market.low / (channel.lower * (channel.upper / channel.lower) ** near)
    return lowest(depth, to_bars(market, days=within)) <= 1


def turning_bars(market: Market, weeks: int, near: float, within: int) -> IntArray:
    """Return the bars of `turns`.

    Parameters
    ----------
    market, weeks, near, within
        As of `lows_near`.

    Returns
    -------
    int64 array
        Increasing.
    """
    return np.flatnonzero(turns(market, weeks, near, within))


def turns(market: Market, weeks: int, near: float, within: int) -> BoolArray:
    """Tell where the price rises above the day before's high, near the lower line of late.

    Parameters
    ----------
    market, weeks, near, within
        As of `lows_near`.

    Returns
    -------
    bool array of shape (n_bars,)
        Of closes below the upper line.
    """
    channel = pivot_channel_of(market, weeks)
    day_high, _ = donchian(market.high, market.low, to_bars(market, days=1))
    above = (market.close > day_high) & (market.close < channel.upper)
    return lows_near(market, weeks, near, within) & above
