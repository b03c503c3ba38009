"""Read Hyperliquid's fills by block, and keep those that closed a position by force.

Each line is a block with ``events``, pairs of a user and a fill. A fill that comes of a liquidation
carries ``liquidation`` with ``liquidatedUser``, ``markPx`` and ``method``; both sides of the trade
have it, so only the liquidated user's own fill counts. Its ``side`` is the order's: ``A`` (sold)
closed a long, ``B`` a short. Sizes are coins. The files are those of ``node_fills_by_block``,
unpacked.

Source: hyperliquid.gitbook.io, "Historical data" and "WebSocket: WsFill" (undated).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kanalo.errors import DataError
from kanalo.market.liquidations import EVENTS_KIND, Window, drop_repeats
from kanalo.market.readers.cells import to_amounts, to_choices
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_messages
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

_HOUR = pd.Timedelta(hours=1)
_SIDES = {"A": "long", "B": "short"}


def read_fills(path: Path, options: ReadOptions) -> Reading:
    """Read an hour of fills.

    Parameters
    ----------
    path : Path
        The file: JSON lines.
    options : ReadOptions
        ``symbol`` picks one coin.

    Returns
    -------
    Reading
        Events of ``hyperliquid``, every one; the hour of the file counts as recorded.

    Raises
    ------
    DataError
        If a line has another form, a side is unknown, or no position was liquidated.
    """
    messages = read_messages(path)
    records = list(_unwrap(messages))
    if not records:
        raise DataError(f"{path}: the file has no liquidations.")
    table = messages.to_table(records)
    n_rows = len(table.frame)
    table = pick_symbol(table, "symbol", options)
    price, quantity = to_amounts(table, "px"), to_amounts(table, "sz")
    times = to_utc(table, "time", "UTC")
    columns = {
        "time": times,
        "exchange": "hyperliquid",
        "symbol": table.frame["symbol"],
        "side": to_choices(table, "side", _SIDES, "A or B, the side of the order"),
        "price": price,
        "quantity": quantity,
        "notional_usd": price * quantity,
        "price_kind": "fill",
        "censored": False,
    }
    frame, duplicates = drop_repeats(make_events(table, columns))
    hours = sorted(set(times.floor("h")))
    windows = tuple(Window("hyperliquid", hour, hour + _HOUR) for hour in hours)
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, windows, {path.name: messages.sha256})


def _unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
    for row, message in messages.items:
        block = messages.check_fields(
            row, message, ("events",), ("block_number", "block_time", "local_time")
        )
        for event in block["events"]:
            if not isinstance(event, list) or len(event) != 2:
                raise messages.error(row, "events", "pairs of a user and a fill", event)
            fill: dict[str, Any] = event[1]
            forced = fill.get("liquidation")
            if forced and forced.get("liquidatedUser") == event[0]:
                fields = {name: fill.get(name) for name in ("px", "sz", "side", "time", "tid")}
                yield row, {**fields, "symbol": f"{fill.get('coin')}USDC"}
