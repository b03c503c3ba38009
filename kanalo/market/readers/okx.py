"""Read OKX's ``liquidation-orders``, from the stream or the REST interface.

``posSide`` is the position; accounts in net mode have ``net`` (or nothing) there, and then
``side``, the order's, tells: sell closed a long. ``sz`` counts contracts, each worth ``ctVal``
coins. The price is that of bankruptcy. The stream shows at most one order a second and contract:
sums are lower bounds.

Source: OKX API v5, "Liquidation orders channel" and "Get liquidation orders".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.market.liquidations import EVENTS_KIND, Instrument, drop_repeats
from kanalo.market.readers.cells import (
    ObjectArray,
    check_columns,
    refuse,
    to_amounts,
    to_choices,
)
from kanalo.market.readers.contracts import measure, pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

CONTRACT_VALUES = {
    **{"BTCUSDT": 0.01, "ETHUSDT": 0.1},  # BTC-USDT-SWAP, ETH-USDT-SWAP
    **{"BTCUSD": 100.0, "ETHUSD": 10.0},  # BTC-USD-SWAP, ETH-USD-SWAP
}
"""``ctVal`` of well-known contracts: coins if linear, USD if inverse. Others must be given."""

REQUIRED = ("side", "bkPx", "sz", "ts")
OPTIONAL = ("posSide", "bkLoss", "ccy", "instId")
_OUTER = ("instType", "instFamily", "uly", "totalLoss")
_POSITIONS = {"long": "long", "short": "short", "net": "net", "": "net"}
_ORDERS = {"sell": "long", "buy": "short"}


def read_liquidation_orders(path: Path, options: ReadOptions) -> Reading:
    """Read liquidation orders from JSON (lines or answers), or a CSV of ``instId`` and the details.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol`` picks one contract; ``contract_value`` is its ``ctVal``.

    Returns
    -------
    Reading
        Events of ``okx`` with bankruptcy prices, censored.

    Raises
    ------
    DataError
        If a side, a contract's value or a field is unknown, or the two sides contradict each other.
    """
    table = read_records(path, _unwrap, "liquidation orders")
    check_columns(table, ("instId", "posSide", *REQUIRED), OPTIONAL)
    n_rows = len(table.frame)
    table = pick_symbol(table, "instId", options)
    price, size = to_amounts(table, "bkPx"), to_amounts(table, "sz")
    symbols, quantity, notional = measure(table, "instId", (price, size), _value, options)
    columns = {
        "time": to_utc(table, "ts", options.timezone or "UTC"),
        "exchange": "okx",
        "symbol": symbols,
        "side": _position_sides(table),
        "price": price,
        "quantity": quantity,
        "notional_usd": notional,
        "price_kind": "bankruptcy",
        "censored": True,
    }
    frame, duplicates = drop_repeats(make_events(table, columns))
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def _value(instrument: Instrument) -> float:
    return CONTRACT_VALUES.get(instrument.symbol, float("nan"))


def _position_sides(table: RawTable) -> ObjectArray:
    positions = to_choices(table, "posSide", _POSITIONS, "long, short or net")
    net = positions == "net"
    empty = table.frame["side"].astype(str).to_numpy(object) == ""
    orders = to_choices(
        table, "side", {**_ORDERS, "": "unknown"}, "sell or buy, the side of the order"
    )
    refuse(table, "side", net & empty, "sell or buy, for the position is net")
    refuse(
        table,
        "side",
        ~net & ~empty & (positions != orders),
        "sell to close a long, or buy to close a short",
    )
    return np.where(net, orders, positions)


def _unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
    """Yield the details under their contract; answers to subscriptions are passed over."""
    for row, message in messages.items:
        if message == "pong" or (isinstance(message, dict) and "event" in message):
            continue
        if isinstance(message, dict) and "data" in message:
            content = messages.check_fields(row, message, ("data",), ("arg", "code", "msg"))
            groups = content["data"]
        else:
            groups = [message]
        for group in groups:
            yield from _details(messages, row, group)


def _details(messages: Messages, row: int, group: Any) -> Iterator[tuple[int, Record]]:
    checked = messages.check_fields(row, group, ("instId", "details"), _OUTER)
    for detail in checked["details"]:
        fields = messages.check_fields(row, detail, REQUIRED, OPTIONAL)
        order = {name: fields[name] for name in REQUIRED}
        yield row, {**order, "posSide": fields.get("posSide", "net"), "instId": checked["instId"]}
