"""Average true range: how far a bar of this market usually travels."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.market.resample import to_slower
from kanalo.periods import to_timedelta
from kanalo.signals._kernels import wilder
from kanalo.signals.inputs import read_series, read_window
from kanalo.signals.moving import previous
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray

WILDER_MEMORY = 25
"""Multiples of its length after which a Wilder average has forgotten its start, to 1e-10."""


def true_range(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return the range of each bar, the gap from the previous close included.

    ``TR[t] = max(high[t], close[t-1]) - min(low[t], close[t-1])``; the first bar has no previous
    close and takes ``high - low``.

    Parameters
    ----------
    high, low, close : float64 arrays of shape (n,)
        Prices.

    Returns
    -------
    float64 array of shape (n,)
        In quote currency, never NaN.
    """
    high, low, close = read_series("true_range", high=high, low=low, close=close)
    before = previous(close)
    return np.fmax(high, before) - np.fmin(low, before)


def average_true_range(
    high: FloatArray, low: FloatArray, close: FloatArray, length: int
) -> FloatArray:
    """Return Wilder's average true range.

    ``ATR[t] = (ATR[t-1] × (length - 1) + TR[t]) / length``, seeded at bar ``length - 1`` with the
    mean of the first ``length`` true ranges.

    Parameters
    ----------
    high, low, close : float64 arrays of shape (n,)
        Prices.
    length : int
        Bars of smoothing.

    Returns
    -------
    float64 array of shape (n,)
        In quote currency; NaN for the first ``length - 1`` bars.

    Notes
    -----
    TA-Lib leaves the first bar's range out and starts one bar later; the two converge. The memory
    is unbounded but fades: after ``25 × length`` bars the start weighs less than 1e-10.

    References
    ----------
    J. W. Wilder, New Concepts in Technical Trading Systems (1978).
    """
    high, low, close = read_series("average_true_range", high=high, low=low, close=close)
    length = read_window("average_true_range", length, "length")
    smoothed = np.empty(len(close))
    wilder(true_range(high, low, close), length, smoothed)
    return smoothed


def atr(market: Market, length: int = 14, interval: str = "1d") -> FloatArray:
    """Return the average true range of slower bars at every bar of a market.

    Measuring stops in daily ranges makes a rule mean the same on hourly and on daily bars.

    Parameters
    ----------
    market : Market
        The bars.
    length : int
        Slower bars of smoothing.
    interval : str
        Length of the slower bars; a market whose bars are no shorter is measured on its own.

    Returns
    -------
    float64 array of shape (n_bars,)
        The range known at each close: that of slower bars which have closed by then. NaN before
        ``length`` of them have.
    """
    if to_timedelta(interval) <= market.length:
        return average_true_range(market.high, market.low, market.close, length)
    slower = to_slower(market, interval)
    high, low, close = (slower.bars[name].to_numpy(np.float64) for name in ("high", "low", "close"))
    return slower.project(average_true_range(high, low, close, length))


def atr_warm_up(market: Market, length: int = 14) -> int:
    """Return how many bars the daily average range looks back before its start is forgotten.

    Parameters
    ----------
    market : Market
        Gives the length of a bar.
    length : int
        Days of smoothing.

    Returns
    -------
    int
        Bars, at least 1.
    """
    return to_bars(market, days=WILDER_MEMORY * length + 1)
