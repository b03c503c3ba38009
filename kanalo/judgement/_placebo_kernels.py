"""Kernels that place the trades of one draw at random bars where none overlaps another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kanalo._jit import kernel
from kanalo.typing import BoolArray, FloatArray, IntArray

HOME, MOVED, DROPPED = 0, 1, 2
"""Whether a trade was placed in its stratum, elsewhere, or nowhere."""


class Prices(NamedTuple):
    """Bars; all of shape (n_bars,)."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray


class UnplacedTrades(NamedTuple):
    """Trades without their place in time; all of shape (n_trades,)."""

    home: IntArray  # stratum
    side: npt.NDArray[np.int8]
    stop: FloatArray  # as fractions of the close, NaN for none
    target: FloatArray
    trail: FloatArray
    max_bars: IntArray


class Calendar(NamedTuple):
    """Bars by stratum: ``pool[pool_start[s]:pool_start[s + 1]]`` are those of stratum s."""

    pool: IntArray
    pool_start: IntArray
    strata: IntArray  # of every bar
    season_start: IntArray  # first bar of every season, and n_bars


@kernel
def find_end(
    taken: BoolArray, prices: Prices, trades: UnplacedTrades, trade: int, bar: int, first: int
) -> tuple[int, int]:
    """Return the bar that blocks a trade decided at ``bar``, -1 for none, and its last bar.

    Stop, target and trail end it as in the engine, but without slippage. ``first`` is 0 where they
    protect the entry bar itself, else 1. The end of the history blocks a trade that outlasts it.
    """
    n, side = len(taken), float(trades.side[trade])
    if taken[bar] or bar + 1 >= n:
        return bar, bar
    best = prices.open[bar + 1]
    stop = side * trades.stop[trade] * prices.close[bar]
    target = side * trades.target[trade] * prices.close[bar]
    for held in range(trades.max_bars[trade]):
        at = bar + 1 + held
        if at >= n or taken[at]:
            return at, at
        worst, top = (
            (prices.low[at], prices.high[at]) if side > 0 else (-prices.high[at], -prices.low[at])
        )
        trailed = side * best - best * trades.trail[trade]
        if held >= first and (worst <= stop or worst <= trailed or top >= target):
            return -1, at
        if side * prices.close[at] > side * best:
            best = prices.close[at]
    return -1, bar + trades.max_bars[trade]


@kernel
def find_room(
    taken: BoolArray,
    prices: Prices,
    trades: UnplacedTrades,
    calendar: Calendar,
    trade: int,
    window: tuple[int, int, int],
    home: int,
    first: int,
) -> tuple[int, int]:
    """Return a bar that has room for a trade, and the trade's last bar; -1, -1 where none has.

    ``window`` is low, high, start: it looks from start to high and then from low to start.
    ``home`` is the stratum that the bar must be of, or -1 for any.
    """
    low, high, start = window
    for leg in range(2):
        bar, stop = (start, high) if leg == 0 else (low, start)
        while bar < stop:
            if home >= 0 and calendar.strata[bar] != home:
                bar += 1
                continue
            blocker, last = find_end(taken, prices, trades, trade, bar, first)
            if blocker < 0:
                return bar, last
            bar = blocker + 1
    return -1, -1


@kernel
def place(
    prices: Prices,
    trades: UnplacedTrades,
    calendar: Calendar,
    order: IntArray,
    uniforms: FloatArray,
    first: int,
    taken: BoolArray,
    bars: IntArray,
    states: npt.NDArray[np.int8],
) -> None:
    """Write the decision bar of every trade into ``bars``, -1 where there is no room for it.

    Each trade, in ``order``, tries bars of its own stratum drawn by ``uniforms`` of shape
    (n_trades, tries + 1); where they have no room it walks through its stratum, its season and all
    bars from a random one on.
    """
    taken[:] = False
    n, tries = len(taken), uniforms.shape[1] - 1
    per_season = (len(calendar.pool_start) - 1) // (len(calendar.season_start) - 1)
    for i in range(len(order)):
        trade = order[i]
        home, bar, last, state = trades.home[trade], -1, -1, HOME
        begin = calendar.pool_start[home]
        size = calendar.pool_start[home + 1] - begin
        for k in range(tries):
            drawn = calendar.pool[begin + int(uniforms[trade, k] * size)]
            blocker, last = find_end(taken, prices, trades, trade, drawn, first)
            if blocker < 0:
                bar = drawn
                break
        if bar < 0:
            season = home // per_season
            low, high = calendar.season_start[season], calendar.season_start[season + 1]
            window = (low, high, low + int(uniforms[trade, tries] * (high - low)))
            bar, last = find_room(taken, prices, trades, calendar, trade, window, home, first)
            if bar < 0:
                state = MOVED
                bar, last = find_room(taken, prices, trades, calendar, trade, window, -1, first)
            if bar < 0:
                window = (0, n, window[2])
                bar, last = find_room(taken, prices, trades, calendar, trade, window, -1, first)
        if bar < 0:
            state = DROPPED
        else:
            taken[bar : last + 1] = True
        bars[trade], states[trade] = bar, state
