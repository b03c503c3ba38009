"""Read answers of Coinglass (API v4): liquidations, open interest, long/short ratio, funding.

Coinglass hears the venues' public streams, so what it adds up of throttled ones are lower bounds:
all its liquidations count as censored. Sizes are in USD. In the exchange list the row ``All`` is
the total of the others. The ``side`` of an order is documented as its direction, 1 for buy and 2
for sell: a sale closed a long. Funding rates are in PERCENT and become fractions here.

Source: docs.coinglass.com, v4 endpoints of futures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.market.liquidations import EVENTS_KIND, SUMS_KIND, drop_repeats
from kanalo.market.readers.cells import (
    check_columns,
    keep,
    to_amounts,
    to_choices,
    to_instruments,
    to_numbers,
)
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import (
    FUNDING_KIND,
    POSITIONING_KIND,
    Reading,
    ReadOptions,
    find_period,
    make_events,
    make_positioning,
    make_sums,
    to_exchange,
)
from kanalo.market.readers.series import check_unique
from kanalo.market.readers.times import to_utc

ALL = "All"
"""Name of the row that holds the total over all exchanges."""

ORDER_SIDES = {"1": "short", "2": "long"}
"""Direction of the order → side of the position: 1, a purchase, closed a short."""

CANDLE = ("time", "open", "high", "low", "close")
ROUNDING = 1e-6


def read_pair_history(path: Path, options: ReadOptions) -> Reading:
    """Read ``liquidation/history`` of one pair: USD per interval and side, stamped at its start.

    ``exchange`` and ``symbol`` must be given: the answer names neither.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    columns = ("time", "long_liquidation_usd", "short_liquidation_usd")
    table = _open(path, columns, (), "liquidations")
    exchange = options.need_exchange(table.source)
    symbol = options.need_symbol(table.source).symbol
    times = to_utc(table, "time", options.timezone or "UTC")
    sums = {
        "time": times,
        "end": times + find_period(table, times, options),
        "exchange": exchange,
        "symbol": symbol,
        "long_usd": to_amounts(table, "long_liquidation_usd", zero=True),
        "short_usd": to_amounts(table, "short_liquidation_usd", zero=True),
        "censored": True,
    }
    frame, duplicates = drop_repeats(make_sums(sums))
    check_unique(table.source, frame)
    return Reading(SUMS_KIND, frame, duplicates, digests={path.name: table.sha256})


def read_exchange_list(path: Path, options: ReadOptions) -> Reading:
    """Read ``liquidation/exchange-list``: one total per exchange over a span that must be given.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.

    Raises
    ------
    DataError
        If the exchanges exceed the row ``All``, or an exchange comes twice.
    ParameterError
        If symbol or span were not given.
    """
    sides = ("long_liquidation_usd", "short_liquidation_usd")
    table = _open(path, ("exchange", "liquidation_usd", *sides), (), "liquidations")
    if options.start is None or options.end is None:
        raise ParameterError(
            f"{table.source} does not say its span: give --from and --to, e.g. the 24 hours that "
            "were asked for."
        )
    symbol = options.need_symbol(table.source).symbol
    total = (table.frame["exchange"] == ALL).to_numpy(bool)
    _check_total(table, total)
    table = keep(table, ~total)
    sums = {
        "time": options.start,
        "end": options.end,
        "exchange": table.frame["exchange"].map(to_exchange),
        "symbol": symbol,
        "long_usd": to_amounts(table, sides[0], zero=True),
        "short_usd": to_amounts(table, sides[1], zero=True),
        "censored": True,
    }
    frame, duplicates = drop_repeats(make_sums(sums))
    again = frame["exchange"].duplicated()
    if again.any():
        name = frame["exchange"][again].iloc[0]
        raise DataError(f"{table.source}, column 'exchange': {name} comes twice; expected it once.")
    skipped = int(total.sum())
    return Reading(SUMS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def read_orders(path: Path, options: ReadOptions) -> Reading:
    """Read ``liquidation/order``: single liquidations with their value in USD.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    columns = ("exchange_name", "symbol", "price", "usd_value", "side", "time")
    table = _open(path, columns, ("base_asset",), "liquidation orders")
    n_rows = len(table.frame)
    table = pick_symbol(table, "symbol", options)
    price, notional = to_amounts(table, "price"), to_amounts(table, "usd_value")
    events = {
        "time": to_utc(table, "time", options.timezone or "UTC"),
        "exchange": table.frame["exchange_name"].astype(str).map(to_exchange),
        "symbol": [each.symbol for each in to_instruments(table, "symbol")],
        "side": to_choices(
            table, "side", ORDER_SIDES, "1 (buy) or 2 (sell), the order's direction"
        ),
        "price": price,
        "quantity": notional / price,
        "notional_usd": notional,
        "price_kind": "unknown",
        "censored": True,
    }
    frame, duplicates = drop_repeats(make_events(table, events))
    skipped = n_rows - len(table.frame)
    return Reading(EVENTS_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def read_open_interest(path: Path, options: ReadOptions) -> Reading:
    """Read ``open-interest/history``; the close of a candle is the state at its end.

    ``unit`` is ``usd`` (what the interface gives by default) or ``base``.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    unit = "usd" if options.unit is None else options.need_unit(str(path))
    name = {"usd": "open_interest_usd", "base": "open_interest"}[unit]
    return _read_series(path, options, CANDLE, (), {name: "close"})


def read_long_short(path: Path, options: ReadOptions) -> Reading:
    """Read ``global-long-short-account-ratio/history``.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    ratio = "global_account_long_short_ratio"
    shares = ("global_account_long_percent", "global_account_short_percent")
    return _read_series(path, options, ("time", ratio), shares, {"long_short_ratio": ratio})


def read_funding(path: Path, options: ReadOptions) -> Reading:
    """Read ``funding-rate/history``: percent to fractions, a candle's close stamped at its end.

    The close is the rate as it stood when the candle ended, which is when it was settled if candles
    are as long as the funding interval. Prefer the venue's own settled rates where there are any.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    table = _open(path, CANDLE, (), "funding rates")
    times = to_utc(table, "time", options.timezone or "UTC")
    columns = {
        "time": times + find_period(table, times, options),
        "funding_rate": to_numbers(table, "close") / 100.0,
    }
    frame, duplicates = drop_repeats(pd.DataFrame(columns))
    check_unique(table.source, frame)
    return Reading(FUNDING_KIND, frame, duplicates, digests={path.name: table.sha256})


def _read_series(
    path: Path,
    options: ReadOptions,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    columns: dict[str, str],
) -> Reading:
    table = _open(path, required, optional, "positioning")
    times = to_utc(table, "time", options.timezone or "UTC")
    values = {new: to_amounts(table, old, zero=True) for new, old in columns.items()}
    frame = make_positioning(times, values, find_period(table, times, options))
    frame, duplicates = drop_repeats(frame)
    check_unique(table.source, frame)
    return Reading(POSITIONING_KIND, frame, duplicates, digests={path.name: table.sha256})


def _check_total(table: RawTable, total: np.ndarray) -> None:
    """Refuse a total below the sum of what it totals: then it is something else."""
    amounts = to_amounts(table, "liquidation_usd", zero=True)
    if total.any() and amounts[~total].sum() > amounts[total].max() * (1 + ROUNDING):
        raise DataError(
            f"{table.source}, row {table.rows[int(np.argmax(total))]}, column 'liquidation_usd': "
            f"expected the total of all exchanges, {amounts[~total].sum():,.2f} or more; received "
            f"{amounts[total].max():,.2f}."
        )
    if total.all():
        raise DataError(f"{table.source}: expected rows of exchanges; received only 'All'.")


def _open(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...], expected: str
) -> RawTable:
    table = read_records(path, _unwrap(required, optional), f"{expected} of Coinglass")
    check_columns(table, required, optional)
    return table


def _unwrap(
    required: tuple[str, ...], optional: tuple[str, ...]
) -> Callable[[Messages], Iterator[tuple[int, Record]]]:
    """Return what finds the rows of an answer: in its ``data``, or bare."""

    def records(messages: Messages) -> Iterator[tuple[int, Record]]:
        for row, message in messages.items:
            if not (isinstance(message, dict) and "data" in message):
                yield row, messages.check_fields(row, message, required, optional)
                continue
            answer = messages.check_fields(row, message, ("data",), ("code", "msg", "success"))
            if str(answer.get("code", "0")) != "0" or not isinstance(answer["data"], list):
                raise messages.error(row, "code", "an answer with data", answer.get("msg"))
            for place, record in enumerate(answer["data"], start=1):
                yield place, messages.check_fields(place, record, required, optional)

    return records
