"""Series of the model as arrays that figures can draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.report.compare.schema import ResultModel
from kanalo.typing import FloatArray

DayArray = npt.NDArray[np.datetime64]

STRETCHES = 350
"""Pairs of extremes that a line keeps: nearly one to a pixel of the widest figure."""


def to_days(entry: ResultModel) -> DayArray:
    """Return the UTC days of a result's equity, shape (n_days,)."""
    return np.array(entry["equity"]["dates"], dtype="datetime64[D]")


def to_multiples(entry: ResultModel) -> FloatArray:
    """Return equity over starting cash per UTC day, shape (n_days,); NaN from ruin on."""
    values = np.array(entry["equity"]["values"], dtype=np.float64)
    solvent = np.logical_and.accumulate(~(values <= 0))
    return np.where(solvent, values, np.nan) / float(entry["cash"])


def to_drawdown(multiples: FloatArray) -> FloatArray:
    """Return the fall from the highest daily close so far, the start included; shape (n_days,)."""
    return multiples / np.fmax.accumulate(np.fmax(multiples, 1.0)) - 1


def thin(
    days: npt.NDArray[Any], values: FloatArray, stretches: int = STRETCHES
) -> tuple[npt.NDArray[Any], FloatArray]:
    """Keep the lowest and the highest value of each stretch of a line, in their order.

    What is left draws the same picture: no peak and no trough is lost.

    Parameters
    ----------
    days : array of shape (n,)
        Places along the axis, ascending.
    values : float64 array of shape (n,)
        The line; NaN where it has a gap.
    stretches : int
        Into how many stretches the line is cut.

    Returns
    -------
    tuple of arrays of shape (m,)
        Places and values that are kept, m <= 2 × stretches where n is larger.
    """
    if len(values) <= 2 * stretches:
        return days, values
    width = -(-len(values) // stretches)
    starts = np.arange(0, len(values), width)
    padded = np.full(len(starts) * width, np.nan)
    padded[: len(values)] = values
    parts = padded.reshape(-1, width)
    low = starts + np.argmin(np.nan_to_num(parts, nan=np.inf), axis=1)
    high = starts + np.argmax(np.nan_to_num(parts, nan=-np.inf), axis=1)
    gaps = np.flatnonzero(np.diff(np.isnan(values)))  # where a line starts or ends
    keep = np.unique([0, *low, *high, *gaps, *(gaps + 1), len(values) - 1])
    return days[keep], values[keep]


def to_steps(
    starts: npt.NDArray[Any], ends: npt.NDArray[Any], first: FloatArray, last: FloatArray
) -> tuple[npt.NDArray[Any], FloatArray]:
    """Join separate lines to one with gaps, which an SVG stores as a single path.

    Parameters
    ----------
    starts, ends : arrays of shape (n,)
        Where each line begins and ends along the axis.
    first, last : float64 arrays of shape (n,)
        Its values there.

    Returns
    -------
    tuple of arrays of shape (3n,)
        Places and values, NaN between two lines.
    """
    times = np.column_stack([starts, ends, ends]).ravel()
    values = np.column_stack([first, last, np.full(len(first), np.nan)]).ravel()
    return times, values
