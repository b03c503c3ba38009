"""Read answers of Coinalyze: liquidations, open interest and long/short ratio per interval.

Liquidations are ``t`` (start of the interval, unix seconds), ``l`` and ``s``: the sizes of longs
and shorts that were liquidated, in coins or USD as it was asked for, which the file does not say.
Where an interval is absent some exports repeat the row before: repeated rows are dropped, and
counted. Coinalyze hears the venues' public streams: sums are lower bounds.

Source: api.coinalyze.net/v1/doc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kanalo.market.liquidations import SUMS_KIND, drop_repeats
from kanalo.market.readers.cells import check_columns, to_amounts
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import (
    POSITIONING_KIND,
    Reading,
    ReadOptions,
    find_period,
    make_positioning,
    make_sums,
)
from kanalo.market.readers.series import check_unique, one_symbol
from kanalo.market.readers.times import to_utc

LIQUIDATIONS = ("t", "l", "s")
OPEN_INTEREST = ("t", "o", "h", "l", "c")
LONG_SHORT = ("t", "r", "l", "s")
_SYMBOL = "symbol"


def read_liquidations(path: Path, options: ReadOptions) -> Reading:
    """Read ``liquidation-history``: longs and shorts per interval, in coins or USD.

    Parameters
    ----------
    path : Path
        JSON as the interface answers, or a CSV of ``t,l,s``.
    options : ReadOptions
        ``exchange`` and ``unit`` must be given; ``symbol`` too where the file has none.

    Returns
    -------
    Reading
        Sums of each interval, with times in UTC.

    Raises
    ------
    DataError
        If a column is unknown, a size is negative, or two rows of one time differ.
    ParameterError
        If exchange, unit or symbol are not known.
    """
    table, symbol = _open(path, options, LIQUIDATIONS, "liquidations")
    times = to_utc(table, "t", options.timezone or "UTC")
    amount = {"usd": "usd", "base": "quantity"}[options.need_unit(table.source)]
    sums = {
        "time": times,
        "end": times + find_period(table, times, options),
        "exchange": options.need_exchange(table.source),
        "symbol": symbol,
        f"long_{amount}": to_amounts(table, "l", zero=True),
        f"short_{amount}": to_amounts(table, "s", zero=True),
        "censored": True,
    }
    frame, duplicates = drop_repeats(make_sums(sums))
    check_unique(table.source, frame)
    return Reading(SUMS_KIND, frame, duplicates, digests={path.name: table.sha256})


def read_open_interest(path: Path, options: ReadOptions) -> Reading:
    """Read ``open-interest-history``; the close of a candle is the state at its end.

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
    unit = options.need_unit(str(path))
    name = {"usd": "open_interest_usd", "base": "open_interest"}[unit]
    return _read_series(path, options, OPEN_INTEREST, {name: "c"})


def read_long_short(path: Path, options: ReadOptions) -> Reading:
    """Read ``long-short-ratio-history``: ``r`` is the ratio, ``l`` and ``s`` its shares.

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
    return _read_series(path, options, LONG_SHORT, {"long_short_ratio": "r"})


def _read_series(
    path: Path, options: ReadOptions, required: tuple[str, ...], columns: dict[str, str]
) -> Reading:
    table, _ = _open(path, options, required, "positioning")
    times = to_utc(table, "t", options.timezone or "UTC")
    values = {new: to_amounts(table, old, zero=True) for new, old in columns.items()}
    frame = make_positioning(times, values, find_period(table, times, options))
    frame, duplicates = drop_repeats(frame)
    check_unique(table.source, frame)
    return Reading(POSITIONING_KIND, frame, duplicates, digests={path.name: table.sha256})


def _open(
    path: Path, options: ReadOptions, required: tuple[str, ...], expected: str
) -> tuple[RawTable, str]:
    """Return the rows of one contract and its neutral symbol."""
    table = read_records(path, _unwrap(required), f"{expected} of Coinalyze")
    check_columns(table, required, (_SYMBOL,))
    if _SYMBOL not in table.frame.columns:
        return table, options.need_symbol(table.source).symbol
    table = pick_symbol(table, _SYMBOL, options)
    one_symbol(table, _SYMBOL)
    symbol = str(table.frame[_SYMBOL].iloc[0])
    return table, ReadOptions(symbol=symbol).need_symbol(table.source).symbol


def _unwrap(required: tuple[str, ...]) -> Callable[[Messages], Iterator[tuple[int, Record]]]:
    """Return what finds the rows: in the ``history`` of each symbol, or bare."""

    def records(messages: Messages) -> Iterator[tuple[int, Record]]:
        for row, message in messages.items:
            if not (isinstance(message, dict) and "history" in message):
                yield row, messages.check_fields(row, message, required, (_SYMBOL,))
                continue
            answer = messages.check_fields(row, message, (_SYMBOL, "history"))
            for place, record in enumerate(answer["history"], start=1):
                fields = messages.check_fields(place, record, required)
                yield place, {**fields, _SYMBOL: answer[_SYMBOL]}

    return records
