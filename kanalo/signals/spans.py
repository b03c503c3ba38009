"""Convert spans of time to numbers of bars, so that one rule reads the same on every market."""

from __future__ import annotations

import pandas as pd

from kanalo.market import Market


def to_bars(market: Market, *, days: float = 0.0, hours: float = 0.0) -> int:
    """Return how many bars a span of time covers, rounded, and at least one.

    Parameters
    ----------
    market : Market
        Gives the length of a bar.
    days, hours : float
        The span; both are added.

    Examples
    --------
    On hourly bars ``days=2`` is 48, on daily bars it is 2, and ``hours=1`` is 1 on both.
    """
    return max(1, round(pd.Timedelta(hours=24 * days + hours) / market.length))
