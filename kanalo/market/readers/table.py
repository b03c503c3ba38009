"""Read a user's own file of bars, refusing what no engine could trade by row and column."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import NoneType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo import periods
from kanalo.arguments import check_type
from kanalo.errors import DataError, ParameterError
from kanalo.market.bars import COLUMNS, check_bars, check_length
from kanalo.market.liquidations import find_instrument
from kanalo.market.market import Market
from kanalo.market.readers.columns import (
    find_close_time,
    find_columns,
    find_symbol,
    join_date_and_time,
)
from kanalo.market.readers.raw import RawTable, read_raw, to_floats
from kanalo.market.readers.times import to_utc

Stamp = Literal["open", "close"]

_LAST_TICKS = tuple(map(pd.Timedelta, ("1ns", "1us", "1ms", "1s", "1min")))
"""What is missing from a stamp such as 23:59:59.999 to the close of its bar."""


def read_bars(
    path: str | Path,
    *,
    timezone: str | None = None,
    symbol: str | None = None,
    interval: str | None = None,
    venue: str = "unknown",
    name: str | None = None,
    stamp: Stamp = "open",
) -> Market:
    """Read a CSV, Parquet, feather or JSON file of bars.

    The usual spellings of columns and times are understood: pandas exports, Binance Vision klines
    with and without a header, Kraken OHLCVT, CryptoDataDownload, MetaTrader, yfinance,
    CoinMarketCap, candles of ccxt and freqtrade. Newest-first files are turned round; nothing else
    is mended.

    Parameters
    ----------
    path : str or Path
        The file; text may be gzipped or alone in a zip archive.
    timezone : str, optional
        IANA name of the zone of text times that carry a clock and no zone. Bare dates and unix
        stamps are UTC without it.
    symbol : str, optional
        The file's own column ``symbol`` by default, else its name.
    interval : str, optional
        Length of a bar; the commonest step by default.
    venue : str
        Where the bars were traded; one that ends with ``-perp`` pays funding.
    name : str, optional
        Name in reports; the file's name without its suffix by default.
    stamp : str
        Whether a time labels the ``"open"`` or the ``"close"`` of its bar; the wrong answer shifts
        every decision by one bar. Stamps such as 23:59:59.999, and those that equal a column
        ``timeClose`` beside them, are closes whatever is said here.

    Returns
    -------
    Market
        Bars without context.

    Raises
    ------
    DataError
        If the file is missing, empty, truncated, in another format, or a row is not a bar; the
        message names file, row and column as the file has them.
    ParameterError
        If ``timezone`` or ``stamp`` is unknown.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import kanalo
    >>> rows = ["date,open,high,low,close,volume"]
    >>> rows += [f"2025-01-0{day},150,160,140,155,10" for day in (1, 2, 3)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "XMRUSD.csv")
    ...     with path.open("w") as file:
    ...         print(*rows, sep=chr(10), file=file)
    ...     market = kanalo.read_bars(path)
    >>> market.symbol, market.interval, len(market)
    ('XMRUSD', '1d', 3)
    """
    check_type("read_bars", "path", path, (str, os.PathLike), "the path of a file with bars")
    for argument, text in (("timezone", timezone), ("symbol", symbol), ("name", name)):
        check_type("read_bars", argument, text, (str, NoneType), "text")
    if stamp not in ("open", "close"):
        raise ParameterError(
            f"The 'stamp' of a file must be 'open' or 'close'; received {stamp!r}."
        )
    path = Path(path)
    table = join_date_and_time(read_raw(path))
    symbol = symbol or find_symbol(table)
    bars, rows = _to_bars(table, timezone, symbol or _find_pair(path.stem))
    check_bars(bars, table.source, rows)
    length = _find_length(bars, table.source, interval)
    bars.index = _to_opens(table, bars, periods.to_timedelta(length), stamp, timezone)
    return Market.from_bars(
        bars,
        symbol=symbol or path.stem,
        interval=length,
        venue=venue,
        name=name or path.stem,
        digests={path.name: table.sha256},
    )


def _find_pair(stem: str) -> str | None:
    """Return the pair that a file's name begins with, such as XMRUSDT-1h-2025; None for none."""
    instrument = find_instrument(re.split(r"[-_. ]", stem)[0])
    return None if instrument is None else instrument.symbol


def _to_opens(
    table: RawTable,
    bars: pd.DataFrame,
    length: pd.Timedelta,
    stamp: Stamp,
    timezone: str | None,
) -> pd.DatetimeIndex:
    """Return the open times of bars whose stamps the file, or the caller, says to be closes."""
    times = pd.DatetimeIndex(bars.index)
    if stamp == "close":
        return times - length
    for tick in _LAST_TICKS:
        if tick < length and not ((times.asi8 + tick.value) % length.value).any():
            return times + tick - length
    close_name = find_close_time(table)
    if close_name is not None:
        closes = to_utc(table, close_name, timezone).sort_values()
        if (closes == times).all():
            return times - length
    return times


def _to_bars(
    table: RawTable, timezone: str | None, symbol: str | None
) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Return the bars, oldest first, and the row of each in the file."""
    names = find_columns(table, symbol)
    if not len(table.frame):
        raise DataError(f"{table.source}: the table has no rows; expected bars.")
    times = to_utc(table, names["time"], timezone)
    values = {column: to_floats(table, names[column]) for column in COLUMNS}
    bars = pd.DataFrame(values, index=times)
    steps = np.diff(times.asi8)
    if (steps <= 0).all() and (steps < 0).any():
        return bars.iloc[::-1], table.rows[::-1]
    return bars, table.rows


def _find_length(bars: pd.DataFrame, source: str, interval: str | None) -> str:
    if len(bars) < 2:
        raise DataError(f"{source}: the table has one row; expected two bars or more.")
    index = pd.DatetimeIndex(bars.index)
    try:
        length = interval or periods.find_interval(index)
    except DataError as error:
        raise DataError(f"{source}: {error}") from error
    check_length(index, periods.to_timedelta(length), source)
    return length
