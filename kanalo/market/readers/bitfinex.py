"""Read Bitfinex's liquidations, from the history or the stream ``status`` with ``liq:global``.

Each is a list ``pos, POS_ID, MTS, null, SYMBOL, AMOUNT, BASE_PRICE, null, IS_MATCH,
IS_MARKET_SOLD, null, PRICE_ACQUIRED``. The sign of AMOUNT is the POSITION's: positive is a long.
A position comes first as a trigger (IS_MATCH 0) and then as executed (1): only the latter counts
here. BASE_PRICE is the price at which the position was entered, which no other venue tells: it is
kept as ``entry_price``.

Source: docs.bitfinex.com, "Liquidations" and "Status" (undated).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.errors import DataError
from kanalo.market.liquidations import EVENTS_KIND, drop_repeats, find_instrument
from kanalo.market.readers.cells import to_amounts, to_numbers
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_messages
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

ENTRY = "entry_price"
"""Column of the price at which a liquidated position was entered."""

_LENGTH = 12
_USD = {"USTF0": "USDT", "UST": "USDT", "USD": "USD"}


def read_liquidations(path: Path, options: ReadOptions) -> Reading:
    """Read liquidations from JSON: an answer, or messages of the stream, one a line.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol`` picks the contracts of one coin.

    Returns
    -------
    Reading
        Events of ``bitfinex`` with `ENTRY` beside them; the price is that of the execution.

    Raises
    ------
    DataError
        If a row has another form, or a price or size is none.
    """
    messages = read_messages(path)
    rows = list(_unwrap(messages))
    records = [(row, record) for row, record in rows if _is_wanted(record, options)]
    if not records:
        raise DataError(f"{path}: the file has no liquidations that were executed.")
    table = pick_symbol(messages.to_table(records), "symbol", options)
    amount = to_numbers(table, "amount")
    price = to_amounts(table, "price")
    columns = {
        "time": to_utc(table, "time", "UTC"),
        "exchange": "bitfinex",
        "symbol": table.frame["symbol"],
        "side": np.where(amount > 0, "long", "short"),
        "price": price,
        "quantity": np.abs(amount),
        "notional_usd": np.abs(amount) * price,
        "price_kind": "fill",
        "censored": False,
    }
    events = make_events(table, columns).assign(**{ENTRY: to_amounts(table, ENTRY)})
    frame, duplicates = drop_repeats(events)
    skipped = len(rows) - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: messages.sha256})


def to_symbol(pair: str) -> str | None:
    """Return the neutral name of a pair in USD or USDT; None for others.

    Examples
    --------
    >>> to_symbol("tXMRF0:USTF0"), to_symbol("tXMRUSD"), to_symbol("tXMRBTC")
    ('XMRUSDT', 'XMRUSD', None)
    """
    match = re.fullmatch(r"t([A-Z0-9]+?)(?:F0)?:?(USTF0|UST|USD)", pair)
    return None if match is None else match[1] + _USD[match[2]]


def _is_wanted(record: Record, options: ReadOptions) -> bool:
    if record["symbol"] is None or record["is_match"] != 1 or not record["price"]:
        return False
    wanted = None if options.symbol is None else find_instrument(options.symbol)
    mine = find_instrument(str(record["symbol"]))
    return wanted is None or (mine is not None and mine.symbol == wanted.symbol)


def _unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
    """Yield every position; heartbeats and answers to subscriptions are passed over."""
    for row, message in messages.items:
        if isinstance(message, dict):
            continue
        for entry in _find_positions(message):
            if len(entry) != _LENGTH:
                raise messages.error(row, "pos", f"a list of {_LENGTH} values", entry)
            yield row, _to_record(entry)


def _find_positions(message: Any) -> Iterator[list[Any]]:
    if not isinstance(message, list):
        return
    if message[:1] == ["pos"]:
        yield message
        return
    for part in message:
        yield from _find_positions(part)


def _to_record(entry: list[Any]) -> Record:
    return {
        "id": entry[1],
        "time": entry[2],
        "symbol": to_symbol(str(entry[4])),
        "amount": entry[5],
        ENTRY: entry[6],
        "is_match": entry[8],
        "price": entry[11],
    }
