"""The funding calendar of the perpetual and the funding rate that falls into each bar."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.market.market import FUNDING_HOURS, FloatArray, Market

IntArray = npt.NDArray[np.int64]

_STEP = FUNDING_HOURS * 3_600_000_000_000


def funding_due(market: Market) -> IntArray:
    """Return how many funding stamps fall in (open, close] of each bar; 0 off a perpetual.

    Returns
    -------
    int64 array of shape (n_bars,)
        Stamps are 00:00, 08:00 and 16:00 UTC: one for every eighth hourly bar, three for a day.
    """
    opens, closes = _edges(market)
    return np.where(market.perpetual, closes // _STEP - opens // _STEP, 0)


def align_funding(market: Market, table: pd.DataFrame) -> FloatArray:
    """Return the funding that falls into each bar: the sum of the stamps in (open, close].

    Parameters
    ----------
    market : Market
        Bars; only those on a perpetual are due any funding.
    table : DataFrame
        ``funding_rate`` (a fraction; longs pay a positive rate) on a sorted UTC index of stamps.

    Returns
    -------
    float64 array of shape (n_bars,)
        0 where none is due; NaN where the table lacks a stamp that is due or its rate is NaN. A
        stamp that falls into a gap of the bars belongs to none.
    """
    opens, closes = _edges(market)
    stamps = pd.DatetimeIndex(table.index).as_unit("ns").asi8
    rates = table["funding_rate"].to_numpy(np.float64)
    first = np.searchsorted(stamps, opens, side="right")
    stop = np.searchsorted(stamps, closes, side="right")
    due = funding_due(market)
    total = np.zeros(len(market))
    # Adding stamp by stamp keeps a bar with one stamp exact, as a difference of sums would not.
    for offset in range(int((stop - first).max(initial=0))):
        inside = first + offset < stop
        total[inside] += rates[first[inside] + offset]
    total[stop - first < due] = np.nan
    return np.where(due > 0, total, 0.0)


def funding_coverage(market: Market) -> float:
    """Return the share of due funding stamps that the data cover; NaN where none is due."""
    due = funding_due(market)
    covered = due[~np.isnan(market.known("funding_rate"))].sum()
    return float(covered / due.sum()) if due.any() else float("nan")


def _edges(market: Market) -> tuple[IntArray, IntArray]:
    opens = market.index.as_unit("ns").asi8
    return opens, opens + market.length.as_unit("ns").value
