"""Convert spans of time to numbers of bars, so that one rule reads the same on every market."""

from __future__ import annotations

import functools

import pandas as pd

from kanalo.market.market import Market
from kanalo.periods import to_timedelta


def to_bars(market: Market, *, days: float = 0.0, hours: float = 0.0) -> int:
    """Return how many bars a span of time covers, rounded, and at least one.

    Parameters
    ----------
    market : Market
        Gives the length of a bar.
    days, hours : float
        The span; both are added.

    Returns
    -------
    int
        Bars, at least 1.

    Examples
    --------
    On hourly bars ``days=2`` is 48, on daily bars it is 2, and ``hours=1`` is 1 on both.
    """
    return _count_bars(market.interval, 24 * days + hours)


@functools.lru_cache(maxsize=4_096)
def _count_bars(interval: str, hours: float) -> int:
    return max(1, round(pd.Timedelta(hours=hours) / to_timedelta(interval)))
