"""What the modules of this package share: arrays out of series, and division that may fail."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.typing import FloatArray

NAN = float("nan")

ROUNDING = 1e-14
"""Standard deviation of returns below which nothing but floating-point rounding varies."""


def to_values(series: pd.Series[float]) -> FloatArray:
    """Return the values of a series as a float64 array, without copying where possible."""
    return np.asarray(series.to_numpy(np.float64), dtype=np.float64)


def to_known(series: pd.Series[float]) -> FloatArray:
    """Return the values of a series that are not NaN as a float64 array."""
    values = to_values(series)
    return values[~np.isnan(values)]


def calc_mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> float:
    """Return the mean; NaN without values."""
    return float(values.mean()) if len(values) else NAN


def calc_spread(values: FloatArray) -> float:
    """Return the sample standard deviation; NaN with fewer than two values or without variation."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else NAN
    return spread if spread >= ROUNDING else NAN


def divide(numerator: float, denominator: float) -> float:
    """Divide; NaN where either is NaN or the denominator is not above zero."""
    return float(numerator / denominator) if denominator > 0 else NAN
