"""TradingView's list of trades: an entry row and an exit row for each trade."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.errors import DataError
from kanalo.outside.cells import find_column, simplify, to_numbers, to_times
from kanalo.outside.record import OutsideRecord
from kanalo.outside.trade_lists import trades_to_record
from kanalo.text import count
from kanalo.typing import FloatArray

LAYOUT = "TradingView list of trades"

_NUMBER = ("trade #", "trade number")
_TIME = ("date/time", "date and time")
_SIZE = ("contracts", "quantity", "size (qty)", "position size (qty)")
_PROFIT = r"(?:profit|p&l|net p&l|net pnl)"
_TOTAL = r"(?:cum\. profit|cumulative profit|cumulative p&l|cumulative pnl|cum\. p&l)"
_TOTAL_SHARE = ("cum. profit %", "cumulative profit %", "cumulative p&l %", "cumulative pnl %")


def read_tradingview(
    table: pd.DataFrame, path: Path, *, zone: str | None = None, cash: float | None = None
) -> OutsideRecord | None:
    """Read a list of trades that TradingView's strategy tester exported as CSV.

    Parameters
    ----------
    table : DataFrame of str
        From `kanalo.outside.cells.read_table`.
    path : Path
        The file.
    zone : str, optional
        Zone of the chart, in which TradingView writes its times; UTC by default.
    cash : float, optional
        Initial capital; by default from the cumulative profit in money and in percent.

    Returns
    -------
    OutsideRecord or None
        None where the table has another layout.

    Raises
    ------
    DataError
        If a column is missing, a cell cannot be read, or prices and profits have two currencies.
    """
    number, kinds = find_column(table, _NUMBER), find_column(table, ("type",))
    if number is None or kinds is None:
        return None
    time, profit = find_column(table, _TIME), _match(table, _PROFIT)
    if time is None or profit is None:
        missing = "Date/Time" if time is None else "Profit"
        raise DataError(f"{path}: a list of trades of TradingView has a column '{missing}'.")
    currency = _find_currency(table, path)
    entries, exits = _pair(table, path, number, kinds)
    trades = pd.DataFrame(
        {
            "entry_time": to_times(entries[time], f"{path}, column '{time}'", zone),
            "exit_time": to_times(exits[time], f"{path}, column '{time}'", zone),
            "side": np.where(entries[kinds].str.lower().str.contains("short"), -1, 1),
            "profit": to_numbers(exits[profit[0]], f"{path}, column '{profit[0]}'"),
            "notional": _find_notional(entries, path),
        }
    )
    start = _find_cash(exits, path) if cash is None else cash
    notes = []
    n_open = table[number].nunique() - len(exits)
    if n_open:
        notes.append(f"{count(n_open, 'open trade')} left out.")
    if cash is None and start is not None:
        notes.append(f"Starting cash of {start:,.0f}, from the cumulative profit in percent.")
    return trades_to_record(trades, path.stem, str(path), LAYOUT, start, currency, notes)


def _pair(
    table: pd.DataFrame, path: Path, number: str, kinds: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the entry and the exit row of every closed trade, in the same order."""
    kind = table[kinds].str.strip().str.lower()
    entries, exits = table[kind.str.startswith("entry")], table[kind.str.startswith("exit")]
    signal = find_column(table, ("signal",))
    if signal is not None:  # an open trade has an exit row too, which says so
        exits = exits[exits[signal].str.strip().str.lower() != "open"]
    entries = entries.drop_duplicates(number).set_index(number)
    orphans = sorted(set(exits[number]) - set(entries.index))
    if orphans:
        raise DataError(f"{path}: trade {orphans[0]} has an exit and no entry.")
    return entries.loc[exits[number]].reset_index(), exits.reset_index(drop=True)


def _match(table: pd.DataFrame, pattern: str) -> tuple[str, str] | None:
    """Return the first column whose name fits, and the currency behind the name."""
    for name in table.columns:
        found = re.fullmatch(rf"{pattern}(?: (?P<money>[^%\s]+))?", simplify(name))
        if found:
            return name, (found["money"] or "").upper()
    return None


def _find_currency(table: pd.DataFrame, path: Path) -> str:
    columns = (_match(table, each) for each in (_PROFIT, _TOTAL, "price"))
    currencies = sorted({each[1] for each in columns if each is not None and each[1]})
    if len(currencies) > 1:
        raise DataError(
            f"{path}: profits and prices are in two currencies, {' and '.join(currencies)}; "
            "export the list in one."
        )
    return currencies[0] if currencies else ""


def _find_notional(entries: pd.DataFrame, path: Path) -> FloatArray:
    size, price = find_column(entries, _SIZE), _match(entries, "price")
    if size is None or price is None:
        return np.full(len(entries), np.nan)
    sizes = to_numbers(entries[size], f"{path}, column '{size}'")
    return np.abs(sizes * to_numbers(entries[price[0]], f"{path}, column '{price[0]}'"))


def _find_cash(exits: pd.DataFrame, path: Path) -> float | None:
    """Compute the initial capital from the cumulative profit in money and in percent."""
    money, share = _match(exits, _TOTAL), find_column(exits, _TOTAL_SHARE)
    if money is None or share is None or exits.empty:
        return None
    amounts = to_numbers(exits[money[0]], f"{path}, column '{money[0]}'")
    shares = np.nan_to_num(to_numbers(exits[share], f"{path}, column '{share}'"))
    largest = int(np.argmax(np.abs(shares)))
    return float(100 * amounts[largest] / shares[largest]) if shares[largest] else None
