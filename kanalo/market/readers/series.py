"""What makes rows one series: one contract, one row for each time, funding stamps at full hours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.errors import DataError
from kanalo.market.readers.cells import refuse
from kanalo.market.readers.raw import RawTable

FUNDING_JITTER = pd.Timedelta(minutes=1)
"""Distance from a full hour up to which a funding stamp is rounded to it."""


def round_stamps(table: RawTable, name: str, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Round funding stamps to the full hour; one more than a minute off is refused.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.
    times : DatetimeIndex of shape (n_rows,)
        The column as times, UTC.

    Returns
    -------
    DatetimeIndex of shape (n_rows,)
        Full hours.

    Raises
    ------
    DataError
        If a stamp is more than a minute from a full hour.
    """
    stamps = times.round("h")
    off = np.abs((times - stamps).to_numpy()) > FUNDING_JITTER.to_timedelta64()
    refuse(table, name, off, "a stamp within a minute of a full hour")
    return stamps


def one_symbol(table: RawTable, name: str) -> None:
    """Refuse a table of several contracts: their rows would be one series.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.

    Raises
    ------
    DataError
        With the first row of another contract.
    """
    others = table.frame[name].astype(str) != str(table.frame[name].iloc[0])
    refuse(
        table,
        name,
        others.to_numpy(bool),
        f"{table.frame[name].iloc[0]} as in the first row, or --symbol",
    )


def check_unique(source: str, frame: pd.DataFrame, names: tuple[str, ...] = ("time",)) -> None:
    """Refuse a series that says two things of one time.

    Parameters
    ----------
    source : str
        File that the message names.
    frame : DataFrame
        Rows without exact repetitions.
    names : tuple of str
        Columns that tell the series and the time apart.

    Raises
    ------
    DataError
        With the first such time.
    """
    again = frame.duplicated(list(names))
    if again.any():
        raise DataError(
            f"{source}, column 'time': expected one row for {frame['time'][again].iloc[0]}; "
            "received two that differ."
        )
