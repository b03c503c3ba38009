"""Read Tardis' daily files of liquidations: CSV, mostly gzipped.

Columns ``exchange,symbol,timestamp,local_timestamp,id,side,price,amount``, times in microseconds.
``side`` is the order's: ``buy`` liquidated a short, ``sell`` a long. Amounts are those of the
venue: coins at Binance and Bybit, contracts at OKX and of inverse contracts. What the venue
throttles stays throttled: Binance and OKX show one order a second, Bybit did until 2025-02-20.

Source: docs.tardis.dev, "Downloadable CSV files", data type liquidations (undated).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.market.liquidations import EVENTS_KIND, Instrument, Window, drop_repeats
from kanalo.market.readers.cells import check_columns, refuse, to_amounts, to_choices
from kanalo.market.readers.contracts import measure, pick_symbol
from kanalo.market.readers.okx import CONTRACT_VALUES
from kanalo.market.readers.raw import RawTable, read_raw
from kanalo.market.readers.reading import Reading, ReadOptions, make_events
from kanalo.market.readers.times import to_utc

COLUMNS = (
    *("exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount"),
)

EXCHANGES = {
    "binance-futures": "binance",
    "binance": "binance",
    "bybit": "bybit",
    "okex-swap": "okx",
    "okx": "okx",
    "bitfinex-derivatives": "bitfinex",
    "bitfinex": "bitfinex",
}
"""Tardis' name of an exchange → the name in tables."""

BYBIT_WHOLE = pd.Timestamp("2025-02-20", tz="UTC")
"""From here on Bybit's stream shows every liquidation."""

_SIDES = {"sell": "long", "buy": "short"}


def read_tardis(path: Path, options: ReadOptions) -> Reading:
    """Read a day of liquidations; the whole day of the file counts as recorded.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol`` picks one contract; ``contract_value`` is what one of OKX is worth; ``start``
        and ``end`` say more of the recording.

    Returns
    -------
    Reading
        Events; the price is that of the order.

    Raises
    ------
    DataError
        If a column, a side, an exchange or a contract's value is unknown.
    """
    table = read_raw(path, "liquidations")
    check_columns(table, COLUMNS)
    n_rows = len(table.frame)
    table = pick_symbol(table, "symbol", options)
    price, amount = to_amounts(table, "price"), to_amounts(table, "amount")
    exchanges = to_choices(table, "exchange", EXCHANGES, ", ".join(EXCHANGES))
    of_okx = exchanges == "okx"
    value = _value_of_okx if len(of_okx) and of_okx.all() else _value
    refuse(table, "exchange", of_okx != of_okx[:1].any(), "one exchange in a file")
    symbols, quantity, notional = measure(table, "symbol", (price, amount), value, options)
    times = to_utc(table, "timestamp", "UTC")
    columns = {
        "time": times,
        "exchange": exchanges,
        "symbol": symbols,
        "side": to_choices(table, "side", _SIDES, "buy or sell, the side of the order"),
        "price": price,
        "quantity": quantity,
        "notional_usd": notional,
        "price_kind": "bankruptcy",
        "censored": _find_censored(exchanges, times),
    }
    frame, duplicates = drop_repeats(make_events(table, columns))
    windows = _find_windows(table, exchanges)
    skipped = n_rows - len(table.frame)
    digests = {path.name: table.sha256}
    return Reading(EVENTS_KIND, frame, duplicates, skipped, windows, digests)


def _value(instrument: Instrument) -> float:
    return float("nan") if instrument.inverse else 1.0


def _value_of_okx(instrument: Instrument) -> float:
    return CONTRACT_VALUES.get(instrument.symbol, float("nan"))


def is_censored(exchange: str, day: pd.Timestamp) -> bool:
    """Tell whether the feed of an exchange showed one order a second at most on a day.

    Parameters
    ----------
    exchange : str
        Name in tables.
    day : Timestamp
        UTC.

    Returns
    -------
    bool
        True for what is not known to be whole.
    """
    return not (exchange == "bitfinex" or (exchange == "bybit" and day >= BYBIT_WHOLE))


def _find_censored(exchanges: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
    whole = (exchanges == "bybit") & (times >= BYBIT_WHOLE)
    censored: np.ndarray = ~(whole | (exchanges == "bitfinex"))
    return censored


def _find_windows(table: RawTable, exchanges: np.ndarray) -> tuple[Window, ...]:
    """Return the whole days by the time of arrival, which the files are cut by."""
    days = to_utc(table, "local_timestamp", "UTC").normalize()
    pairs = sorted(set(zip(map(str, exchanges), days, strict=True)))
    return tuple(Window(name, day, day + pd.Timedelta(days=1)) for name, day in pairs)
