"""A column of times of a file to UTC; what a spelling means is decided in `kanalo.market.times`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.errors import DataError, shorten
from kanalo.market.readers.raw import RawTable
from kanalo.market.times import EXPECTED, Refuse, find_zone, from_unix, localise, parse_times
from kanalo.typing import BoolArray


def to_utc(table: RawTable, name: str, timezone: str | None) -> pd.DatetimeIndex:
    """Convert a column of times to UTC.

    Unix stamps are UTC, in s, ms, µs or ns by their size, row by row. So are bare dates. Times that
    carry a zone are converted. A clock without a zone needs ``timezone``.

    Parameters
    ----------
    table : RawTable
        The file.
    name : str
        Its column of times.
    timezone : str or None
        IANA name of the zone of times that carry none.

    Returns
    -------
    DatetimeIndex
        In the file's order, ns, UTC.

    Raises
    ------
    DataError
        If a cell is no time or may be read in two ways, a clock has no zone, or a local time
        happens twice or never.
    ParameterError
        If the timezone is unknown.
    """
    refuse = make_refuse(table, name)
    cells = table.frame[name]
    zone = None if timezone is None else find_zone(timezone)
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        refuse(cells.isna().to_numpy(), EXPECTED)
        times = cells
    elif pd.api.types.is_datetime64_dtype(cells):
        refuse(cells.isna().to_numpy(), EXPECTED)
        times = localise(cells, _has_clock(cells), zone, refuse)
    elif pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        times = from_unix(cells, refuse)
    else:
        times = parse_times(cells, refuse, timezone)
    return pd.DatetimeIndex(times.dt.tz_convert("UTC").dt.as_unit("ns")).rename("time")


def make_refuse(table: RawTable, name: str) -> Refuse:
    """Return what refuses the first wrong cell of a column, by file, row and column.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.

    Returns
    -------
    callable
        Takes a bool array of shape (n_rows,) and the words for what is accepted; raises a
        DataError if any row is wrong.
    """

    def refuse(wrong: BoolArray, expected: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            said = expected if expected.startswith("may be") else f"expected {expected}"
            raise DataError(
                f"{table.source}, row {table.rows[row]}, column '{name}': {said}; received "
                f"{shorten(table.frame[name].iloc[row])}."
            )

    return refuse


def _has_clock(times: pd.Series) -> BoolArray:
    """Tell typed times from dates: a column that only knows midnights holds dates."""
    clocked = bool((times != times.dt.normalize()).any())
    return np.full(len(times), clocked)
