"""The formats of derivatives data that kanalo reads, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from kanalo.errors import DataError, ParameterError, unknown_name
from kanalo.market.liquidations import EVENTS_KIND, SUMS_KIND, Window, drop_repeats, find_windows
from kanalo.market.readers import (
    bars,
    binance_force_orders,
    binance_rest,
    binance_vision,
    bitfinex,
    bybit,
    coinalyze,
    coinglass,
    hyperliquid,
    liquidation_table,
    okx,
    tardis,
)
from kanalo.market.readers.reading import Reader, Reading, ReadOptions
from kanalo.market.readers.series import check_unique
from kanalo.text import count


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name : str
        As users write it.
    what : str
        What the files are.
    source : str
        Who published them.
    read : callable
        The reader of one file.
    """

    name: str
    what: str
    source: str
    read: Reader


def _make(*rows: tuple[str, str, str, Reader]) -> Mapping[str, Format]:
    return {row[0]: Format(*row) for row in rows}


FORMATS = _make(
    ("bars", "bars in any of the usual spellings", "User's own bars", bars.read_bar_file),
    (
        "binance-force-orders",
        "liquidation stream (JSON lines) or CSV dump",
        "Binance force-order stream",
        binance_force_orders.read_force_orders,
    ),
    (
        "binance-liquidation-snapshot",
        "daily liquidationSnapshot files",
        "Binance Vision",
        binance_vision.read_liquidation_snapshot,
    ),
    (
        "binance-metrics",
        "daily metrics files: open interest and ratios",
        "Binance Vision",
        binance_vision.read_metrics,
    ),
    (
        "binance-vision-funding",
        "monthly fundingRate files",
        "Binance Vision",
        binance_vision.read_funding,
    ),
    (
        "binance-open-interest",
        "answers of openInterestHist",
        "Binance USD-M REST",
        binance_rest.read_open_interest,
    ),
    (
        "binance-long-short",
        "answers of globalLongShortAccountRatio",
        "Binance USD-M REST",
        binance_rest.read_long_short,
    ),
    (
        "binance-top-accounts",
        "answers of topLongShortAccountRatio",
        "Binance USD-M REST",
        binance_rest.read_top_accounts,
    ),
    (
        "binance-top-positions",
        "answers of topLongShortPositionRatio",
        "Binance USD-M REST",
        binance_rest.read_top_positions,
    ),
    (
        "binance-taker-ratio",
        "answers of takerlongshortRatio",
        "Binance USD-M REST",
        binance_rest.read_taker_ratio,
    ),
    ("binance-funding", "answers of fundingRate", "Binance REST", binance_rest.read_funding_rate),
    (
        "bybit-liquidations",
        "streams allLiquidation and liquidation",
        "Bybit liquidation stream",
        bybit.read_liquidations,
    ),
    (
        "okx-liquidations",
        "liquidation-orders, stream or REST",
        "OKX liquidation orders",
        okx.read_liquidation_orders,
    ),
    (
        "coinglass-pair",
        "liquidation history of a pair",
        "Coinglass v4",
        coinglass.read_pair_history,
    ),
    (
        "coinglass-exchanges",
        "liquidation exchange list",
        "Coinglass v4",
        coinglass.read_exchange_list,
    ),
    ("coinglass-orders", "liquidation orders", "Coinglass v4", coinglass.read_orders),
    (
        "coinglass-open-interest",
        "open interest history",
        "Coinglass v4",
        coinglass.read_open_interest,
    ),
    (
        "coinglass-long-short",
        "global long/short account ratio history",
        "Coinglass v4",
        coinglass.read_long_short,
    ),
    (
        "coinglass-funding",
        "funding rate history, in percent",
        "Coinglass v4",
        coinglass.read_funding,
    ),
    (
        "coinalyze-liquidations",
        "liquidation-history",
        "Coinalyze",
        coinalyze.read_liquidations,
    ),
    (
        "coinalyze-open-interest",
        "open-interest-history",
        "Coinalyze",
        coinalyze.read_open_interest,
    ),
    ("coinalyze-long-short", "long-short-ratio-history", "Coinalyze", coinalyze.read_long_short),
    (
        "bitfinex-liquidations",
        "liquidations with entry prices, history or stream",
        "Bitfinex",
        bitfinex.read_liquidations,
    ),
    ("tardis-liquidations", "daily files of liquidations", "Tardis", tardis.read_tardis),
    (
        "hyperliquid-fills",
        "fills by block, of which liquidations are kept",
        "Hyperliquid",
        hyperliquid.read_fills,
    ),
    (
        "liquidations",
        "any table with the side of the position",
        "User's own table",
        liquidation_table.read_liquidation_table,
    ),
)
"""Every format by its name."""


def find_format(name: str) -> Format:
    """Return a format by its name; underscores stand for dashes.

    Raises
    ------
    UnknownNameError
        If there is none, with the nearest one.
    """
    dashed = name.strip().lower().replace("_", "-")
    if dashed not in FORMATS:
        raise unknown_name("format", name, FORMATS)
    return FORMATS[dashed]


def read_files(
    name: str, paths: Sequence[str | Path], options: ReadOptions | None = None
) -> Reading:
    """Read files of one format into one table.

    Parameters
    ----------
    name : str
        Name of the format.
    paths : sequence of path
        At least one file; each is a recording of its own.
    options : ReadOptions, optional
        What the files do not say of themselves.

    Returns
    -------
    Reading
        Rows in order of time without exact repetitions, which are counted over all files.

    Raises
    ------
    UnknownNameError
        If the format is unknown.
    DataError
        If a file is not of the format, none has a row, or files contradict each other.
    """
    reader = find_format(name).read
    options = options or ReadOptions()
    if not paths:
        raise ParameterError("At least one file is needed; received none.")
    if options.start is not None and options.end is not None and options.end <= options.start:
        raise ParameterError(
            f"The span must end after it starts; received {options.start} to {options.end}."
        )
    return _merge([_with_windows(reader(Path(path), options), options) for path in paths], paths)


def _merge(readings: list[Reading], paths: Sequence[str | Path]) -> Reading:
    first = readings[0]
    frames = [each.frame for each in readings if len(each.frame)]
    if not frames:
        raise DataError(f"{paths[0]}: the file has no rows to import.")
    frame, repeated = drop_repeats(pd.concat(frames, ignore_index=True))
    if first.kind == SUMS_KIND:
        check_unique(count(len(paths), "file"), frame, ("exchange", "symbol", "time"))
    elif first.kind != EVENTS_KIND:
        check_unique(count(len(paths), "file"), frame)
    return Reading(
        first.kind,
        frame,
        repeated + sum(each.duplicates for each in readings),
        sum(each.skipped for each in readings),
        tuple(window for each in readings for window in each.windows),
        {name: digest for each in readings for name, digest in each.digests.items()},
    )


def _with_windows(reading: Reading, options: ReadOptions) -> Reading:
    """Add the spans that events cover: as said, as the format tells, else from first to last."""
    if reading.kind != EVENTS_KIND:
        return reading
    windows = reading.windows or find_windows(reading.frame)
    if options.start is not None or options.end is not None:
        windows = tuple(_extend(window, options) for window in windows)
    return replace(reading, windows=windows)


def _extend(window: Window, options: ReadOptions) -> Window:
    start, end = options.start or window.start, options.end or window.end
    if start > window.start or end < window.end:
        raise ParameterError(
            f"The span of a recording must hold its events, {window.start} to {window.end}; "
            f"received {start} to {end}."
        )
    return Window(window.exchange, start, end)
