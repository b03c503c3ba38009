"""Headers of text tables: one row, or the three of yfinance; and columns that stand twice."""

from __future__ import annotations

import pandas as pd

from kanalo.errors import DataError


def find_names(frame: pd.DataFrame, source: str) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns and the number of rows that the header takes.

    Parameters
    ----------
    frame : DataFrame of str
        All rows of the table, the header among them.
    source : str
        The file, for messages.

    Returns
    -------
    names : tuple of str
        One for each column.
    n_rows : int
        Rows of the header, 1 to 3.

    Raises
    ------
    DataError
        If a header of yfinance names several tickers.
    """
    first = [str(cell).strip() for cell in frame.iloc[0]]
    second = [str(cell).strip() for cell in frame.iloc[1]] if len(frame) > 2 else [""]
    if (first[0], second[0]) != ("Price", "Ticker"):
        return tuple(first), 1
    tickers = sorted(set(second[1:]))
    if len(tickers) != 1:
        raise DataError(
            f"{source}: expected the bars of one market; received {len(tickers)} tickers, among "
            f"them {tickers[0]} and {tickers[1]}."
        )
    time = str(frame.iloc[2, 0]).strip() or "Date"
    return (time, *first[1:]), 3


def drop_empty_twins(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop columns without a single value whose name another column has too."""
    twice = frame.columns.duplicated(keep=False)
    empty = (frame == "").all(axis=0).to_numpy()
    return frame.loc[:, ~(twice & empty)] if (twice & empty).any() else frame
