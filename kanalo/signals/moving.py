"""Moving windows: average, highest, lowest and rank within the own trailing history."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from kanalo.errors import DataError
from kanalo.signals.inputs import read_series, read_window
from kanalo.typing import BoolArray, FloatArray, IntArray


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
    return np.asarray(_roll("moving_average", values, n_bars).mean(), dtype=np.float64)


def moving_sum(values: FloatArray, n_bars: int) -> FloatArray:
    """Add up the last ``n_bars`` values, the current one included.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any series.
    n_bars : int
        Length of the window, at least 1.

    Returns
    -------
    float64 array of shape (n,)
        NaN as in `moving_average`.

    Raises
    ------
    ParameterError
        If the window is no int of at least 1.
    DataError
        If the values are no numbers of shape (n,).
    """
    return np.asarray(_roll("moving_sum", values, n_bars).sum(), dtype=np.float64)


def highest(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the highest of the last ``n_bars`` values, the current one included.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any series.
    n_bars : int
        Length of the window, at least 1.

    Returns
    -------
    float64 array of shape (n,)
        NaN for the first ``n_bars - 1`` values and wherever the window holds a NaN.

    Raises
    ------
    ParameterError
        If the window is no int of at least 1.
    DataError
        If the values are no numbers of shape (n,).

    Notes
    -----
    The highest of 2w values is the higher one of two windows of w, so windows double until two of
    them, which may overlap, cover ``n_bars``.
    """
    [values], n_bars = read_series("highest", values=values), read_window("highest", n_bars)
    maxima = np.full(len(values), np.nan)
    if n_bars > len(values):
        return maxima
    width, top = 1, values  # top[i] is the highest of the values from i on to i + width - 1
    while 2 * width <= n_bars:
        top = np.maximum(top[width:], top[:-width])
        width *= 2
    rest = n_bars - width
    maxima[n_bars - 1 :] = np.maximum(top[rest:], top[: len(top) - rest])
    return maxima


def lowest(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the lowest of the last ``n_bars`` values, the current one included.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any series.
    n_bars : int
        Length of the window, at least 1.

    Returns
    -------
    float64 array of shape (n,)
        NaN as in `highest`.

    Raises
    ------
    ParameterError
        If the window is no int of at least 1.
    DataError
        If the values are no numbers of shape (n,).
    """
    [values], n_bars = read_series("lowest", values=values), read_window("lowest", n_bars)
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
    high, low = read_series("donchian", high=high, low=low)
    n_bars = read_window("donchian", n_bars)
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
    return np.asarray(_roll("trailing_rank", values, n_bars).rank(pct=True), dtype=np.float64)


def previous(values: FloatArray) -> FloatArray:
    """Return the series one bar later: ``y[t] = x[t-1]``, NaN first."""
    return shifted(values, 1)


def shifted(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the rows some bars later: ``y[t] = x[t-n]``.

    Parameters
    ----------
    values : float64 array of shape (n, ...)
        Rows of any width.
    n_bars : int
        Bars to shift by, at least 1: a negative shift would read the future.

    Returns
    -------
    float64 array of the same shape
        NaN in the first ``n_bars`` rows.

    Raises
    ------
    ParameterError
        If the shift is no int of at least 1.
    DataError
        If the values have no rows.
    """
    values, n_bars = np.asarray(values), read_window("shifted", n_bars)
    if values.ndim == 0:
        raise DataError(f"The 'values' of shifted must have rows; received {values}.")
    later = np.full(values.shape, np.nan)
    later[n_bars:] = values[:-n_bars]
    return later


def crosses_above(values: FloatArray, level: FloatArray) -> BoolArray:
    """Tell where a series is above a level and was not one bar before.

    Parameters
    ----------
    values, level : float64 arrays of shape (n,)
        The series and what it may cross.

    Returns
    -------
    bool array of shape (n,)
        False where either is NaN now or was NaN one bar before: an unknown is not a crossing.

    Raises
    ------
    DataError
        If they are no numbers of one shape (n,).
    """
    values, level = read_series("crosses_above", values=values, level=level)
    crossed = values > level
    crossed[:1] = False
    crossed[1:] &= (values <= level)[:-1]
    return crossed


def crossings(values: FloatArray, level: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the bars at which a series crosses a level upwards, and those downwards.

    Parameters
    ----------
    values, level : float64 arrays of shape (n,)
        The series and what it may cross.

    Returns
    -------
    up, down : int64 arrays
        Bars, increasing: those of ``crosses_above(values, level)`` and of
        ``crosses_above(level, values)``, found in one pass.

    Raises
    ------
    DataError
        If they are no numbers of one shape (n,).

    Examples
    --------
    >>> crossings(np.array([1.0, 3.0, 1.0]), np.array([2.0, 2.0, 2.0]))
    (array([1]), array([2]))
    """
    from kanalo.signals._crossing_kernels import find_crossings

    values, level = read_series("crossings", values=values, level=level)
    up, down = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=np.int64)
    n_up, n_down = find_crossings(values, level, up, down)
    return up[:n_up].copy(), down[:n_down].copy()


def first_bars(bars: IntArray) -> IntArray:
    """Return the bars of a list that follow no other one of it: `starts` of a list.

    Parameters
    ----------
    bars : int64 array of shape (n,)
        Bars at which a condition holds, increasing.

    Returns
    -------
    int64 array
        Those at which it begins to hold; never bar 0.

    Examples
    --------
    >>> first_bars(np.array([0, 1, 4, 5, 8]))
    array([4, 8])
    """
    if not len(bars):
        return bars
    begins = np.empty(len(bars), dtype=bool)
    begins[0] = bars[0] > 0
    np.greater(bars[1:] - bars[:-1], 1, out=begins[1:])
    return bars[begins]


def starts(condition: BoolArray) -> BoolArray:
    """Tell where a condition holds and did not hold one bar before; never on the first bar."""
    began = np.zeros(len(condition), dtype=bool)
    np.greater(condition[1:], condition[:-1], out=began[1:])
    return began


def narrowed(condition: BoolArray, test: Callable[[IntArray], BoolArray]) -> BoolArray:
    """Tell where a condition holds and a test passes, which is computed at those bars alone.

    Parameters
    ----------
    condition : bool array of shape (n,)
        Seldom true, and computed already.
    test : callable
        Takes bars, int64 of shape (k,), and returns bools of shape (k,).

    Returns
    -------
    bool array of shape (n,)
        False wherever the condition is.

    Examples
    --------
    >>> narrowed(np.array([True, False, True]), lambda bars: bars > 0)
    array([False, False,  True])
    """
    bars = np.flatnonzero(condition)
    both = np.zeros(len(condition), dtype=bool)
    both[bars[test(bars)]] = True
    return both


def at_bars(bars: IntArray, values: FloatArray) -> FloatArray:
    """Return a series at some bars and NaN at all others.

    Parameters
    ----------
    bars : int64 array of shape (k,)
        Bars to keep.
    values : float64 array of shape (n,)
        The series.

    Returns
    -------
    float64 array of shape (n,)
        A line of entry orders, for example.

    Examples
    --------
    >>> at_bars(np.array([1]), np.array([3.0, 4.0, 5.0]))
    array([nan,  4., nan])
    """
    line = np.full(len(values), np.nan)
    line[bars] = values[bars]
    return line


def _roll(
    function: str, values: FloatArray, n_bars: int
) -> pd.api.typing.Rolling[pd.Series[float]]:
    [values], n_bars = read_series(function, values=values), read_window(function, n_bars)
    return pd.Series(values).rolling(n_bars, min_periods=n_bars)
