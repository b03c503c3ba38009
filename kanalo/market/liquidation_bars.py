"""Reported liquidations on the bars of a market: sums per exchange and side, with their coverage.

A bar has a sum only where the exchange's feed covers the whole of it. Inside a capture window a bar
without an event is zero; outside, and where a window covers only a part of the bar, it is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError
from kanalo.market.liquidations import SIDES, Coverage, Window, find_instrument
from kanalo.market.market import Market
from kanalo.typing import BoolArray, FloatArray, IntArray

COVERAGE_PREFIX = "liquidation_coverage_"
"""A context column of this name and an exchange's holds its `Coverage`, as a number."""


def usd_column(side: str, exchange: str) -> str:
    """Return the name of the context column of an exchange's liquidations in USD.

    Parameters
    ----------
    side : str
        ``long`` or ``short``: of the position.
    exchange : str
        Name in the data, e.g. ``binance``.

    Returns
    -------
    str
        Such as ``liquidation_long_usd_binance``.
    """
    return f"liquidation_{side}_usd_{exchange}"


def find_exchanges(market: Market) -> tuple[str, ...]:
    """Return the exchanges whose reported liquidations the market carries, sorted."""
    names = map(str, market.context.columns)
    return tuple(
        sorted(
            name.removeprefix(COVERAGE_PREFIX) for name in names if name.startswith(COVERAGE_PREFIX)
        )
    )


def align_events(market: Market, events: pd.DataFrame, windows: Sequence[Window]) -> pd.DataFrame:
    """Sum events per bar, exchange and side.

    Parameters
    ----------
    market : Market
        Bars; only events of its coin count, whatever the quote.
    events : DataFrame
        In the schema ``EVENTS`` of `kanalo.market.liquidations`.
    windows : sequence of Window
        When each exchange's feed was recorded; windows of one exchange that touch are one.

    Returns
    -------
    DataFrame of shape (n_bars, 3 × n_exchanges)
        USD per side, NaN unless a window covers the whole bar, and the coverage.

    Raises
    ------
    DataError
        If no event is of the market's coin, or an exchange has events but no window.
    """
    asked = _asked_for(market, windows)
    if len(events) or not asked:
        events = _of_coin(market, events, optional=bool(asked))
    opens, closes = _edges(market)
    parts = []
    # A feed that never showed the coin stays unknown, unless its recording says that it was asked
    # for it: then it had nothing to show.
    for exchange in sorted({*map(str, events["exchange"].unique()), *asked}):
        mine = events[events["exchange"] == exchange]
        own = [window for window in windows if window.exchange == exchange]
        spans = _merge(own, exchange)
        whole = _inside(opens, closes, spans)
        some = _touched(opens, closes, spans)
        censored = mine["censored"].any() or any(window.censored for window in own)
        state = Coverage.CENSORED if censored else Coverage.REPORTED
        coverage = np.where(whole, state, np.where(some, Coverage.PARTIAL, Coverage.UNKNOWN))
        sums = {side: _add(opens, closes, mine[mine["side"] == side]) for side in SIDES}
        parts.append(_to_columns(market, exchange, sums, coverage))
    return _join(market, parts)


def align_sums(market: Market, sums: pd.DataFrame) -> pd.DataFrame:
    """Add published sums per bar, exchange and side.

    An interval counts in the bar that holds the whole of it. A bar that its intervals do not fill
    is NaN: intervals longer than a bar are never spread. Coins become USD at the bar's close where
    the source gives no USD.

    Parameters
    ----------
    market : Market
        Bars; only sums of its coin count.
    sums : DataFrame
        In the schema ``SUMS`` of `kanalo.market.liquidations`.

    Returns
    -------
    DataFrame of shape (n_bars, 3 × n_exchanges)
        As `align_events` gives it.

    Raises
    ------
    DataError
        If no sum is of the market's coin.
    """
    sums = _of_coin(market, sums)
    parts = []
    for exchange, mine in sums.groupby("exchange", sort=True):
        totals = [_align_symbol(market, group) for _, group in mine.groupby("symbol")]
        added = {side: np.add.reduce([each[side] for each in totals]) for side in SIDES}
        known = ~(np.isnan(added["long"]) | np.isnan(added["short"]))
        some = np.logical_or.reduce([each["some"] > 0 for each in totals])
        state = Coverage.CENSORED if mine["censored"].any() else Coverage.REPORTED
        coverage = np.where(known, state, np.where(some, Coverage.PARTIAL, Coverage.UNKNOWN))
        parts.append(_to_columns(market, str(exchange), added, coverage))
    return _join(market, parts)


def enough_coverage(market: Market) -> BoolArray:
    """Tell the bars of which some exchange reported every liquidation, from end to end.

    Parameters
    ----------
    market : Market
        With the reported liquidations that joined it.

    Returns
    -------
    bool array of shape (n_bars,)
        False everywhere where only throttled feeds were heard: they give lower bounds.
    """
    enough = np.zeros(len(market), dtype=np.bool_)
    for exchange in find_exchanges(market):
        enough |= market.known(COVERAGE_PREFIX + exchange) >= Coverage.REPORTED
    return enough


def combine(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join two sources of one market: of an exchange in both, the first counts where it is whole.

    The second one fills the bars that the first does not cover wholly.

    Parameters
    ----------
    first : DataFrame of shape (n_bars, k)
        Liquidation bars of the preferred source, in USD, with a coverage column for each exchange.
    second : DataFrame of shape (n_bars, m)
        The other source, on the same bars.

    Returns
    -------
    DataFrame of n_bars rows
        The exchanges of both.
    """
    joined = first.copy()
    for name in second.columns:
        exchange = str(name).removeprefix(COVERAGE_PREFIX)
        if exchange == name:
            continue
        columns = [*(usd_column(side, exchange) for side in SIDES), str(name)]
        if name in joined.columns:
            better = (joined[name] < Coverage.CENSORED) & (second[name] > joined[name])
            joined.loc[better, columns] = second.loc[better, columns]
        else:
            joined[columns] = second[columns]
    return joined


def _asked_for(market: Market, windows: Sequence[Window]) -> set[str]:
    """Return the exchanges whose recordings say that they asked for the market's coin."""
    mine = find_instrument(market.symbol)
    exchanges = set()
    for window in windows:
        each = find_instrument(window.symbol) if window.symbol else None
        if mine and each and each.base == mine.base:
            exchanges.add(window.exchange)
    return exchanges


def _of_coin(market: Market, table: pd.DataFrame, *, optional: bool = False) -> pd.DataFrame:
    mine = find_instrument(market.symbol)
    instruments = {symbol: find_instrument(str(symbol)) for symbol in table["symbol"].unique()}
    wanted = [
        symbol for symbol, each in instruments.items() if mine and each and each.base == mine.base
    ]
    if not wanted and not optional:
        raise DataError(
            f"{market.name or market.symbol}: expected liquidations of {market.symbol}; received "
            f"those of {', '.join(map(str, instruments)) or 'nothing'}."
        )
    return table[table["symbol"].isin(wanted)]


def _edges(market: Market) -> tuple[IntArray, IntArray]:
    opens = market.index.as_unit("ns").asi8
    return opens, opens + market.length.as_unit("ns").value


def _merge(windows: Sequence[Window], exchange: str) -> tuple[IntArray, IntArray]:
    """Return starts and ends of the union of windows, in ns and sorted."""
    if not windows:
        raise DataError(f"The events of {exchange} have no capture window; expected one or more.")
    spans: list[tuple[int, int]] = []
    for window in sorted(windows, key=lambda each: each.start):
        start, end = window.start.as_unit("ns").value, window.end.as_unit("ns").value
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    table = np.array(spans, dtype=np.int64)
    return table[:, 0], table[:, 1]


def _inside(opens: IntArray, closes: IntArray, spans: tuple[IntArray, IntArray]) -> BoolArray:
    starts, ends = spans
    span = np.searchsorted(starts, opens, side="right") - 1
    return (span >= 0) & (ends[np.maximum(span, 0)] >= closes)


def _touched(opens: IntArray, closes: IntArray, spans: tuple[IntArray, IntArray]) -> BoolArray:
    """Tell the bars that some span reaches: more have begun before their close than have ended."""
    starts, ends = (np.sort(edge) for edge in spans)
    return np.searchsorted(starts, closes) > np.searchsorted(ends, opens, side="right")


def _add(opens: IntArray, closes: IntArray, events: pd.DataFrame) -> FloatArray:
    """Sum the notional of events in [open, close); one that falls into a gap belongs to no bar."""
    times = pd.DatetimeIndex(events["time"]).as_unit("ns").asi8
    bar = np.searchsorted(opens, times, side="right") - 1
    inside = (bar >= 0) & (times < closes[np.maximum(bar, 0)])
    notional = events["notional_usd"].to_numpy(np.float64)
    return _per_bar(bar[inside], notional[inside], len(opens))


def _per_bar(bar: IntArray, amounts: FloatArray | IntArray, n_bars: int) -> FloatArray:
    # Without any row, bincount would count in integers.
    return np.bincount(bar, weights=amounts, minlength=n_bars).astype(np.float64)


def _align_symbol(market: Market, sums: pd.DataFrame) -> dict[str, FloatArray]:
    opens, closes = _edges(market)
    starts = pd.DatetimeIndex(sums["time"]).as_unit("ns").asi8
    ends = pd.DatetimeIndex(sums["end"]).as_unit("ns").asi8
    bar = np.searchsorted(opens, starts, side="right") - 1
    safe = np.maximum(bar, 0)
    inside = (bar >= 0) & (ends <= closes[safe])
    filled = _per_bar(bar[inside], (ends - starts)[inside], len(opens))
    whole = filled == closes - opens
    touched = _touched(opens, closes, (starts, ends))
    aligned = {"some": touched.astype(np.float64)}
    for side in SIDES:
        usd = sums[f"{side}_usd"].to_numpy(np.float64)
        coins = sums[f"{side}_quantity"].to_numpy(np.float64)
        usd = np.where(np.isnan(usd), coins * market.close[safe], usd)
        total = _per_bar(bar[inside], usd[inside], len(opens))
        aligned[side] = np.where(whole, total, np.nan)
    return aligned


def _to_columns(
    market: Market, exchange: str, sums: dict[str, FloatArray], coverage: npt.NDArray[np.int_]
) -> pd.DataFrame:
    known = coverage >= Coverage.CENSORED
    columns = {usd_column(side, exchange): np.where(known, sums[side], np.nan) for side in SIDES}
    columns[COVERAGE_PREFIX + exchange] = coverage.astype(np.float64)
    return pd.DataFrame(columns, index=market.index)


def _join(market: Market, parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=market.index)
