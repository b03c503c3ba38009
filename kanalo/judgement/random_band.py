"""The equity of many random entries over time: quantiles at as many days as a figure needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST_POINTS = 260
"""Days that a band keeps: one in two pixels or so of a figure."""

QUANTILES = (0.05, 0.5, 0.95)
_DIGITS = 5


@dataclass(frozen=True)
class RandomBand:
    """Equity of the random entries over time, as multiples of the start; all of one length.

    Attributes
    ----------
    dates : tuple of str
        UTC days, `MOST_POINTS` at most, the last day among them.
    low, median, high : tuple of float
        The 5 %, 50 % and 95 % quantile of all draws at the close of each day; an account that is
        ruined counts as 0.
    """

    dates: tuple[str, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]


def to_band(days: pd.DatetimeIndex, daily: npt.NDArray[np.float32]) -> RandomBand:
    """Compound the daily returns of all draws and take quantiles on each day that is kept.

    Parameters
    ----------
    days : DatetimeIndex of length n_days
        UTC days, ascending.
    daily : float32 array of shape (n_draws, n_days)
        Daily returns as fractions; NaN after ruin. Both sizes at least 1.

    Returns
    -------
    RandomBand
        Multiples of the start, rounded to five significant digits.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2, tz="UTC")
    >>> to_band(days, np.array([[0.0, 0.5], [0.0, 0.5]], dtype=np.float32)).median
    (1.0, 1.5)
    """
    kept = np.arange(len(days) - 1, -1, -max(1, -(-len(days) // MOST_POINTS)))[::-1]
    growth = np.cumprod(1.0 + daily.astype(np.float64), axis=1)[:, kept]
    levels = np.quantile(np.nan_to_num(growth, nan=0.0), QUANTILES, axis=0)
    low, median, high = (tuple(float(f"{each:.{_DIGITS}g}") for each in row) for row in levels)
    return RandomBand(tuple(days[kept].strftime("%Y-%m-%d")), low, median, high)
