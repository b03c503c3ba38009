"""Breakouts inside a rising channel: through its upper line, or through the zone that caps it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.signals.channel import Channel, ChannelRule
from kanalo.signals.moving import crosses_above, previous
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.spans import to_bars
from kanalo.signals.zones import zones
from kanalo.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Breakouts:
    """Where the price breaks upwards, and what it broke.

    Attributes
    ----------
    line : bool array of shape (n_bars,)
        Closes that cross the channel's upper line.
    zone : bool array of shape (n_bars,)
        Closes above the resistance zone of the bar before, while a channel holds.
    level : float64 array of shape (n_bars,)
        The price that was broken: the line, or the zone's upper edge; NaN where nothing broke.
    base : float64 array of shape (n_bars,)
        Lower edge of what was broken out of: the channel's lower line, or the support zone's lower
        edge (the line where there is no such zone); NaN where nothing broke.
    """

    line: BoolArray
    zone: BoolArray
    level: FloatArray
    base: FloatArray

    @property
    def any(self) -> BoolArray:
        """Breakouts of either kind, shape (n_bars,)."""
        return self.line | self.zone

    @cached_property
    def bars(self) -> IntArray:
        """The bars of breakouts of either kind, increasing."""
        return np.flatnonzero(self.any)

    def recent(self, n_bars: int) -> tuple[FloatArray, FloatArray]:
        """Carry each breakout's level and base on, so that it counts for ``n_bars`` bars in all.

        Returns
        -------
        level, base : float64 arrays of shape (n_bars,)
            Of the last breakout; NaN where it is longer ago.
        """
        level, base = (_carry(values, n_bars) for values in (self.level, self.base))
        return level, base


def _carry(values: FloatArray, n_bars: int) -> FloatArray:
    series = pd.Series(values)
    return np.asarray(series.ffill(limit=n_bars - 1) if n_bars > 1 else series, dtype=np.float64)


def breakouts(market: Market, weeks: int = 26) -> Breakouts:
    """Find breakouts through the regression channel or the zones of a market.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Length of the regression channel.

    Returns
    -------
    Breakouts
        Of bars whose channel holds; a bar that breaks both counts for the line.
    """
    channel = channel_of(market, weeks)
    resistance = previous(nearest_zone(market, above=True)[:, 1])
    support = previous(nearest_zone(market, above=False)[:, 0])
    line = crosses_above(market.close, channel.upper)
    zone = channel.holds & (market.close > resistance) & ~line
    level = np.where(line, channel.upper, np.where(zone, resistance, np.nan))
    floor = np.where(np.isnan(support), channel.lower, support)
    base = np.where(line, channel.lower, np.where(zone, floor, np.nan))
    return Breakouts(line, zone, level, base)


def pending_breakouts(market: Market, weeks: int = 26) -> tuple[FloatArray, FloatArray]:
    """Return what the next bar would break: where a buy-stop waits while a channel holds.

    The nearest price above the close out of the channel's upper line and the upper edge of the
    resistance zone, both as known at the close.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Length of the regression channel.

    Returns
    -------
    level, base : float64 arrays of shape (n_bars,)
        The price that would be broken, and the lower edge of what it is broken out of, as of
        `Breakouts`; NaN where no channel holds or nothing lies above the close.
    """
    channel, close = channel_of(market, weeks), market.close
    resistance = nearest_zone(market, above=True)[:, 1]
    support = nearest_zone(market, above=False)[:, 0]
    line = np.where(channel.upper > close, channel.upper, np.inf)
    zone = np.where(channel.holds & (resistance > close), resistance, np.inf)
    level = np.minimum(line, zone)
    floor = np.where(np.isnan(support), channel.lower, support)
    base = np.where(line <= zone, channel.lower, floor)
    known = np.isfinite(level)
    return np.where(known, level, np.nan), np.where(known, base, np.nan)


def recent_breakouts(market: Market, weeks: int, hours: float) -> tuple[FloatArray, FloatArray]:
    """Return level and base of the last breakout, each for some hours; see `Breakouts.recent`.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Length of the regression channel.
    hours : float
        How long a breakout counts.

    Returns
    -------
    level, base : float64 arrays of shape (n_bars,)
        NaN where the last breakout is longer ago.
    """
    return market.cached(breakouts, weeks=weeks).recent(to_bars(market, hours=hours))


def channel_of(market: Market, weeks: int = 26) -> Channel:
    """Return the market's regression channel of so many weeks, computed once.

    Parameters
    ----------
    market : Market
        The bars.
    weeks : int
        Weekly bars of the fit.

    Returns
    -------
    Channel
        Of shape (n_bars,), kept with the market.
    """
    return market.cached(regression_channel, rule=ChannelRule(weeks=weeks))


def nearest_zone(market: Market, *, above: bool) -> FloatArray:
    """Return the zone over or under each close, which the close may lie in.

    Parameters
    ----------
    market : Market
        The bars.
    above : bool
        Whether resistance is meant, else support.

    Returns
    -------
    float64 array of shape (n_bars, 2)
        Low and high of the zone as prices; NaN where there is none.
    """
    known = market.cached(zones)
    return known.above(market.close) if above else known.below(market.close)
