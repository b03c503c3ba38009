"""Cells of a table in their types; what they are not is refused by file, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError
from kanalo.market.liquidations import Instrument, find_instrument
from kanalo.market.readers.messages import show
from kanalo.market.readers.raw import RawTable, to_floats
from kanalo.typing import BoolArray, FloatArray

ObjectArray = npt.NDArray[np.object_]


def check_columns(table: RawTable, required: Sequence[str], optional: Sequence[str] = ()) -> None:
    """Refuse a table that lacks a column or has one that its format does not know.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    required : sequence of str
        Columns that must be there.
    optional : sequence of str
        Columns that may be there.

    Raises
    ------
    DataError
        With the first such column and what was received.
    """
    names = [str(name) for name in table.frame.columns]
    missing = [name for name in required if name not in names]
    unknown = [name for name in names if name not in (*required, *optional)]
    if missing or unknown:
        problem = "is missing" if missing else "is unknown"
        raise DataError(
            f"{table.source}: column '{(missing or unknown)[0]}' {problem}; expected "
            f"{', '.join(required)}, received {', '.join(names)}."
        )


def refuse(table: RawTable, name: str, wrong: BoolArray, expected: str) -> None:
    """Refuse the first row of a column that is wrong.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.
    wrong : bool array of shape (n_rows,)
        Rows whose value is wrong.
    expected : str
        What the column takes, for the message.

    Raises
    ------
    DataError
        With file, row, column, what was expected and what was received.
    """
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"{table.source}, row {table.rows[place]}, column '{name}': expected {expected}; "
            f"received {show(_plain(table.frame[name].iloc[place]))}."
        )


def to_amounts(
    table: RawTable, name: str, *, zero: bool = False, blank: bool = False
) -> FloatArray:
    """Convert a column of prices or sizes to float64.

    Parameters
    ----------
    table : RawTable
        The file.
    name : str
        Its column.
    zero : bool
        Whether zero is an amount.
    blank : bool
        Whether an empty cell is allowed; it stays NaN.

    Returns
    -------
    float64 array of shape (n_rows,)
        Finite and > 0, or ≥ 0 where zero is an amount; NaN where blank.

    Raises
    ------
    DataError
        With the row of the first cell that is no amount.
    """
    values = to_numbers(table, name, blank=blank)
    known = ~np.isnan(values)
    wrong = (values < 0) if zero else (values <= 0)
    refuse(table, name, known & wrong, "zero or more" if zero else "a positive number")
    return values


def to_numbers(table: RawTable, name: str, *, blank: bool = False) -> FloatArray:
    """Convert a column of numbers of any sign to float64; see `to_amounts`.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.
    blank : bool
        Whether an empty cell is NaN instead of refused.

    Returns
    -------
    float64 array of shape (n_rows,)
        Finite, or NaN where blank.
    """
    cells = table.frame[name]
    if blank and not pd.api.types.is_numeric_dtype(cells):
        empty = cells.isna() | (cells.astype(str).str.strip() == "")
        frame = table.frame.assign(**{name: cells.astype(object).mask(empty, float("nan"))})
        table = RawTable(table.source, frame, table.rows, table.sha256)
    values = to_floats(table, name)
    refuse(table, name, np.isinf(values), "a finite number")
    if not blank:
        refuse(table, name, np.isnan(values), "a number")
    return values


def to_choices(
    table: RawTable, name: str, choices: Mapping[str, str], expected: str
) -> ObjectArray:
    """Replace the values of a column by what they mean; any other value is refused.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.
    choices : mapping of str to str
        Meaning of each value accepted.
    expected : str
        The accepted values, for the message.

    Returns
    -------
    object array of shape (n_rows,)
        One of the meanings for each row.
    """
    cells = table.frame[name].map(lambda cell: choices.get(str(_plain(cell))))
    refuse(table, name, cells.isna().to_numpy(), expected)
    return cells.to_numpy(object)


def to_instruments(table: RawTable, name: str) -> list[Instrument]:
    """Take the symbols of a column apart; one that is not quoted in USD is refused.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.

    Returns
    -------
    list of Instrument
        One for each row.
    """
    cells = table.frame[name].astype(str)
    known = {symbol: find_instrument(symbol) for symbol in cells.unique()}
    refuse(
        table,
        name,
        cells.map(lambda symbol: known[symbol] is None).to_numpy(bool),
        "a symbol quoted in USD, USDT or the like, such as XMRUSDT",
    )
    return [each for each in (known[symbol] for symbol in cells) if each is not None]


def keep(table: RawTable, rows: BoolArray) -> RawTable:
    """Return the table with some of its rows.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    rows : bool array of shape (n_rows,)
        Rows to keep.

    Returns
    -------
    RawTable
        The kept rows, with their row numbers in the file.
    """
    frame = table.frame.loc[rows].reset_index(drop=True)
    return RawTable(table.source, frame, table.rows[rows], table.sha256)


def _plain(cell: Any) -> Any:
    """Return a cell as a Python value, so that 2 and 2.0 look as the file has them."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell.item() if isinstance(cell, np.generic) else cell
