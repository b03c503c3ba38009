"""Loops over bars, compiled; each is plain Python too, as ``.py_func``.

Kernels take arrays and scalars, write to arrays that the caller owns and trust what they get.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import BoolArray, FloatArray, IntArray


@kernel
def wilder(values: FloatArray, length: int, smoothed: FloatArray) -> None:
    """Smooth by Wilder's recursion, seeded with the mean of the first ``length`` values."""
    n = len(values)
    smoothed[: min(length - 1, n)] = np.nan
    if n < length:
        return
    total = 0.0
    for t in range(length):
        total += values[t]
    smoothed[length - 1] = total / length
    for t in range(length, n):
        smoothed[t] = (smoothed[t - 1] * (length - 1) + values[t]) / length


@kernel
def count_touches(reach: FloatArray, line: float, room: float, middle: float) -> int:
    """Count touches of a line: once within ``room`` of it, and next after going past ``middle``."""
    touches = 0
    away = True
    for value in reach:
        # Bars in a row at the line are one touch; price has to come back past the middle first.
        if away and line - value <= room:
            touches += 1
            away = False
        if line - value > middle:
            away = True
    return touches


@kernel
def fit_line(values: FloatArray) -> tuple[float, float, float]:
    """Fit ``y = level + slope × x`` with x = 0 at the last value; give slope, level and R²."""
    n = len(values)
    mean = 0.0
    for value in values:
        mean += value / n
    covariance = 0.0
    variance = 0.0
    total = 0.0
    for i in range(n):
        # x is centred, so that level and slope do not share rounding and need no matrix.
        x = i - (n - 1) / 2
        covariance += x * (values[i] - mean)
        variance += x * x
        total += (values[i] - mean) ** 2
    slope = covariance / variance
    explained = slope * covariance
    quality = explained / total if total > 0.0 else 0.0
    return slope, mean + slope * (n - 1) / 2, quality


@kernel
def regression_channels(
    high: FloatArray, low: FloatArray, close: FloatArray, n: int, tolerance: float, fits: FloatArray
) -> None:
    """Fit a channel to every window of ``n`` bars of log prices.

    Rows of ``fits``: slope, lower and upper line at the window's last bar, R², touches of the lower
    and of the upper line. Rows without a full window are left as they are.
    """
    above = np.empty(n)
    below = np.empty(n)
    for k in range(n - 1, len(close)):
        first = k - n + 1
        slope, level, quality = fit_line(close[first : k + 1])
        # The lines are moved out until they enclose every high and low of the window.
        up = -np.inf
        down = -np.inf
        for i in range(n):
            line = level + slope * (i - n + 1)
            above[i] = high[first + i] - line
            below[i] = line - low[first + i]
            up = max(up, above[i])
            down = max(down, below[i])
        fits[k, 0] = slope
        fits[k, 1] = level - down
        fits[k, 2] = level + up
        fits[k, 3] = quality
        fits[k, 4] = count_touches(below, down, tolerance * (up + down), (up + down) / 2)
        fits[k, 5] = count_touches(above, up, tolerance * (up + down), (up + down) / 2)


@kernel
def pooled_slope(x: FloatArray, y: FloatArray, side: IntArray, kept: BoolArray) -> float:
    """Fit one slope to two groups of points, each with a level of its own, by least squares."""
    # Each group is centred on its own mean: highs and lows get two levels and one slope.
    covariance = 0.0
    variance = 0.0
    for group in (-1, 1):
        n = 0
        mean_x = 0.0
        mean_y = 0.0
        for i in range(len(x)):
            if kept[i] and side[i] == group:
                n += 1
                mean_x += x[i]
                mean_y += y[i]
        for i in range(len(x)):
            if kept[i] and side[i] == group:
                covariance += (x[i] - mean_x / n) * (y[i] - mean_y / n)
                variance += (x[i] - mean_x / n) ** 2
    return covariance / variance if variance > 0.0 else np.nan


@kernel
def mean_level(
    x: FloatArray, y: FloatArray, side: IntArray, kept: BoolArray, group: int, slope: float
) -> tuple[float, int]:
    """Average ``y - slope × x`` of one group's kept points; give the level and their number."""
    n = 0
    total = 0.0
    for i in range(len(x)):
        if kept[i] and side[i] == group:
            n += 1
            total += y[i] - slope * x[i]
    return (total / n if n > 0 else np.nan), n


@kernel
def last_two_rise(y: FloatArray, side: IntArray, kept: BoolArray, group: int) -> bool:
    """Tell whether the last kept point of a group lies above the one before it."""
    last = np.nan
    for i in range(len(y) - 1, -1, -1):
        if kept[i] and side[i] == group:
            if not np.isnan(last):
                return bool(last > y[i])
            last = y[i]
    return False


@kernel
def fit_pivots(
    x: FloatArray, y: FloatArray, side: IntArray, tolerance: float, fit: FloatArray
) -> None:
    """Fit parallel lines to highs (+1) and lows (-1); x = 0 is now. Leave ``fit`` if too few.

    Pivots beyond the middle between the first pair of lines (highs below it, lows above it) are
    turns inside the channel: they are left out and the lines fitted once more.
    """
    kept = np.ones(len(x), dtype=np.bool_)
    slope = pooled_slope(x, y, side, kept)
    lower, n_lows = mean_level(x, y, side, kept, -1, slope)
    upper, n_highs = mean_level(x, y, side, kept, 1, slope)
    if n_lows < 2 or n_highs < 2:
        return
    # One refit and no more: repeated until nothing changes, it would shed pivots to a fine line.
    for i in range(len(x)):
        kept[i] = side[i] * (y[i] - slope * x[i] - (lower + upper) / 2) > 0.0
    slope = pooled_slope(x, y, side, kept)
    lower, n_lows = mean_level(x, y, side, kept, -1, slope)
    upper, n_highs = mean_level(x, y, side, kept, 1, slope)
    if n_lows < 2 or n_highs < 2 or np.isnan(slope):
        return
    touches_lower = 0
    touches_upper = 0
    for i in range(len(x)):
        line = upper if side[i] > 0 else lower
        if kept[i] and abs(y[i] - slope * x[i] - line) <= tolerance * (upper - lower):
            if side[i] > 0:
                touches_upper += 1
            else:
                touches_lower += 1
    rises = last_two_rise(y, side, kept, -1) and last_two_rise(y, side, kept, 1)
    fit[0] = slope
    fit[1] = lower
    fit[2] = upper
    fit[3] = (touches_lower + touches_upper) / len(x)
    fit[4] = touches_lower
    fit[5] = touches_upper
    fit[6] = 1.0 if rises else 0.0


@kernel
def pivot_channels(
    bar: IntArray,
    price: FloatArray,
    side: IntArray,
    confirmed_at: IntArray,
    n: int,
    tolerance: float,
    fits: FloatArray,
) -> None:
    """Fit a channel at every bar to the log pivots of the last ``n`` bars that are known by then.

    Rows of ``fits`` as in `regression_channels`, with the share of pivots on a line for R², and a
    seventh column: 1 where the last two highs and the last two lows rise.
    """
    first = 0
    stop = 0
    for k in range(n - 1, len(fits)):
        # Two pointers move forward only: each pivot enters when it is confirmed and leaves by age.
        while stop < len(bar) and confirmed_at[stop] <= k:
            stop += 1
        while first < stop and bar[first] <= k - n:
            first += 1
        x = (bar[first:stop] - k).astype(np.float64)
        fit_pivots(x, price[first:stop], side[first:stop], tolerance, fits[k])
