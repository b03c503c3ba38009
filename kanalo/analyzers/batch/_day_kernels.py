"""Sums of daily returns, alone and beside a benchmark's.

Each is added up in one order, the same wherever and whenever it was compiled: a sweep that was
interrupted and resumed equals one that was not, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable

from kanalo._jit import inlined
from kanalo.analyzers.batch._sum_layout import (
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
)
from kanalo.typing import FloatArray

_DAYS = 32
Term = Callable[[float, float, float, float], tuple[float, float, float]]


@inlined
def add_days(daily: FloatArray, cash: float, sums: FloatArray, returns: FloatArray) -> int:
    """Turn the last equity of each day into daily returns and add them up.

    Returns
    -------
    int
        How many days have a return: those behind ruin have none.
    """
    n = _count_alive(daily)
    returns[0] = daily[0] / cash - 1
    for day in range(1, n):
        returns[day] = daily[day] / daily[day - 1] - 1
    made = returns[:n]
    total, losses, downside = _add_up(_falls, made, made, 0.0, 0.0)
    squares, _, _ = _add_up(_squares, made, made, total / n, 0.0)
    sums[N_DAYS], sums[SUM_DAYS], sums[SQUARES_DAYS] = n, total, squares
    sums[SUM_GAINS], sums[SUM_LOSSES], sums[SQUARES_DOWNSIDE] = total - losses, losses, downside
    sums[DAILY_DEPTH] = _find_depth(daily[:n], cash)
    return n


@inlined
def _count_alive(daily: FloatArray) -> int:
    """Count the days up to the first without equity, that one included."""
    # The first pass has no early exit and is vectorised; ruin is rare, so the second seldom runs.
    ruined = 0
    for day in range(len(daily)):
        ruined += daily[day] <= 0
    n = len(daily)
    if ruined:
        n = 1
        while daily[n - 1] > 0:
            n += 1
    return n


@inlined
def _find_depth(daily: FloatArray, peak: float) -> float:
    """Return the deepest drawdown; stretches without a new peak are looked at whole."""
    depth, start = 0.0, 0
    while start < len(daily):
        stop = min(start + _DAYS, len(daily))
        # Most stretches make neither a new peak nor a deeper drawdown. Counting such days first has
        # no branch, so it is vectorised; only stretches with one are walked in order.
        higher, floor = 0, (1 + depth) * peak
        for day in range(start, stop):
            higher += (daily[day] > peak) | (daily[day] < floor)
        if higher:
            for day in range(start, stop):
                peak = max(peak, daily[day])
                if daily[day] < (1 + depth) * peak:
                    depth = min(depth, daily[day] / peak - 1)
        start = stop
    return depth


@inlined
def compare_days(
    returns: FloatArray,
    growth: float,
    benchmark: Benchmark,
    sums: FloatArray,
    room: FloatArray,
    compared: FloatArray,
) -> None:
    """Compare daily returns, which grew to ``growth``, with a benchmark's over the days of both.

    ``room`` of shape (2, n_days) takes the days that are known where not all are.
    """
    n, other = len(returns), benchmark.returns[: len(returns)]
    days, mean, squares = n, sums[SUM_DAYS] / n, sums[SQUARES_DAYS]
    # Where the benchmark is known on every day its sums are ready and ours are those of all days;
    # only otherwise are the common days copied and described anew.
    if benchmark.days < len(benchmark.known):
        days = _keep_known(returns, benchmark, room)
        returns, other = room[0, :days], room[1, :days]
        mean, squares, growth = _describe(returns)
    compared[N_COMMON] = min(days, len(other))
    if compared[N_COMMON] == 0:
        return
    theirs, their_squares, their_growth = benchmark.mean, benchmark.squares, benchmark.growth
    if n < len(benchmark.known):
        theirs, their_squares, their_growth = _describe(other)
    products, active, _ = _add_up(_products, returns, other, mean, theirs)
    compared[MEAN_OURS], compared[MEAN_THEIRS], compared[MEAN_ACTIVE] = mean, theirs, mean - theirs
    compared[SQUARES_OURS], compared[SQUARES_THEIRS] = squares, their_squares
    compared[PRODUCTS], compared[SQUARES_ACTIVE] = products, active
    compared[GROWTH_OURS], compared[GROWTH_THEIRS] = growth, their_growth


@inlined
def _keep_known(returns: FloatArray, benchmark: Benchmark, room: FloatArray) -> int:
    """Put the days on which the benchmark is known behind one another, and count them."""
    n = 0
    for day in range(len(returns)):
        if benchmark.known[day] > 0:
            room[0, n], room[1, n] = returns[day], benchmark.returns[day]
            n += 1
    return n


@inlined
def _describe(returns: FloatArray) -> tuple[float, float, float]:
    """Return the mean, the summed squares of the distances from it, and the growth."""
    n, growth = max(len(returns), 1), 1.0
    total, _, _ = _add_up(_falls, returns, returns, 0.0, 0.0)
    squares, _, _ = _add_up(_squares, returns, returns, total / n, 0.0)
    for day in range(len(returns)):
        growth *= 1 + returns[day]
    return total / n, squares, growth


# -- sums over days --------------------------------------------------------------------------------


@inlined
def _falls(x: float, _y: float, _a: float, _b: float) -> tuple[float, float, float]:
    low = x if x < 0 else 0.0
    return x, low, low * low


@inlined
def _squares(x: float, _y: float, a: float, _b: float) -> tuple[float, float, float]:
    return (x - a) * (x - a), 0.0, 0.0


@inlined
def _products(x: float, y: float, a: float, b: float) -> tuple[float, float, float]:
    one, other = x - a, y - b
    return one * other, (one - other) * (one - other), 0.0


@inlined
def _add_up(
    term: Term, x: FloatArray, y: FloatArray, a: float, b: float
) -> tuple[float, float, float]:
    """Sum three terms of each day, each with four accumulators: one would be bound by latency."""
    # The order of additions is written out and not left to the compiler, which may choose another
    # one on another machine: a resumed sweep has to equal an uninterrupted one to the last bit.
    one = two = three = four = 0.0
    five = six = seven = eight = 0.0
    nine = ten = eleven = twelve = 0.0
    whole = len(x) - len(x) % 4
    for i in range(0, whole, 4):
        p, q, r = term(x[i], y[i], a, b)
        one, five, nine = one + p, five + q, nine + r
        p, q, r = term(x[i + 1], y[i + 1], a, b)
        two, six, ten = two + p, six + q, ten + r
        p, q, r = term(x[i + 2], y[i + 2], a, b)
        three, seven, eleven = three + p, seven + q, eleven + r
        p, q, r = term(x[i + 3], y[i + 3], a, b)
        four, eight, twelve = four + p, eight + q, twelve + r
    for i in range(whole, len(x)):
        p, q, r = term(x[i], y[i], a, b)
        one, five, nine = one + p, five + q, nine + r
    first, second = (one + two) + (three + four), (five + six) + (seven + eight)
    return first, second, (nine + ten) + (eleven + twelve)
