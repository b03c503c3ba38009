"""Sums of shares of equity, of daily returns alone and beside a benchmark's.

Each is added up in one order, the same wherever and whenever it was compiled: a sweep that was
interrupted and resumed equals one that was not, to the last bit.
"""

from __future__ import annotations

from kanalo._jit import part
from kanalo.analyzers._layout import (
    DAILY_DEPTH,
    GROWTH_OURS,
    GROWTH_THEIRS,
    MEAN_ACTIVE,
    MEAN_OURS,
    MEAN_THEIRS,
    N_COMMON,
    N_DAYS,
    PRODUCTS,
    SQUARES_ACTIVE,
    SQUARES_DAYS,
    SQUARES_DOWNSIDE,
    SQUARES_OURS,
    SQUARES_THEIRS,
    SUM_DAYS,
    SUM_GAINS,
    SUM_LOSSES,
    Benchmark,
    FloatArray,
)

_DAYS = 32


@part
def sum_shares(closes: FloatArray, net: FloatArray, base: float, quantity: float) -> float:
    """Sum close / equity over bars, in four sums side by side: one would wait for each division."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = len(closes) - len(closes) % 4
    for i in range(0, whole, 4):
        first += closes[i] / (base + quantity * net[i])
        second += closes[i + 1] / (base + quantity * net[i + 1])
        third += closes[i + 2] / (base + quantity * net[i + 2])
        fourth += closes[i + 3] / (base + quantity * net[i + 3])
    for i in range(whole, len(closes)):
        first += closes[i] / (base + quantity * net[i])
    return (first + second) + (third + fourth)


@part
def add_days(daily: FloatArray, cash: float, sums: FloatArray, returns: FloatArray) -> int:
    """Turn the last equity of each day into daily returns and add them up.

    Returns
    -------
    int
        How many days have a return: those behind ruin have none.
    """
    n = 1
    while n < len(daily) and daily[n - 1] > 0:
        n += 1
    returns[0] = daily[0] / cash - 1
    for day in range(1, n):
        returns[day] = daily[day] / daily[day - 1] - 1
    total, gains, losses, downside = 0.0, 0.0, 0.0, 0.0
    for day in range(n):
        low = returns[day] if returns[day] < 0 else 0.0
        total += returns[day]
        gains += returns[day] - low
        losses += low
        downside += low * low
    mean, squares = total / n, 0.0
    for day in range(n):
        squares += (returns[day] - mean) * (returns[day] - mean)
    sums[N_DAYS], sums[SUM_DAYS], sums[SQUARES_DAYS] = n, total, squares
    sums[SUM_GAINS], sums[SUM_LOSSES], sums[SQUARES_DOWNSIDE] = gains, losses, downside
    sums[DAILY_DEPTH] = _find_depth(daily[:n], cash)
    return n


@part
def _find_depth(daily: FloatArray, peak: float) -> float:
    """Return the deepest drawdown; stretches without a new peak are looked at whole."""
    depth, start = 0.0, 0
    while start < len(daily):
        stop = min(start + _DAYS, len(daily))
        lowest = highest = daily[start]
        for day in range(start, stop):
            lowest = daily[day] if daily[day] < lowest else lowest
            highest = daily[day] if daily[day] > highest else highest
        if highest <= peak:
            if lowest < (1 + depth) * peak:
                depth = min(depth, lowest / peak - 1)
        else:
            for day in range(start, stop):
                peak = max(peak, daily[day])
                if daily[day] < (1 + depth) * peak:
                    depth = min(depth, daily[day] / peak - 1)
        start = stop
    return depth


@part
def compare_days(returns: FloatArray, benchmark: Benchmark, compared: FloatArray) -> None:
    """Compare daily returns with a benchmark's over the days that both have."""
    if len(benchmark.known) == 0:
        return
    days, ours, theirs = 0.0, 0.0, 0.0
    growth_ours, growth_theirs = 1.0, 1.0
    theirs_of, known = benchmark.returns, benchmark.known
    for day in range(len(returns)):
        days += known[day]
        ours += known[day] * returns[day]
        theirs += theirs_of[day]
        growth_ours *= 1 + known[day] * returns[day]
        growth_theirs *= 1 + theirs_of[day]
    compared[N_COMMON] = days
    if days == 0:
        return
    ours, theirs = ours / days, theirs / days
    squares_ours, squares_theirs, products, squares_active = 0.0, 0.0, 0.0, 0.0
    for day in range(len(returns)):
        a, b = known[day] * (returns[day] - ours), known[day] * (theirs_of[day] - theirs)
        squares_ours += a * a
        squares_theirs += b * b
        products += a * b
        squares_active += (a - b) * (a - b)
    compared[MEAN_OURS], compared[MEAN_THEIRS] = ours, theirs
    compared[SQUARES_OURS], compared[SQUARES_THEIRS] = squares_ours, squares_theirs
    compared[PRODUCTS] = products
    compared[MEAN_ACTIVE], compared[SQUARES_ACTIVE] = ours - theirs, squares_active
    compared[GROWTH_OURS], compared[GROWTH_THEIRS] = growth_ours, growth_theirs
