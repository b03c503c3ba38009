"""What a frame of bars must be before anything may be computed from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError

RowNames = npt.NDArray[np.int64]

COLUMNS = ("open", "high", "low", "close", "volume")
"""The columns of a frame of bars, in order."""

ROUNDING = 1e-9
"""Share of a price by which open and close may lie outside [low, high], as adjusted prices do."""

_SHORTEST_MONTH = pd.Timedelta(days=28)


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
        negative, or a bar's open or close lies outside [low, high] by more than `ROUNDING`.
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


def check_length(
    index: pd.DatetimeIndex, length: pd.Timedelta, source: str, *, strict: bool = True
) -> None:
    """Refuse bars that begin before the one before them has closed, and bars of calendar months.

    Parameters
    ----------
    index : DatetimeIndex of shape (n_bars,)
        OPEN times, strictly increasing.
    length : Timedelta
        Length of a bar.
    source : str
        File or market that the message names.
    strict : bool
        Whether a single bar may not overlap; else only half of all may not, for the passport counts
        single stamps off the grid.

    Raises
    ------
    DataError
        If a step is shorter than a bar, or steps of four weeks and more differ as months,
        quarters and years do.
    """
    steps = index[1:] - index[:-1]
    if not len(steps):
        return
    uneven = steps.min() >= _SHORTEST_MONTH and bool((steps % length != pd.Timedelta(0)).any())
    shortest = steps.min() if strict else steps.to_series().median()
    if shortest >= length and not uneven:
        return
    advice = "Months, quarters and years are no interval: bring weeks, days or less."
    raise DataError(
        f"{source}: expected bars of one length, here {length}; received steps from "
        f"{steps.min()} to {steps.max()}. "
        f"{advice if steps.min() >= _SHORTEST_MONTH else 'Such bars overlap.'}"
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Bars with the words in which a refusal speaks of them."""

    bars: pd.DataFrame
    source: str
    rows: RowNames
    _values: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def values(self, column: str) -> npt.NDArray[np.float64]:
        if column not in self._values:
            self._values[column] = self.bars[column].to_numpy(np.float64)
        return self._values[column]

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
    names = list(bars.columns)
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise DataError(
            f"{source}: column '{missing[0]}' is missing; expected {', '.join(COLUMNS)}, "
            f"received {', '.join(map(str, names))}."
        )
    for column in COLUMNS:
        if names.count(column) > 1:
            raise DataError(f"{source}: column '{column}' stands twice; keep the one that counts.")
        if not pd.api.types.is_numeric_dtype(bars[column]):
            raise DataError(f"{source}: column '{column}' holds {bars[column].dtype}, not numbers.")


def _check_index(table: _Table) -> None:
    index, source = table.bars.index, table.source
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        raise DataError(f"{source}: the index must be UTC open times; received {index.dtype}.")
    if index.hasnans:
        row = table.rows[np.argmax(index.isna())]
        raise DataError(f"{source}, row {row}, column 'time': no time.")
    if index[0].year < 1970 or index[-1].year > 2199:
        raise DataError(f"{source}: expected times from 1970 to 2199; received up to {index[-1]}.")
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
    room = ROUNDING * high
    table.refuse("high", high < low - room, "a high at or above the low")
    for column in ("open", "close"):
        values = table.values(column)
        outside = (values > high + room) | (values < low - room)
        if outside.any():
            row = int(np.argmax(outside))
            table.refuse(column, outside, f"a price in [{low[row]:g}, {high[row]:g}]")
