"""Find the columns of bars under the names that venues and libraries give them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from kanalo.errors import DataError
from kanalo.market.bars import COLUMNS
from kanalo.market.market import FloatArray
from kanalo.market.readers.raw import RawTable

ALIASES = {
    # Unix stamps come first: where a file has both, they carry no doubt about the zone.
    "time": (
        *("open_time", "opentime", "unix", "unix_timestamp", "timestamp", "timestamp_ms"),
        *("time", "datetime", "date", "date_time", "time_utc", "date_utc", "ts", "t", "index", ""),
    ),
    "open": ("open", "o", "open_price", "price_open"),
    "high": ("high", "h", "high_price", "price_high"),
    "low": ("low", "l", "low_price", "price_low"),
    "close": ("close", "c", "close_price", "price_close"),
    "volume": ("volume", "vol", "v", "base_volume", "basevolume", "volumefrom", "volume_base"),
}
"""Spellings of each column, the preferred one first; see `normalise`."""

QUOTES = ("usd", "usdt", "usdc", "busd", "tusd", "dai", "eur", "gbp", "jpy", "krw", "quote")
"""Currencies that a volume is not counted in."""


def normalise(name: object) -> str:
    """Reduce a column's name to lower case with underscores: ``Volume (XMR)`` → ``volume_xmr``."""
    return re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_")


def find_columns(table: RawTable) -> dict[str, str]:
    """Find the file's own name of ``time`` and of every column of a bar.

    Returns
    -------
    dict of str to str
        Canonical name to the name in the file.

    Raises
    ------
    DataError
        If one is missing, with the columns that the file has.
    """
    names = [str(name) for name in table.frame.columns]
    known = {normalise(name): name for name in reversed(names)}
    found = {}
    for column in ("time", *COLUMNS):
        match = next((known[alias] for alias in ALIASES[column] if alias in known), None)
        if match is None and column == "volume":
            match = _find_volume(names)
        if match is None:
            raise DataError(
                f"{table.source}: column '{column}' is missing; expected time, "
                f"{', '.join(COLUMNS)} (volume in coins), received {', '.join(names)}."
            )
        found[column] = match
    return found


def to_floats(table: RawTable, name: str) -> FloatArray:
    """Convert a column to float64.

    Raises
    ------
    DataError
        If a cell is not a number, with its row.
    """
    cells = table.frame[name]
    if pd.api.types.is_numeric_dtype(cells):
        return cells.to_numpy(np.float64, na_value=np.nan)
    try:
        return cells.to_numpy(object).astype(np.float64)
    except (TypeError, ValueError) as error:
        row = next(n for n, cell in enumerate(cells) if not _is_number(cell))
        cell = cells.iloc[row]
        raise DataError(
            f"{table.source}, row {table.rows[row]}, column '{name}': expected a number; "
            f"received {_show(cell)}."
        ) from error


def find_symbol(table: RawTable) -> str | None:
    """Return the one symbol that the file names in a column, or None.

    Raises
    ------
    DataError
        If it names several: the bars of one market are wanted.
    """
    for name in table.frame.columns:
        if normalise(name) in ("symbol", "pair", "ticker"):
            symbols = table.frame[name].astype(str).unique()
            if len(symbols) > 1:
                raise DataError(
                    f"{table.source}, column '{name}': expected the bars of one market; received "
                    f"{len(symbols)} symbols, among them {symbols[0]} and {symbols[1]}."
                )
            return str(symbols[0]) if len(symbols) else None
    return None


def _find_volume(names: Iterable[str]) -> str | None:
    """Return the first ``Volume XMR`` or the like; that in the quote currency comes second."""
    for name in names:
        match = re.fullmatch(r"vol(?:ume)?_([a-z0-9]+)", normalise(name))
        if match and match[1] not in QUOTES:
            return name
    return None


def _is_number(cell: object) -> bool:
    try:
        float(cell)  # type: ignore[arg-type]  # whatever it is, float() is the judge
    except (TypeError, ValueError):
        return False
    return True


def _show(cell: object) -> str:
    return "nothing" if cell is None or not str(cell).strip() else repr(str(cell))
