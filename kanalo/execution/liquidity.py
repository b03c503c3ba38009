"""What a market trades in a day before each bar: the scale of market impact (rule 17).

The volatility σ and the turnover V of the last 20 complete UTC days before a bar opens, of the same
venue without a change between. Nothing of the bar's own day is looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.typing import FloatArray, IntArray

DAYS, FEWEST_DAYS = 20, 5
"""Days that are looked at, and how many must be there."""

THIN_SHARE = 0.1
"""Share of its bar's volume above which a fill is counted as thin."""

_DAY = 86_400_000_000_000


class Liquidity(NamedTuple):
    """Volatility and turnover of a day as known at the open of each bar; shape (n_bars,).

    NaN where fewer than five days of the venue are known, and where bars are longer than a day.
    """

    volatility: FloatArray  # standard deviation of daily log returns
    turnover: FloatArray  # mean Σ volume × close of a day, quote currency


def calc_liquidity(market: Market) -> Liquidity:
    """Compute the volatility and the turnover of a day as known at the open of each bar.

    ``σ = std(log(close[d] / close[d-1]), ddof=1)`` and ``V = mean(Σ volume × close)`` over the last
    20 days d that were complete at the bar's open, the days before the market was cut included.

    Parameters
    ----------
    market : Market
        The bars.

    Returns
    -------
    Liquidity
    """
    n = len(market)
    if market.length > pd.Timedelta(days=1):
        return Liquidity(np.full(n, np.nan), np.full(n, np.nan))
    day, close, value, venue = _list_bars(market)
    ends = np.flatnonzero(np.diff(day, append=day[-1] + 1))
    days, venues, last = day[ends], venue[ends], close[ends]
    turnover = np.add.reduceat(value, np.r_[0, ends[:-1] + 1])
    same = np.r_[False, venues[1:] == venues[:-1]]  # a return needs two days of one venue
    returns = np.where(same, np.log(last / np.r_[last[0], last[:-1]]), np.nan)
    length = _count_run(same)
    volatility, mean = _summarise(returns, turnover, length)
    before = np.searchsorted(days, market.index.as_unit("ns").asi8 // _DAY) - 1
    usable = (before >= 0) & (venues[np.maximum(before, 0)] == market.venue)
    usable &= mean[np.maximum(before, 0)] > 0
    return Liquidity(*(np.where(usable, each[before], np.nan) for each in (volatility, mean)))


def _list_bars(market: Market) -> tuple[IntArray, FloatArray, FloatArray, np.ndarray]:
    """Return day, close, turnover and venue of every bar, those before the market was cut first."""
    time, close, volume = market.index.as_unit("ns").asi8, market.close, market.volume
    venue = market.venue.astype(object)
    if market.earlier is not None:
        past = market.earlier
        time = np.concatenate([pd.DatetimeIndex(past.index).as_unit("ns").asi8, time])
        close = np.concatenate([past["close"].to_numpy(np.float64), close])
        volume = np.concatenate([past["volume"].to_numpy(np.float64), volume])
        venue = np.concatenate([past["venue"].to_numpy(object), venue])
    return time // _DAY, close, volume * close, venue


def _count_run(same: np.ndarray) -> IntArray:
    """Count the days in a row, up to each, whose return is known."""
    index = np.arange(len(same))
    broken = np.maximum.accumulate(np.where(same, -1, index))
    return index - broken


def _summarise(
    returns: FloatArray, turnover: FloatArray, length: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the spread of returns and the mean turnover of up to 20 days up to each day."""
    volatility, mean = np.full(len(returns), np.nan), np.full(len(returns), np.nan)
    full = np.flatnonzero(length >= DAYS)
    if len(full):
        view = np.lib.stride_tricks.sliding_window_view
        volatility[full] = view(returns, DAYS)[full - DAYS + 1].std(axis=1, ddof=1)
        mean[full] = view(turnover, DAYS)[full - DAYS + 1].mean(axis=1)
    for day in np.flatnonzero((length >= FEWEST_DAYS) & (length < DAYS)):
        part = slice(day - length[day] + 1, day + 1)
        volatility[day], mean[day] = returns[part].std(ddof=1), turnover[part].mean()
    return volatility, mean
