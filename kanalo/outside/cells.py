"""Cells of tables that other programs wrote: headers, numbers and times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.errors import DataError, shorten
from kanalo.typing import FloatArray

_DAY_OR_MONTH = re.compile(r"\s*\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
_EPOCH = re.compile(r"\d{9,19}(\.0*)?")
_EMPTY = frozenset(("", "-", "–", "—", "nan", "NaN", "None", "null", "NaT", "N/A"))


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of text: CSV with any usual delimiter, or Parquet.

    Raises
    ------
    DataError
        If the file cannot be read or has no row below its header.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path).reset_index().astype(str)
        else:
            table = pd.read_csv(
                path,
                sep=_find_delimiter(path),
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                skipinitialspace=True,
            )
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a table: {error}") from error
    if table.empty:
        raise DataError(f"{path}: expected rows below the header; received none.")
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    return table


def _find_delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return max(",;\t", key=header.count)


def find_column(table: pd.DataFrame, names: Iterable[str]) -> str | None:
    """Return the first column whose name is one of ``names``; case and spaces do not count.

    Parameters
    ----------
    table : DataFrame
        From `read_table`.
    names : iterable of str
        Accepted names in lower case, the preferred one first.

    Returns
    -------
    str or None
        Its name in the table.
    """
    by_name = {simplify(name): name for name in reversed(list(table.columns))}
    return next((by_name[each] for each in names if each in by_name), None)


def simplify(name: str) -> str:
    """Return a header in lower case, with one space for every run of spaces and underscores."""
    return re.sub(r"[\s_]+", " ", name).strip().lower()


def to_numbers(cells: pd.Series[str], source: str) -> FloatArray:
    """Read a column of numbers; empty cells are NaN, parentheses and U+2212 mean a minus.

    Parameters
    ----------
    cells : Series of str
        Percent signs and spaces between thousands are allowed, commas too if they stand before
        three digits.
    source : str
        File and column, for the message.

    Returns
    -------
    float64 array of shape (n_rows,)
        Percent signs are dropped, the number is not divided.

    Raises
    ------
    DataError
        If a cell holds anything else; the message names the row.
    """
    text = cells.str.strip().str.replace("\N{MINUS SIGN}", "-", regex=False)
    text = text.str.replace(r"^\((.*)\)$", r"-\1", regex=True)
    text = text.str.replace(r"[%\s\u00a0]|,(?=\d{3}(?:\D|$))", "", regex=True)
    empty = text.isin(_EMPTY)
    values = pd.to_numeric(text.mask(empty), errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(np.isnan(values) & ~empty.to_numpy())
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{source}, row {row + 2}: expected a number; received {shorten(cells.iloc[row])}."
        )
    return values


def to_times(cells: pd.Series[str], source: str, zone: str | None = None) -> pd.DatetimeIndex:
    """Read a column of times as UTC.

    Parameters
    ----------
    cells : Series of str
        ISO 8601 or seconds, milliseconds, microseconds or nanoseconds since 1970.
    source : str
        File and column, for the message.
    zone : str, optional
        Zone of texts without one; UTC by default.

    Returns
    -------
    DatetimeIndex of shape (n_rows,)
        In UTC.

    Raises
    ------
    DataError
        If a time cannot be read, or only by guessing which number is the month.
    """
    text = cells.str.strip()
    for row, cell in enumerate(text):
        if _DAY_OR_MONTH.match(cell):
            raise DataError(
                f"{source}, row {row + 2}: {shorten(cell)} does not say which number is the month; "
                "write times like 2024-12-31 or 2024-12-31T23:00Z."
            )
    if text.map(lambda cell: _EPOCH.fullmatch(cell) is not None).all():
        return to_epochs(pd.to_numeric(text).to_numpy(np.float64))
    try:
        times = pd.DatetimeIndex(pd.to_datetime(text, format="ISO8601"))
        if times.tz is None:
            return times.tz_localize(zone or "UTC").tz_convert("UTC").as_unit("ns")
    except (ValueError, TypeError) as error:
        raise DataError(f"{source}: expected times like 2024-12-31T23:00Z: {error}") from error
    return times.tz_convert("UTC").as_unit("ns")


def to_epochs(values: FloatArray) -> pd.DatetimeIndex:
    """Read numbers since 1970 as UTC; their size tells seconds from milliseconds and finer units.

    Examples
    --------
    >>> to_epochs(np.array([1.7e9, 1.7e9 + 60]))[1]
    Timestamp('2023-11-14 22:14:20+0000', tz='UTC')
    """
    largest = np.nanmax(np.abs(values)) if len(values) else 0.0
    scale = next(
        each
        for limit, each in ((1e11, 1e9), (1e14, 1e6), (1e17, 1e3), (np.inf, 1))
        if largest < limit
    )
    return pd.DatetimeIndex((values * scale).round().astype(np.int64), tz="UTC")
