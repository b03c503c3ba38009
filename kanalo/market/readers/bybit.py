"""Read Bybit's liquidation streams: ``allLiquidation`` and the older ``liquidation``.

``S`` is the side of the POSITION: Buy means that a LONG was liquidated, the opposite of Binance's
spelling. The price is that of bankruptcy. ``allLiquidation`` shows every liquidation;
``liquidation`` showed at most one a second, so its sums are lower bounds.

Source: Bybit API v5, "All Liquidation" and "Liquidation" (deprecated).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kanalo.market.liquidations import EVENTS_KIND, Instrument, drop_repeats
from kanalo.market.readers.cells import check_columns, to_amounts, to_choices
from kanalo.market.readers.contracts import measure, pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

POSITION_SIDES = {"Buy": "long", "Sell": "short"}
"""What the stream's side means: the position that was liquidated."""

FIELDS = ("T", "s", "S", "v", "p")
OLD_FIELDS = {"updatedTime": "T", "symbol": "s", "side": "S", "size": "v", "price": "p"}


def read_liquidations(path: Path, options: ReadOptions) -> Reading:
    """Read messages of a liquidation topic (JSON lines), or a CSV of ``T,s,S,v,p``.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol`` picks one contract; an inverse one (BTCUSD) needs its ``contract_value``.

    Returns
    -------
    Reading
        Events of ``bybit`` with bankruptcy prices.

    Raises
    ------
    DataError
        If a side, a symbol, a topic or a field is unknown, or a price or size is none.
    """
    table = read_records(path, _unwrap, "liquidations")
    check_columns(table, FIELDS, ("censored",))
    n_rows = len(table.frame)
    table = pick_symbol(table, "s", options)
    price, size = to_amounts(table, "p"), to_amounts(table, "v")
    symbols, quantity, notional = measure(table, "s", (price, size), _value, options)
    columns = {
        "time": to_utc(table, "T", options.timezone or "UTC"),
        "exchange": "bybit",
        "symbol": symbols,
        "side": to_choices(table, "S", POSITION_SIDES, "Buy or Sell, the side of the position"),
        "price": price,
        "quantity": quantity,
        "notional_usd": notional,
        "price_kind": "bankruptcy",
        "censored": table.frame["censored"] if "censored" in table.frame.columns else False,
    }
    frame, duplicates = drop_repeats(make_events(table, columns))
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def _value(instrument: Instrument) -> float:
    return float("nan") if instrument.inverse else 1.0


def _unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
    """Yield the liquidations; answers to subscriptions and pings are passed over."""
    for row, message in messages.items:
        if isinstance(message, dict) and ("op" in message or "success" in message):
            continue
        content = messages.check_fields(row, message, ("topic", "type", "ts", "data"), ("cts",))
        topic = str(content["topic"]).partition(".")[0]
        if topic not in ("allLiquidation", "liquidation"):
            raise messages.error(row, "topic", "allLiquidation.SYMBOL", content["topic"])
        data = content["data"] if isinstance(content["data"], list) else [content["data"]]
        for entry in data:
            yield row, _to_fields(messages, row, entry, censored=topic == "liquidation")


def _to_fields(messages: Messages, row: int, entry: Any, *, censored: bool) -> Record:
    names = tuple(OLD_FIELDS) if censored else FIELDS
    checked = messages.check_fields(row, entry, names)
    fields = {OLD_FIELDS.get(name, name): value for name, value in checked.items()}
    return {**fields, "censored": censored}
