"""What the modules of this package share: one checked matrix out of whatever holds returns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError
from kanalo.typing import BoolArray, FloatArray

Returns = pd.DataFrame | npt.NDArray[np.floating]
"""Daily returns of shape (n_days, n_series): a frame with names, or an array without."""

NAN = float("nan")

ROUNDING = 1e-14
"""Standard deviation of returns below which nothing but floating-point rounding varies."""


def to_names(returns: Returns) -> tuple[str, ...]:
    """Return the series' names: the columns of a frame, the numbers of an array's columns.

    Raises
    ------
    DataError
        If two columns of a frame have one name.
    """
    if not isinstance(returns, pd.DataFrame):
        return tuple(str(column) for column in range(np.shape(returns)[1]))
    names = tuple(str(name) for name in returns.columns)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"Every series needs a name of its own; {twice[0]!r} stands twice.")
    return names


def to_matrix(returns: Returns, *, least_days: int = 2) -> FloatArray:
    """Check daily returns and return them as float64, with zeros after a series' ruin.

    A day's return of −1 or below leaves nothing to earn a return on, so the NaN that
    `kanalo.analyzers.to_daily_returns` gives for the days after it become 0: the money stays lost.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_series)
        Simple returns, fractions, on the same days for all series.
    least_days : int
        Fewest days that the caller can work with.

    Returns
    -------
    float64 array of shape (n_days, n_series)
        Without NaN.

    Raises
    ------
    DataError
        If the shape is not two-dimensional, there are too few days, or a value is infinite or NaN
        without a ruin before it; the message names series and day.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 2:
        raise DataError(
            f"Daily returns must have the shape (n_days, n_series); received {values.shape}."
        )
    if len(values) < least_days:
        raise DataError(f"At least {least_days} daily returns are needed; received {len(values)}.")
    unknown = ~np.isfinite(values)
    if not unknown.any():
        return values
    ruined = np.logical_or.accumulate(values <= -1, axis=0) & np.isnan(values)
    if (unknown & ~ruined).any():
        raise DataError(_describe_gap(returns, unknown & ~ruined))
    return np.where(ruined, 0.0, values)


def find_flat(values: FloatArray) -> BoolArray:
    """Tell which series do not vary: a rule that never traded, or cash.

    Returns
    -------
    bool array of shape (n_series,)
    """
    return np.asarray(values.std(axis=0) < ROUNDING)


def _describe_gap(returns: Returns, gaps: BoolArray) -> str:
    row, column = np.argwhere(gaps)[0]
    day = f" ({returns.index[row]})" if isinstance(returns, pd.DataFrame) else ""
    return (
        f"The daily returns of {to_names(returns)[column]!r} have no finite value in row "
        f"{row}{day}; keep the days that all series know."
    )
