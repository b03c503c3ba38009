"""Turn numpy, pandas and mappings into plain values that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from kanalo.text import to_visible

PRICE_DIGITS = 6
"""Significant digits of series that are only drawn: finer than a pixel, half the size."""
_AS_IT_IS = frozenset((int, bool, type(None)))
_NUMBERS = _AS_IT_IS | {float}


def to_plain(value: Any) -> Any:
    """Convert a value, and all that it holds, to dict, list, str, int, float, bool or None.

    NaN, NaT and both infinities become None: JSON has no word for them, and an infinite ratio (a
    profit factor without a loss) is as undefined as a missing one. Times become ISO 8601 in UTC.
    Characters that terminals and browsers would obey become escapes, see `to_visible`.
    """
    kind = type(value)
    if kind in _AS_IT_IS or (kind is float and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {to_visible(str(key)): to_plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        each_of = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return _to_list(each_of)
    return _to_scalar(value)


def _to_list(values: Sequence[Any]) -> list[Any]:
    """Convert a sequence; one of numbers, or of text that shows as it is, at once."""
    kinds = set(map(type, values))
    if kinds <= _AS_IT_IS:
        return list(values)
    if kinds <= _NUMBERS and all(map(math.isfinite, filter(None, values))):
        return list(values)
    if kinds == {str} and "".join(values).isprintable():
        return list(values)
    return [to_plain(each) for each in values]


def _to_scalar(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, pd.Timestamp):
        return to_iso(value)
    if isinstance(value, pd.Timedelta):
        return value / pd.Timedelta(days=1)
    return to_visible(str(value))


def to_iso(time: pd.Timestamp) -> str:
    """Write a time as ISO 8601 in UTC to the second: ``2026-01-31T12:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def to_dates(index: pd.DatetimeIndex) -> list[str]:
    """Write the UTC days of an index as ``2026-01-31``."""
    return cast("list[str]", index.strftime("%Y-%m-%d").tolist())


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Convert a frame to one plain mapping a row."""
    columns = [str(column) for column in frame.columns]
    values = [to_column(frame[column]) for column in frame.columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def to_column(values: pd.Series[Any]) -> list[Any]:
    """Convert a column to plain values; times to ISO text, NaN and NaT to None."""
    if pd.api.types.is_datetime64_any_dtype(values):
        text = values.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        return [each if isinstance(each, str) else None for each in text.tolist()]
    return [_to_scalar(value) for value in values.tolist()]


def to_numbers(values: Iterable[float], digits: int | None = None) -> list[float | None]:
    """Convert numbers to a list with None for NaN, rounded to significant digits if asked.

    Parameters
    ----------
    values : iterable of float
        Any numbers.
    digits : int, optional
        Significant digits to keep; all of them by default.

    Returns
    -------
    list of float or None
        As many as there are values; None for NaN and infinity.
    """
    array = np.asarray(values, dtype=np.float64)
    rounded = array if digits is None else _round(array, digits)
    return [value if math.isfinite(value) else None for value in rounded.tolist()]


def _round(values: np.ndarray, digits: int) -> np.ndarray:
    known = np.isfinite(values) & (values != 0)
    shift = np.zeros(len(values), dtype=int)
    shift[known] = digits - 1 - np.floor(np.log10(np.abs(values[known]))).astype(int)
    # Division by a power of ten that a float holds exactly gives the shortest decimal.
    scale = 10.0 ** np.abs(shift)
    up = np.round(values * scale) / scale
    down = np.round(values / scale) * scale
    return np.where(shift >= 0, up, down)
