"""Moving windows: average, highest, lowest and rank within the own trailing history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.market.market import BoolArray, FloatArray


def moving_average(values: FloatArray, n_bars: int) -> FloatArray:
    """Average the last ``n_bars`` values, the current one included.

    ``y[t] = (x[t] + … + x[t-n+1]) / n``

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any series.
    n_bars : int
        Length of the window.

    Returns
    -------
    float64 array of shape (n,)
        NaN for the first ``n_bars - 1`` values and wherever the window holds a NaN.
    """
    return np.asarray(_roll(values, n_bars).mean(), dtype=np.float64)


def moving_sum(values: FloatArray, n_bars: int) -> FloatArray:
    """Add up the last ``n_bars`` values, the current one included; NaN as in `moving_average`."""
    return np.asarray(_roll(values, n_bars).sum(), dtype=np.float64)


def highest(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the highest of the last ``n_bars`` values, the current one included.

    Returns
    -------
    float64 array of shape (n,)
        NaN for the first ``n_bars - 1`` values and wherever the window holds a NaN.

    Notes
    -----
    The highest of 2w values is the higher one of two windows of w, so windows double until two of
    them, which may overlap, cover ``n_bars``.
    """
    found = np.full(len(values), np.nan)
    if n_bars > len(values):
        return found
    width, top = 1, values  # top[i] is the highest of the values from i on to i + width - 1
    while 2 * width <= n_bars:
        top = np.maximum(top[width:], top[:-width])
        width *= 2
    rest = n_bars - width
    found[n_bars - 1 :] = np.maximum(top[rest:], top[: len(top) - rest])
    return found


def lowest(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the lowest of the last ``n_bars`` values; see `highest`."""
    return -highest(-values, n_bars)


def donchian(high: FloatArray, low: FloatArray, n_bars: int) -> tuple[FloatArray, FloatArray]:
    """Return Donchian's channel of the ``n_bars`` bars BEFORE each bar.

    ``upper[t] = max(high[t-n … t-1])`` and ``lower[t] = min(low[t-n … t-1])``: the current bar is
    left out, or no close could ever lie beyond the channel.

    Parameters
    ----------
    high, low : float64 arrays of shape (n,)
        Prices.
    n_bars : int
        Length of the window.

    Returns
    -------
    upper, lower : float64 arrays of shape (n,)
        NaN for the first ``n_bars`` bars.

    References
    ----------
    R. Donchian, "High finance in copper", Financial Analysts Journal 16 (1960).
    """
    return previous(highest(high, n_bars)), previous(lowest(low, n_bars))


def trailing_rank(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the share of the last ``n_bars`` values that are at most the current one.

    ``y[t] = #{x[t-n+1 … t] ≤ x[t]} / n``: 1 for the largest of its own history. Equal values take
    the mean of their ranks.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any series.
    n_bars : int
        Length of the history, the current value included.

    Returns
    -------
    float64 array of shape (n,)
        In (0, 1]; NaN for the first ``n_bars - 1`` values and wherever the window holds a NaN.
    """
    return np.asarray(_roll(values, n_bars).rank(pct=True), dtype=np.float64)


def previous(values: FloatArray) -> FloatArray:
    """Return the series one bar later: ``y[t] = x[t-1]``, NaN first."""
    return shifted(values, 1)


def shifted(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the rows ``n_bars`` later, at least one: ``y[t] = x[t-n]``, NaN before there are."""
    later = np.full(values.shape, np.nan)
    later[n_bars:] = values[:-n_bars]
    return later


def crosses_above(values: FloatArray, level: FloatArray) -> BoolArray:
    """Tell where a series is above a level and was not one bar before.

    False where either is NaN now or was NaN one bar before: an unknown is not a crossing.
    """
    above = values > level
    was_not = previous(values) <= previous(level)
    return above & was_not


def starts(condition: BoolArray) -> BoolArray:
    """Tell where a condition holds and did not hold one bar before; never on the first bar."""
    began = np.zeros(len(condition), dtype=bool)
    began[1:] = condition[1:] & ~condition[:-1]
    return began


def _roll(values: FloatArray, n_bars: int) -> pd.api.typing.Rolling[pd.Series[float]]:
    return pd.Series(values).rolling(n_bars, min_periods=n_bars)
