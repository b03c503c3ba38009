"""Lists of trades of other engines, as tables of one row a trade."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.errors import DataError, ParameterError, shorten
from kanalo.outside.cells import find_column, to_numbers, to_times
from kanalo.outside.record import TRADE_COLUMNS, OutsideRecord
from kanalo.outside.series import describe_gaps
from kanalo.text import count
from kanalo.typing import IntArray

BOOKED = (
    "Profits are booked on the day of each exit: drawdowns within trades are not seen, and the "
    "Sharpe ratio is that of booked profits."
)
"""What to know about daily returns that come from a list of trades."""


@dataclass(frozen=True)
class Layout:
    """Where one engine keeps what in a table of one row a trade; names in lower case."""

    name: str
    entry: str
    exit: str
    profit: str
    size: str
    price: str
    side: str = ""
    status: str = ""


LAYOUTS = (
    Layout("backtesting.py trades", "entrytime", "exittime", "pnl", "size", "entryprice"),
    Layout(
        "vectorbt trades",
        *("entry timestamp", "exit timestamp", "pnl", "size", "avg entry price"),
        side="direction",
        status="status",
    ),
    Layout(
        "table of trades",
        *("entry time", "exit time", "profit", "size", "entry price"),
        side="side",
    ),
)
"""Layouts of one row a trade."""

_SIDES = {"long": 1, "short": -1, "1": 1, "-1": -1, "buy": 1, "sell": -1}


def read_trades(
    table: pd.DataFrame, path: Path, *, zone: str | None = None, cash: float | None = None
) -> OutsideRecord | None:
    """Read a table of trades.

    Parameters
    ----------
    table : DataFrame of str
        From `kanalo.outside.cells.read_table`.
    path : Path
        The file.
    zone : str, optional
        Zone of times without one; UTC by default.
    cash : float, optional
        Equity before the first trade, in the money of the profits.

    Returns
    -------
    OutsideRecord or None
        None where the table is no list of trades that is known.

    Raises
    ------
    DataError
        If a cell cannot be read, or the money has two currencies.
    ParameterError
        If ``cash`` is missing and the table does not say.
    """
    for layout in LAYOUTS:
        needed = (layout.entry, layout.exit, layout.profit)
        if all(find_column(table, (name,)) is not None for name in needed):
            return _read_rows(table, path, layout, zone, cash)
    return None


def _read_rows(
    table: pd.DataFrame, path: Path, layout: Layout, zone: str | None, cash: float | None
) -> OutsideRecord:
    if layout.status:
        status = table[str(find_column(table, (layout.status,)))].str.strip().str.lower()
        is_open = status == "open"
    else:
        is_open = table[str(find_column(table, (layout.exit,)))].str.strip().isin(("", "NaT"))
    closed = table[~is_open]

    def read(name: str) -> pd.Series[float]:
        column = find_column(closed, (name,)) if name else None
        if column is None:
            return pd.Series(np.nan, index=closed.index)
        values = to_numbers(closed[column], f"{path}, column '{column}'")
        return pd.Series(values, index=closed.index)

    size = read(layout.size)
    trades = pd.DataFrame(
        {
            "entry_time": _read_times(closed, path, layout.entry, zone),
            "exit_time": _read_times(closed, path, layout.exit, zone),
            "side": _read_sides(closed, path, layout.side, size),
            "profit": read(layout.profit).to_numpy(),
            "notional": (size.abs() * read(layout.price)).to_numpy(),
        }
    )
    notes = [f"{count(int(is_open.sum()), 'open trade')} left out."] if is_open.any() else []
    return trades_to_record(trades, path.stem, str(path), layout.name, cash, notes=notes)


def _read_times(table: pd.DataFrame, path: Path, name: str, zone: str | None) -> pd.DatetimeIndex:
    column = str(find_column(table, (name,)))
    return to_times(table[column], f"{path}, column '{column}'", zone)


def _read_sides(table: pd.DataFrame, path: Path, name: str, size: pd.Series[float]) -> IntArray:
    column = find_column(table, (name,)) if name else None
    if column is None:
        return np.where(size.to_numpy() < 0, -1, 1).astype(np.int64)
    words = table[column].str.strip().str.lower()
    sides = words.map(_SIDES)
    if sides.isna().any():
        wrong = words[sides.isna()].iloc[0]
        raise DataError(f"{path}, column '{column}': expected long or short, not {shorten(wrong)}.")
    return np.asarray(sides, dtype=np.int64)


# -- from trades to returns ------------------------------------------------------------------------


def trades_to_record(
    trades: pd.DataFrame,
    label: str,
    source: str,
    layout: str,
    cash: float | None,
    currency: str = "",
    notes: list[str] | None = None,
) -> OutsideRecord:
    """Make the record of a list of closed trades; daily returns are those of booked profits.

    Parameters
    ----------
    trades : DataFrame with `TRADE_COLUMNS`
        In any order.
    label, source, layout, currency : str
        See `OutsideRecord`.
    cash : float or None
        Equity before the first trade.
    notes : list of str, optional
        What was noticed so far.

    Returns
    -------
    OutsideRecord
        With returns from the day of the first entry to that of the last exit.

    Raises
    ------
    ParameterError
        If ``cash`` is None or not positive.
    DataError
        If there is no closed trade, a profit is missing, or a trade ends before it begins.
    """
    if trades.empty:
        raise DataError(f"{source}: expected closed trades; received none.")
    _check_trades(trades, source)
    if cash is None or not cash > 0:
        raise ParameterError(
            f"{source}: the profits are money. Say what the account began with: --cash 10000."
            if cash is None
            else f"{source}: --cash must be above zero; received {cash:g}."
        )
    ordered = trades.sort_values("entry_time", kind="stable", ignore_index=True)
    daily = book_profits(ordered, cash)
    return OutsideRecord(
        label=label,
        source=source,
        layout=layout,
        returns=daily,
        total_return=float(ordered["profit"].sum() / cash),
        trades=ordered[[*TRADE_COLUMNS]],
        n_trades=len(ordered),
        currency=currency,
        notes=(*(notes or ()), BOOKED, *describe_gaps(daily)),
    )


def _check_trades(trades: pd.DataFrame, source: str) -> None:
    late = np.flatnonzero((trades["exit_time"] < trades["entry_time"]).to_numpy())
    if len(late):
        row = trades.iloc[int(late[0])]
        raise DataError(f"{source}: a trade of {row['entry_time']} ends at {row['exit_time']}.")
    if trades["profit"].isna().any():
        row = trades[trades["profit"].isna()].iloc[0]
        raise DataError(f"{source}: the trade of {row['entry_time']} has no profit.")


def book_profits(trades: pd.DataFrame, cash: float) -> pd.Series[float]:
    """Compute daily returns from the profits of trades on the days of their exits.

    Parameters
    ----------
    trades : DataFrame with `TRADE_COLUMNS`
        Closed trades.
    cash : float
        Equity before the first, > 0.

    Returns
    -------
    Series of shape (n_days,)
        Every UTC day from the first entry to the last exit, until ruin.
    """
    exits = pd.DatetimeIndex(trades["exit_time"]).normalize()
    first = pd.Timestamp(trades["entry_time"].min()).normalize()
    days = pd.date_range(first, exits.max(), freq="D")
    profit = trades["profit"].groupby(exits).sum().reindex(days, fill_value=0.0)
    equity = cash + profit.cumsum()
    before = equity.shift(1, fill_value=cash)
    solvent = np.logical_and.accumulate((before > 0).to_numpy())
    returns = (equity / before - 1).clip(lower=-1.0)
    return returns[solvent].rename("return")
