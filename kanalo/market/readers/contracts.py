"""Contracts: picking those of one symbol, and turning their number into coins and USD."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kanalo.errors import ParameterError
from kanalo.market.liquidations import Instrument, find_instrument
from kanalo.market.readers.cells import keep, refuse, to_instruments
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import ReadOptions
from kanalo.typing import FloatArray


def pick_symbol(table: RawTable, name: str, options: ReadOptions) -> RawTable:
    """Keep the rows of the symbol asked for, in the venue's or in the neutral spelling.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.
    options : ReadOptions
        Its ``symbol``; None keeps all rows.

    Returns
    -------
    RawTable
        The rows of that symbol, in the file's order.

    Raises
    ------
    ParameterError
        If the file has none.
    """
    if options.symbol is None:
        return table
    wanted = options.need_symbol(table.source)
    cells = table.frame[name].astype(str)
    instruments = {symbol: find_instrument(symbol) for symbol in cells.unique()}
    rows = np.array([instruments[symbol] == wanted for symbol in cells], dtype=bool)
    if not rows.any():
        names = ", ".join(sorted(instruments)[:5])
        raise ParameterError(f"{table.source} has no rows of {options.symbol}; it has {names}.")
    return keep(table, rows)


def measure(
    table: RawTable,
    name: str,
    amounts: tuple[FloatArray, FloatArray],
    known: Callable[[Instrument], float],
    options: ReadOptions,
) -> tuple[list[str], FloatArray, FloatArray]:
    """Return the neutral symbols, and sizes in coins and in USD.

    Linear: ``coins = contracts × value``, ``USD = coins × price``. Inverse: ``USD = contracts ×
    value``, ``coins = USD / price``.

    Parameters
    ----------
    table, name : RawTable, str
        The file and its column of symbols.
    amounts : (float64 array, float64 array) of shape (n_rows,)
        Prices, and sizes in contracts.
    known : callable
        What a contract is worth: coins if it is linear, USD if it is inverse, NaN if unknown.
    options : ReadOptions
        Its ``contract_value`` stands above what is known.

    Returns
    -------
    symbols : list of str
        Neutral spelling, one for each row.
    coins, usd : float64 arrays of shape (n_rows,)
        Sizes in coins and in USD.

    Raises
    ------
    DataError
        If a symbol or the value of a contract is unknown.
    ParameterError
        If one value is given for several contracts.
    """
    instruments = to_instruments(table, name)
    symbols = [each.symbol for each in instruments]
    if options.contract_value is not None:
        _check_single(table, symbols)
        value = np.full(len(symbols), options.contract_value)
    else:
        value = np.array([known(each) for each in instruments], dtype=np.float64)
    refuse(table, name, np.isnan(value), "a contract of known size: give --contract-value")
    price, size = amounts[0], amounts[1] * value
    inverse = np.array([each.inverse for each in instruments], dtype=bool)
    coins = np.where(inverse, size / price, size)
    return symbols, coins, np.where(inverse, size, size * price)


def _check_single(table: RawTable, symbols: list[str]) -> None:
    distinct = sorted(set(symbols))
    if len(distinct) > 1:
        raise ParameterError(
            f"One contract value cannot be that of {len(distinct)} contracts: pick one of "
            f"{table.source} with --symbol; it has {', '.join(distinct[:5])}."
        )
