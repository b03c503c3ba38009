"""What a frame of bars must be before anything may be computed from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.errors import DataError

COLUMNS = ("open", "high", "low", "close", "volume")
"""The columns of a frame of bars, in order."""


def check_bars(bars: pd.DataFrame, source: str) -> None:
    """Refuse a frame that is not a table of bars, naming the row and the column.

    Parameters
    ----------
    bars : DataFrame of shape (n_bars, ≥ 5)
        ``open high low close volume`` on a DatetimeIndex.
    source : str
        File or market that the message names.

    Raises
    ------
    DataError
        If the frame is empty, a column is missing or not numeric, the index is not strictly
        increasing UTC time, a price is NaN, infinite or not positive, a volume is NaN, infinite or
        negative, or a bar's open or close lies outside [low, high].
    """
    _check_columns(bars, source)
    _check_index(bars.index, source)
    for column in COLUMNS[:4]:
        values = bars[column].to_numpy(np.float64)
        _refuse(bars, source, column, ~np.isfinite(values), "a finite price")
        _refuse(bars, source, column, values <= 0, "a positive price")
    volume = bars["volume"].to_numpy(np.float64)
    _refuse(bars, source, "volume", ~np.isfinite(volume), "a finite volume")
    _refuse(bars, source, "volume", volume < 0, "a volume of zero or more")
    _check_range(bars, source)


def _check_columns(bars: pd.DataFrame, source: str) -> None:
    if not len(bars):
        raise DataError(f"{source}: the table has no rows; expected bars.")
    missing = [column for column in COLUMNS if column not in bars.columns]
    if missing:
        raise DataError(
            f"{source}: column '{missing[0]}' is missing; expected {', '.join(COLUMNS)}, "
            f"received {', '.join(map(str, bars.columns))}."
        )
    for column in COLUMNS:
        if not pd.api.types.is_numeric_dtype(bars[column]):
            raise DataError(f"{source}: column '{column}' holds {bars[column].dtype}, not numbers.")


def _check_index(index: pd.Index, source: str) -> None:
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        raise DataError(f"{source}: the index must be UTC open times; received {index.dtype}.")
    if index.hasnans:
        row = int(np.flatnonzero(index.isna())[0])
        raise DataError(f"{source}, row {row}, column 'time': no time.")
    steps = np.diff(index.asi8)
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0)) + 1
        problem = "appears twice" if steps[row - 1] == 0 else "is earlier than the row before it"
        raise DataError(
            f"{source}, row {row}, column 'time': {index[row]} {problem}; "
            "expected strictly increasing times."
        )


def _check_range(bars: pd.DataFrame, source: str) -> None:
    high = bars["high"].to_numpy(np.float64)
    low = bars["low"].to_numpy(np.float64)
    _refuse(bars, source, "high", high < low, "a high at or above the low")
    for column in ("open", "close"):
        values = bars[column].to_numpy(np.float64)
        _refuse(bars, source, column, (values > high) | (values < low), "a price in [low, high]")


def _refuse(bars: pd.DataFrame, source: str, column: str, wrong: np.ndarray, expected: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{source}, row {row} ({bars.index[row]}), column '{column}': expected {expected}; "
            f"received {bars[column].iloc[row]}."
        )
