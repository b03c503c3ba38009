"""Read Binance's force orders: the liquidation stream as it was recorded, or a CSV dump of it.

``S`` is the side of the ORDER: SELL closed a long. ``p`` is the order's price, at which the
position is bankrupt, mostly outside what was traded. The stream shows at most one order a second
and symbol, so sums are lower bounds.

Source: Binance, "Liquidation Order Streams" (USD-M and COIN-M futures).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kanalo.market.liquidations import EVENTS_KIND, Instrument, drop_repeats
from kanalo.market.readers.cells import (
    check_columns,
    to_amounts,
    to_choices,
)
from kanalo.market.readers.contracts import measure, pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

ORDER_SIDES = {"SELL": "long", "BUY": "short"}
"""Side of the order → side of the position that it closed."""

COIN_MARGINED_USD = {"BTC": 100.0, "ETH": 10.0}
"""USD in one coin-margined contract of Binance."""

REQUIRED = ("s", "S", "q", "p", "T")
OPTIONAL = ("o", "f", "ap", "X", "l", "z", "ps")
DUMP = {
    "T": ("time", "timestamp"),
    "s": ("symbol",),
    "S": ("side",),
    "q": ("quantity", "qty", "original_quantity"),
    "p": ("price",),
}
"""Fields of the stream → names in CSV dumps."""

DUMP_ONLY = (
    *("exchange", "capture_window", "E", "e", "order_type", "type", "time_in_force"),
    *("average_price", "order_status", "status", "last_fill_quantity", "accumulated_fill_quantity"),
)


def read_force_orders(path: Path, options: ReadOptions) -> Reading:
    """Read force orders from JSON lines (plain or in a combined stream), JSON or CSV.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol`` picks one contract; ``contract_value`` is what a coin-margined one is worth.

    Returns
    -------
    Reading
        Events of ``binance`` with bankruptcy prices, censored.

    Raises
    ------
    DataError
        If a side, a symbol or a column is unknown, or a price or size is none.
    """
    table = read_records(path, _unwrap, "force orders")
    names = _find_names(table)
    if "exchange" in table.frame.columns:
        to_choices(table, "exchange", {"binance": "", "Binance": "", "BINANCE": ""}, "binance")
    n_rows = len(table.frame)
    table = pick_symbol(table, names["s"], options)
    columns = order_columns(table, names, options)
    if "capture_window" in table.frame.columns:
        columns["capture_window"] = table.frame["capture_window"]
    frame, duplicates = drop_repeats(make_events(table, columns))
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def order_columns(
    table: RawTable, names: Mapping[str, str], options: ReadOptions
) -> dict[str, Any]:
    """Return the columns of events from a table of orders.

    Parameters
    ----------
    table : RawTable
        The file.
    names : mapping of str to str
        The table's names of the stream's ``s S q p T``.
    options : ReadOptions
        For the value of coin-margined contracts.

    Returns
    -------
    dict of str to array of shape (n_rows,)
        Time in UTC, symbol, side of the position, price, quantity in coins and notional in USD.
    """
    amounts = to_amounts(table, names["p"]), to_amounts(table, names["q"])
    symbols, quantity, notional = measure(table, names["s"], amounts, _value, options)
    sides = to_choices(table, names["S"], ORDER_SIDES, "SELL or BUY, the side of the order")
    return {
        "time": to_utc(table, names["T"], options.timezone or "UTC"),
        "exchange": "binance",
        "symbol": symbols,
        "side": sides,
        "price": amounts[0],
        "quantity": quantity,
        "notional_usd": notional,
        "price_kind": "bankruptcy",
        "censored": True,
    }


def _find_names(table: RawTable) -> dict[str, str]:
    """Find the table's own names of the fields that count, and refuse what is unknown."""
    has = [str(name) for name in table.frame.columns]
    spelled = {field: (field, *DUMP[field]) for field in REQUIRED}
    columns = {
        field: next((name for name in names if name in has), names[1])
        for field, names in spelled.items()
    }
    check_columns(table, tuple(columns.values()), (*OPTIONAL, *DUMP_ONLY))
    return columns


def _value(instrument: Instrument) -> float:
    """Return what a contract is worth: one coin, or USD if it is coin-margined."""
    return COIN_MARGINED_USD.get(instrument.base, float("nan")) if instrument.inverse else 1.0


def _unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
    """Yield the orders; the stream's answers to subscriptions are passed over."""
    for row, message in messages.items:
        if isinstance(message, dict) and message.keys() >= {"result", "id"}:
            continue
        if isinstance(message, dict) and "stream" in message:
            message = messages.check_fields(row, message, ("stream", "data"))["data"]
        event = messages.check_fields(row, message, ("e", "E", "o"), ("st",))
        if event["e"] != "forceOrder":
            raise messages.error(row, "e", "forceOrder", event["e"])
        yield row, messages.check_fields(row, event["o"], REQUIRED, OPTIONAL)
