"""The higher-highs state: whether the last swings rise, fall or disagree."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.signals.pivots import HIGH, LOW, Pivots, find_pivots
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray


class Trend(IntEnum):
    """What the last two swing highs and the last two swing lows say together."""

    FALLING = -1
    MIXED = 0
    RISING = 1
    UNKNOWN = 2


def swing_trend(pivots: Pivots, n_bars: int) -> npt.NDArray[np.int8]:
    """Return the higher-highs state at every bar.

    ``RISING`` where the last known swing high is above the one before it and the last known swing
    low too; ``FALLING`` where both are below; ``MIXED`` otherwise; ``UNKNOWN`` until two highs and
    two lows are known.

    Parameters
    ----------
    pivots : Pivots
        Of the same bars.
    n_bars : int
        Number of bars.

    Returns
    -------
    int8 array of shape (n_bars,)
        `Trend`.
    """
    highs = _last_change(pivots.of(HIGH), n_bars)
    lows = _last_change(pivots.of(LOW), n_bars)
    state = np.full(n_bars, Trend.MIXED, dtype=np.int8)
    state[(highs > 0) & (lows > 0)] = Trend.RISING
    state[(highs < 0) & (lows < 0)] = Trend.FALLING
    state[np.isnan(highs) | np.isnan(lows)] = Trend.UNKNOWN
    return state


def trend(market: Market, days: float = 2.0) -> npt.NDArray[np.int8]:
    """Return the higher-highs state of swings.

    Parameters
    ----------
    market : Market
        The bars.
    days : float
        Days on either side of a pivot; it is known that much later.

    Returns
    -------
    int8 array of shape (n_bars,)
        A `Trend` for each bar.
    """
    reach = to_bars(market, days=days)
    return swing_trend(find_pivots(market.high, market.low, reach, reach), len(market))


def _last_change(pivots: Pivots, n_bars: int) -> FloatArray:
    """Return the price change between the last two known pivots; NaN while there is none."""
    change = np.diff(pivots.price, prepend=np.nan)
    known = np.searchsorted(pivots.confirmed_at, np.arange(n_bars), side="right") - 1
    if not len(pivots):
        return np.full(n_bars, np.nan)
    return np.where(known >= 0, change[np.maximum(known, 0)], np.nan)
