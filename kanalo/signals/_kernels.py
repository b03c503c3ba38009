"""Loops over bars, compiled; each is plain Python too, as ``.py_func``.

Kernels take arrays and scalars, write to arrays that the caller owns and trust what they get.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kanalo.signals._jit import kernel

FloatArray = npt.NDArray[np.float64]


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
def count_runs(distance: FloatArray, tolerance: float) -> int:
    """Count runs of consecutive values that are at most ``tolerance``."""
    runs = 0
    inside = False
    for value in distance:
        near = value <= tolerance
        if near and not inside:
            runs += 1
        inside = near
    return runs


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
        for i in range(n):
            line = level + slope * (i - n + 1)
            above[i] = high[first + i] - line
            below[i] = line - low[first + i]
        up = above.max()
        down = below.max()
        fits[k, 0] = slope
        fits[k, 1] = level - down
        fits[k, 2] = level + up
        fits[k, 3] = quality
        fits[k, 4] = count_runs(down - below, tolerance * (up + down))
        fits[k, 5] = count_runs(up - above, tolerance * (up + down))
