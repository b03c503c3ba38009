"""Read a user's own file of bars, refusing what no engine could trade by row and column."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo import periods
from kanalo.errors import DataError, ParameterError
from kanalo.market.bars import COLUMNS, check_bars
from kanalo.market.market import Market, find_interval
from kanalo.market.readers.columns import find_columns, find_symbol, to_floats
from kanalo.market.readers.raw import RawTable, read_raw
from kanalo.market.readers.times import to_utc

Stamp = Literal["open", "close"]


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
    """Read a CSV, Parquet or feather file of bars.

    The usual spellings of columns and times are understood: pandas exports, Binance Vision klines
    with and without a header, Kraken OHLCVT, CryptoDataDownload, freqtrade's feather. Newest-first
    files are turned round; nothing else is mended.

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
        Whether a time labels the ``"open"`` or the ``"close"`` of its bar. No file tells, and the
        wrong answer shifts every decision by one bar.

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
    """
    if stamp not in ("open", "close"):
        raise ParameterError(
            f"The 'stamp' of a file must be 'open' or 'close'; received {stamp!r}."
        )
    path = Path(path)
    table = read_raw(path)
    bars, rows = _to_bars(table, timezone)
    check_bars(bars, table.source, rows)
    length = _find_length(bars, table.source, interval)
    if stamp == "close":
        bars.index = pd.DatetimeIndex(bars.index) - periods.to_timedelta(length)
    return Market.from_bars(
        bars,
        symbol=symbol or find_symbol(table) or path.stem,
        interval=length,
        venue=venue,
        name=name or path.stem,
        digests={path.name: table.sha256},
    )


def _to_bars(table: RawTable, timezone: str | None) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Return the bars, oldest first, and the row of each in the file."""
    names = find_columns(table)
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
        length = interval or find_interval(index)
    except DataError as error:
        raise DataError(f"{source}: {error}") from error
    shortest = (index[1:] - index[:-1]).min()
    if interval is not None and shortest < periods.to_timedelta(interval):
        raise DataError(
            f"{source}: expected bars of {interval}, as asked for; received bars {shortest} apart."
        )
    return length
