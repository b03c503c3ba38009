"""Read the daily files of Binance Vision: ``liquidationSnapshot``, ``metrics``, ``fundingRate``.

Traps, seen on real files: every row of ``liquidationSnapshot`` appears twice and its sizes are
contracts; the rows of ``metrics`` are unsorted within a day, repeated in 2021 and blank in places
in 2022; the stamps of ``fundingRate`` are off by some milliseconds.

Source: data.binance.vision and the README of binance/binance-public-data.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from kanalo.market.liquidations import EVENTS_KIND, Window, drop_repeats
from kanalo.market.readers.binance_force_orders import order_columns
from kanalo.market.readers.cells import check_columns, to_amounts, to_numbers
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.raw import RawTable, read_raw
from kanalo.market.readers.reading import (
    FUNDING_KIND,
    POSITIONING_KIND,
    Reading,
    ReadOptions,
    find_period,
    make_events,
    make_positioning,
)
from kanalo.market.readers.series import check_unique, one_symbol, round_stamps
from kanalo.market.readers.times import to_utc

SNAPSHOT = (
    *("time", "side", "order_type", "time_in_force", "original_quantity", "price"),
    *("average_price", "order_status", "last_fill_quantity", "accumulated_fill_quantity"),
)
"""Columns of ``liquidationSnapshot``."""

SNAPSHOT_NAMES = {"T": "time", "s": "symbol", "S": "side", "q": "original_quantity", "p": "price"}
"""Fields of the stream → columns of ``liquidationSnapshot``, to which the symbol is added."""

METRICS = {
    "sum_open_interest": "open_interest",
    "sum_open_interest_value": "open_interest_usd",
    "count_toptrader_long_short_ratio": "top_trader_account_ratio",
    "sum_toptrader_long_short_ratio": "top_trader_position_ratio",
    "count_long_short_ratio": "long_short_ratio",
    "sum_taker_long_short_vol_ratio": "taker_buy_sell_ratio",
}
"""Columns of ``metrics`` → columns of positioning."""


def read_liquidation_snapshot(path: Path, options: ReadOptions) -> Reading:
    """Read a ``liquidationSnapshot`` of one day, whose name says the symbol.

    The whole UTC days that the file has rows of count as recorded.

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
        If a side or a column is unknown, or the worth of a contract is.
    """
    table = read_raw(path, "liquidations")
    check_columns(table, SNAPSHOT)
    symbol = _find_symbol(path, "liquidationSnapshot")
    symbol = symbol or options.need_symbol(table.source).symbol
    frame = table.frame.assign(symbol=symbol)
    table = RawTable(table.source, frame, table.rows, table.sha256)
    columns = order_columns(table, SNAPSHOT_NAMES, options)
    events, duplicates = drop_repeats(make_events(table, columns))
    days = events["time"].dt.normalize().unique()
    windows = tuple(Window("binance", day, day + pd.Timedelta(days=1)) for day in days)
    return Reading(EVENTS_KIND, events, duplicates, 0, windows, {path.name: table.sha256})


def read_metrics(path: Path, options: ReadOptions) -> Reading:
    """Read ``metrics``: open interest and ratios every five minutes; blanks stay NaN.

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
        If a column is unknown, a cell is no number, or two rows of one time differ.
    """
    table = read_raw(path, "metrics")
    check_columns(table, ("create_time", "symbol", *METRICS))
    n_rows = len(table.frame)
    table = pick_symbol(table, "symbol", options)
    times = to_utc(table, "create_time", "UTC")
    values = {new: to_amounts(table, old, zero=True, blank=True) for old, new in METRICS.items()}
    one_symbol(table, "symbol")
    frame = make_positioning(times, values, find_period(table, times, options))
    frame, duplicates = drop_repeats(frame)
    check_unique(table.source, frame)
    skipped = n_rows - len(table.frame)
    return Reading(POSITIONING_KIND, frame, duplicates, skipped, digests={path.name: table.sha256})


def read_funding(path: Path, options: ReadOptions) -> Reading:
    """Read ``fundingRate``; the rate is a fraction and its stamp is rounded to the full hour.

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
    table = read_raw(path, "funding rates")
    check_columns(table, ("calc_time", "funding_interval_hours", "last_funding_rate"))
    times = to_utc(table, "calc_time", options.timezone or "UTC")
    columns = {
        "time": round_stamps(table, "calc_time", times),
        "funding_rate": to_numbers(table, "last_funding_rate"),
        "interval_hours": to_amounts(table, "funding_interval_hours"),
    }
    frame, duplicates = drop_repeats(pd.DataFrame(columns))
    check_unique(table.source, frame)
    return Reading(FUNDING_KIND, frame, duplicates, digests={path.name: table.sha256})


def _find_symbol(path: Path, kind: str) -> str | None:
    match = re.match(rf"([A-Z0-9]+(?:_(?:PERP|\d{{6}}))?)-{kind}", path.name)
    return match[1] if match else None
