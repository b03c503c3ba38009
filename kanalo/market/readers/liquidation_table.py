"""Read any table of liquidations whose columns already mean what they should.

``time, side, price`` with ``quantity`` (coins) or ``notional_usd``, and ``exchange`` and ``symbol``
as columns or given. ``side`` must be ``long`` or ``short``, the POSITION: BUY and SELL mean
opposite things at different venues, so they are refused here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kanalo.errors import DataError
from kanalo.market.liquidations import EVENTS_KIND, PRICE_KINDS, SIDES, drop_repeats
from kanalo.market.readers.cells import check_columns, to_amounts, to_choices, to_instruments
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import Reading, ReadOptions, make_events, to_exchange
from kanalo.market.readers.times import to_utc
from kanalo.typing import BoolArray, FloatArray

REQUIRED = ("time", "side", "price")
SIZES = ("quantity", "notional_usd")
OPTIONAL = ("exchange", "symbol", "price_kind", "censored", "capture_window")
_SIDES = {spelling: side for side in SIDES for spelling in (side, side.upper(), side.title())}
_FLAGS = {
    **dict.fromkeys(("true", "True", "TRUE", "1"), "yes"),
    **dict.fromkeys(("false", "False", "FALSE", "0"), ""),
}


def read_liquidation_table(path: Path, options: ReadOptions) -> Reading:
    """Read a table of liquidations, in CSV, Parquet, feather or JSON.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``exchange`` and ``symbol`` where the file has no such column; ``timezone`` of bare clocks.

    Returns
    -------
    Reading
        Events; not censored unless a column ``censored`` says so, with prices of kind ``unknown``
        unless ``price_kind`` says more.

    Raises
    ------
    DataError
        If a column or a value is unknown, or the size contradicts the value in USD by over 5 %.
    """
    table = read_records(path, _unwrap, "liquidations")
    check_columns(table, REQUIRED, (*SIZES, *OPTIONAL))
    n_rows = len(table.frame)
    if "symbol" in table.frame.columns:
        table = pick_symbol(table, "symbol", options)
    price = to_amounts(table, "price")
    quantity, notional = _to_sizes(table, price)
    columns = {
        "time": to_utc(table, "time", options.timezone),
        "side": to_choices(table, "side", _SIDES, "long or short, the position that was closed"),
        "price": price,
        "quantity": quantity,
        "notional_usd": notional,
        **_labels(table, options),
    }
    frame, duplicates = drop_repeats(make_events(table, columns))
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def _unwrap(messages: Messages) -> Any:
    for row, message in messages.items:
        yield row, messages.check_fields(row, message, REQUIRED, (*SIZES, *OPTIONAL))


def _to_sizes(table: RawTable, price: FloatArray) -> tuple[FloatArray, FloatArray]:
    given = [name for name in SIZES if name in table.frame.columns]
    if not given:
        raise DataError(
            f"{table.source}: column 'quantity' is missing; expected quantity (coins) or "
            f"notional_usd, received {', '.join(map(str, table.frame.columns))}."
        )
    amounts = {name: to_amounts(table, name) for name in given}
    quantity = amounts["quantity"] if "quantity" in amounts else amounts["notional_usd"] / price
    notional = amounts.get("notional_usd", quantity * price)
    _check_agreement(table, quantity * price, notional)
    return quantity, notional


def _check_agreement(table: RawTable, expected: FloatArray, notional: FloatArray) -> None:
    """Refuse sizes in contracts: as coins they contradict the value in USD."""
    wrong: BoolArray = np.abs(notional / expected - 1) > 0.05
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"{table.source}, row {table.rows[place]}, column 'notional_usd': expected about price "
            f"× quantity in coins, {expected[place]:,.2f}; received {notional[place]:,.2f}."
        )


def _labels(table: RawTable, options: ReadOptions) -> dict[str, Any]:
    """Return the columns that a table may leave to the options or to their defaults."""
    has = set(map(str, table.frame.columns))
    labels: dict[str, Any] = {"price_kind": "unknown", "censored": False}
    if "exchange" in has:
        labels["exchange"] = table.frame["exchange"].astype(str).map(to_exchange)
    else:
        labels["exchange"] = options.need_exchange(table.source)
    if "symbol" in has:
        labels["symbol"] = [each.symbol for each in to_instruments(table, "symbol")]
    else:
        labels["symbol"] = options.need_symbol(table.source).symbol
    if "price_kind" in has:
        kinds = {kind: kind for kind in PRICE_KINDS}
        labels["price_kind"] = to_choices(table, "price_kind", kinds, ", ".join(PRICE_KINDS))
    if "censored" in has:
        labels["censored"] = to_choices(table, "censored", _FLAGS, "true or false") == "yes"
    if "capture_window" in has:
        labels["capture_window"] = table.frame["capture_window"].astype(str)
    return labels
