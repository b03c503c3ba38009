"""Sums of daily returns, alone and beside a benchmark's.

Each is added up in one order, the same wherever and whenever it was compiled: a sweep that was
interrupted and resumed equals one that was not, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable

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
Term = Callable[[float, float, float, float, float], tuple[float, float, float]]


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
    made = returns[:n]
    total, losses, downside = _add_up(_falls, made, made, made, 0.0, 0.0)
    mean = total / n
    squares, _, _ = _add_up(_squares, made, made, made, mean, 0.0)
    sums[N_DAYS], sums[SUM_DAYS], sums[SQUARES_DAYS] = n, total, squares
    sums[SUM_GAINS], sums[SUM_LOSSES], sums[SQUARES_DOWNSIDE] = total - losses, losses, downside
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
    n = len(returns)
    days, theirs, squares, growth = _describe(benchmark, n)
    compared[N_COMMON] = days
    if days == 0:
        return
    known, other = benchmark.known[:n], benchmark.returns[:n]
    ours, _, _ = _add_up(_weights, known, returns, returns, 0.0, 0.0)
    ours /= days
    mine, products, active = _add_up(_products, known, returns, other, ours, theirs)
    compared[MEAN_OURS], compared[MEAN_THEIRS], compared[MEAN_ACTIVE] = ours, theirs, ours - theirs
    compared[SQUARES_OURS], compared[SQUARES_THEIRS] = mine, squares
    compared[PRODUCTS], compared[SQUARES_ACTIVE] = products, active
    compared[GROWTH_OURS], compared[GROWTH_THEIRS] = _grow(known, returns), growth


@part
def _describe(benchmark: Benchmark, n: int) -> tuple[float, float, float, float]:
    """Return days, mean, squared distances and growth of the first ``n`` days of a benchmark."""
    if n == len(benchmark.known):
        return benchmark.days, benchmark.mean, benchmark.squares, benchmark.growth
    days, total, squares, growth = 0.0, 0.0, 0.0, 1.0
    for day in range(min(n, len(benchmark.known))):
        days += benchmark.known[day]
        total += benchmark.returns[day]
        growth *= 1 + benchmark.returns[day]
    mean = total / max(days, 1.0)
    for day in range(min(n, len(benchmark.known))):
        distance = benchmark.known[day] * (benchmark.returns[day] - mean)
        squares += distance * distance
    return days, mean, squares, growth


# -- sums over days --------------------------------------------------------------------------------


@part
def _falls(_known: float, x: float, _y: float, _a: float, _b: float) -> tuple[float, float, float]:
    low = x if x < 0 else 0.0
    return x, low, low * low


@part
def _squares(_known: float, x: float, _y: float, a: float, _b: float) -> tuple[float, float, float]:
    return (x - a) * (x - a), 0.0, 0.0


@part
def _weights(known: float, x: float, _y: float, _a: float, _b: float) -> tuple[float, float, float]:
    return known * x, 0.0, 0.0


@part
def _products(known: float, x: float, y: float, a: float, b: float) -> tuple[float, float, float]:
    one, other = known * (x - a), known * (y - b)
    return one * one, one * other, (one - other) * (one - other)


@part
def _add_up(
    term: Term, known: FloatArray, x: FloatArray, y: FloatArray, a: float, b: float
) -> tuple[float, float, float]:
    """Sum three terms of each day, each in four sums side by side: one would wait for itself."""
    one = two = three = four = 0.0
    five = six = seven = eight = 0.0
    nine = ten = eleven = twelve = 0.0
    whole = len(x) - len(x) % 4
    for i in range(0, whole, 4):
        p, q, r = term(known[i], x[i], y[i], a, b)
        one, five, nine = one + p, five + q, nine + r
        p, q, r = term(known[i + 1], x[i + 1], y[i + 1], a, b)
        two, six, ten = two + p, six + q, ten + r
        p, q, r = term(known[i + 2], x[i + 2], y[i + 2], a, b)
        three, seven, eleven = three + p, seven + q, eleven + r
        p, q, r = term(known[i + 3], x[i + 3], y[i + 3], a, b)
        four, eight, twelve = four + p, eight + q, twelve + r
    for i in range(whole, len(x)):
        p, q, r = term(known[i], x[i], y[i], a, b)
        one, five, nine = one + p, five + q, nine + r
    first, second = (one + two) + (three + four), (five + six) + (seven + eight)
    return first, second, (nine + ten) + (eleven + twelve)


@part
def _grow(known: FloatArray, returns: FloatArray) -> float:
    """Multiply the growth of each day, in four products side by side."""
    one = two = three = four = 1.0
    whole = len(returns) - len(returns) % 4
    for i in range(0, whole, 4):
        one *= 1 + known[i] * returns[i]
        two *= 1 + known[i + 1] * returns[i + 1]
        three *= 1 + known[i + 2] * returns[i + 2]
        four *= 1 + known[i + 3] * returns[i + 3]
    for i in range(whole, len(returns)):
        one *= 1 + known[i] * returns[i]
    return (one * two) * (three * four)
