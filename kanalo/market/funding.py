"""The funding calendar of a perpetual and the funding rate that falls into each bar (rule 18).

A table of stamps says itself when funding was due: every stamp of it is charged, whatever its
interval. Where it is silent, stamps are assumed: before its first and after its last one at 00:00,
08:00 and 16:00 UTC, and between two stamps that are further apart than the interval. A bar with
several stamps in which the table begins is still before it: all of them are assumed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.market.market import FUNDING_HOURS, Market
from kanalo.typing import FloatArray, IntArray

_HOUR = 3_600_000_000_000
_STEP = FUNDING_HOURS * _HOUR
STAMPS, ASSUMED = "funding_stamps", "funding_assumed"
"""Context columns: how many stamps are due in a bar, and how many of them the table lacks."""


def funding_due(market: Market) -> IntArray:
    """Return how many funding stamps fall in (open, close] of each bar; 0 off a perpetual.

    Returns
    -------
    int64 array of shape (n_bars,)
        Those of the market's table of funding and those assumed where it is silent. Without such a
        table stamps are 00:00, 08:00 and 16:00 UTC: one for every eighth hourly bar, three for a
        day.
    """
    if STAMPS in market.context.columns:
        return np.where(market.perpetual, market.context[STAMPS].to_numpy(np.int64), 0)
    opens, closes = _edges(market)
    return np.where(market.perpetual, closes // _STEP - opens // _STEP, 0)


def funding_assumed(market: Market) -> IntArray:
    """Return how many of the stamps that are due in each bar the data do not cover.

    Returns
    -------
    int64 array of shape (n_bars,)
        0 off a perpetual. Without a table of funding all stamps of a bar whose rate is NaN.
    """
    due = funding_due(market)
    if ASSUMED in market.context.columns:
        return np.where(due > 0, market.context[ASSUMED].to_numpy(np.int64), 0)
    return np.where(np.isnan(market.known("funding_rate")), due, 0)


def align_funding(market: Market, table: pd.DataFrame) -> FloatArray:
    """Return the funding that falls into each bar: the sum of the stamps in (open, close].

    Parameters
    ----------
    market : Market
        Bars; only those on a perpetual are due any funding.
    table : DataFrame
        ``funding_rate`` (a fraction; longs pay a positive rate) on a sorted UTC index of stamps,
        and ``interval_hours`` (hours from a stamp to the next) where the source says it.

    Returns
    -------
    float64 array of shape (n_bars,)
        0 where none is due; NaN where stamps are due and the rate of none is in the table. A
        stamp that falls into a gap of the bars belongs to none.
    """
    return join_funding(market, table)["funding_rate"].to_numpy(np.float64)


def join_funding(market: Market, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of `align_funding` with the number of stamps behind it.

    Parameters
    ----------
    market : Market
        Bars; only those on a perpetual are due any funding.
    table : DataFrame
        As `align_funding` takes it; a stamp without a rate counts as assumed.

    Returns
    -------
    DataFrame of shape (n_bars, 3)
        On the index of the bars: ``funding_rate``, ``funding_stamps`` (how many are due) and
        ``funding_assumed`` (how many of those have no rate).
    """
    opens, closes = _edges(market)
    stamps = pd.DatetimeIndex(table.index).as_unit("ns").asi8
    rates = table["funding_rate"].to_numpy(np.float64)
    silent = find_assumed(table, int(opens[0]), int(closes[-1])) if len(opens) else stamps[:0]
    unknown = np.sort(np.concatenate([silent, stamps[np.isnan(rates)]]))
    stamps, rates = stamps[~np.isnan(rates)], rates[~np.isnan(rates)]
    known = np.where(market.perpetual, _count(stamps, opens, closes), 0)
    assumed = np.where(market.perpetual, _count(unknown, opens, closes), 0)
    if len(stamps):
        begins = (opens < stamps[0]) & (closes >= stamps[0]) & (assumed > 0)
        assumed, known = np.where(begins, known + assumed, assumed), np.where(begins, 0, known)
    total = _add_up(stamps, rates, opens, closes)
    total = np.where(known > 0, total, np.where(assumed > 0, np.nan, 0.0))
    columns = {"funding_rate": total, STAMPS: known + assumed, ASSUMED: assumed}
    return pd.DataFrame(columns, index=market.index)


def find_assumed(table: pd.DataFrame, start: int, stop: int) -> IntArray:
    """Return the stamps at which funding is assumed because a table is silent there.

    Parameters
    ----------
    table : DataFrame
        As `align_funding` takes it.
    start, stop : int
        Nanoseconds since 1970: stamps in (start, stop] are asked for.

    Returns
    -------
    int64 array
        Sorted nanoseconds. Between two stamps of the table they lie at the interval of the earlier
        one (8 hours where the table has none), before its first and after its last at 00:00, 08:00
        and 16:00 UTC.
    """
    stamps = pd.DatetimeIndex(table.index).as_unit("ns").asi8
    grid = np.arange((start // _STEP + 1) * _STEP, stop + 1, _STEP, dtype=np.int64)
    if not len(stamps):
        return grid
    step = _steps(table)[:-1]
    holes = np.flatnonzero(np.diff(stamps) > step)
    inside = [np.arange(stamps[i] + step[i], stamps[i + 1], step[i]) for i in holes]
    assumed = [grid[grid < stamps[0]], *inside, grid[grid > stamps[-1]]]
    return np.concatenate(assumed).astype(np.int64)


def funding_coverage(market: Market) -> float:
    """Return the share of due funding stamps that the data cover; NaN where none is due."""
    due = funding_due(market)
    covered = (due - funding_assumed(market)).sum()
    return float(covered / due.sum()) if due.any() else float("nan")


def _steps(table: pd.DataFrame) -> IntArray:
    """Return the nanoseconds from each stamp to the one that is due next."""
    if "interval_hours" not in table.columns:
        return np.full(len(table), _STEP)
    hours = table["interval_hours"].to_numpy(np.float64)
    usable = np.isfinite(hours) & (hours > 0)
    return np.where(usable, np.where(usable, hours, 0) * _HOUR, _STEP).astype(np.int64)


def _count(stamps: IntArray, opens: IntArray, closes: IntArray) -> IntArray:
    """Count the stamps in (open, close] of each bar."""
    first = np.searchsorted(stamps, opens, side="right")
    return np.searchsorted(stamps, closes, side="right") - first


def _add_up(stamps: IntArray, rates: FloatArray, opens: IntArray, closes: IntArray) -> FloatArray:
    """Add up the rates in (open, close] of each bar.

    Adding stamp by stamp keeps a bar with one stamp exact, as a difference of sums would not.
    """
    first = np.searchsorted(stamps, opens, side="right")
    stop = np.searchsorted(stamps, closes, side="right")
    total = np.zeros(len(opens))
    for offset in range(int((stop - first).max(initial=0))):
        inside = first + offset < stop
        total[inside] += rates[first[inside] + offset]
    return total


def _edges(market: Market) -> tuple[IntArray, IntArray]:
    opens = market.index.as_unit("ns").asi8
    return opens, opens + market.length.as_unit("ns").value
