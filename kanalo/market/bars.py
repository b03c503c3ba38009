"""What a frame of bars must be before anything may be computed from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError

RowNames = npt.NDArray[np.int64]

COLUMNS = ("open", "high", "low", "close", "volume")
"""The columns of a frame of bars, in order."""


def check_bars(bars: pd.DataFrame, source: str, rows: RowNames | None = None) -> None:
    """Refuse a frame that is not a table of bars, naming the row and the column.

    Parameters
    ----------
    bars : DataFrame of shape (n_bars, ≥ 5)
        ``open high low close volume`` on a DatetimeIndex.
    source : str
        File or market that the message names.
    rows : int64 array of shape (n_bars,), optional
        What the message calls each row, e.g. its line in a file; its position by default.

    Raises
    ------
    DataError
        If the frame is empty, a column is missing or not numeric, the index is not strictly
        increasing UTC time, a price is NaN, infinite or not positive, a volume is NaN, infinite or
        negative, or a bar's open or close lies outside [low, high].
    """
    table = _Table(bars, source, np.arange(len(bars)) if rows is None else rows)
    _check_columns(table)
    _check_index(table)
    for column in COLUMNS[:4]:
        values = table.values(column)
        table.refuse(column, ~np.isfinite(values), "a finite price")
        table.refuse(column, values <= 0, "a positive price")
    volume = table.values("volume")
    table.refuse("volume", ~np.isfinite(volume), "a finite volume")
    table.refuse("volume", volume < 0, "a volume of zero or more")
    _check_range(table)


@dataclass(frozen=True, eq=False)
class _Table:
    """Bars with the words in which a refusal speaks of them."""

    bars: pd.DataFrame
    source: str
    rows: RowNames

    def values(self, column: str) -> npt.NDArray[np.float64]:
        return self.bars[column].to_numpy(np.float64)

    def refuse(self, column: str, wrong: npt.NDArray[np.bool_], expected: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.source}, row {self.rows[row]} ({self.bars.index[row]}), "
                f"column '{column}': expected {expected}; received {self.bars[column].iloc[row]}."
            )


def _check_columns(table: _Table) -> None:
    bars, source = table.bars, table.source
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


def _check_index(table: _Table) -> None:
    index, source = table.bars.index, table.source
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        raise DataError(f"{source}: the index must be UTC open times; received {index.dtype}.")
    if index.hasnans:
        row = table.rows[np.argmax(index.isna())]
        raise DataError(f"{source}, row {row}, column 'time': no time.")
    steps = np.diff(index.asi8)
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0)) + 1
        problem = "appears twice" if steps[row - 1] == 0 else "is earlier than the row before it"
        raise DataError(
            f"{source}, row {table.rows[row]}, column 'time': {index[row]} {problem}; "
            "expected strictly increasing times."
        )


def _check_range(table: _Table) -> None:
    high, low = table.values("high"), table.values("low")
    table.refuse("high", high < low, "a high at or above the low")
    for column in ("open", "close"):
        values = table.values(column)
        table.refuse(column, (values > high) | (values < low), "a price in [low, high]")
