"""Kernels that place the trades of one draw at random bars where none overlaps another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kanalo._jit import kernel

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

HOME, MOVED, DROPPED = 0, 1, 2
"""Whether a trade was placed in its stratum, elsewhere, or nowhere."""


@kernel
def find_taken(taken: BoolArray, bar: int, span: int) -> int:
    """Return the last taken bar in [bar, bar + span], -1 if all are free.

    A span that reaches beyond the end is blocked by the end.
    """
    n = len(taken)
    if bar + span >= n:
        return n
    for at in range(bar + span, bar - 1, -1):
        if taken[at]:
            return at
    return -1


@kernel
def find_room(
    taken: BoolArray, strata: IntArray, low: int, high: int, start: int, span: int, home: int
) -> int:
    """Return the first bar from ``start`` on, around in [low, high), with room for a span.

    ``home`` is the stratum that the bar must be of, or -1 for any; -1 is returned where there is no
    such bar.
    """
    for leg in range(2):
        bar, stop = (start, high) if leg == 0 else (low, start)
        while bar < stop:
            if home >= 0 and strata[bar] != home:
                bar += 1
                continue
            blocker = find_taken(taken, bar, span)
            if blocker < 0:
                return bar
            bar = blocker + 1
    return -1


@kernel
def place(
    pool: IntArray,
    pool_start: IntArray,
    strata: IntArray,
    season_start: IntArray,
    homes: IntArray,
    held: IntArray,
    max_bars: IntArray,
    order: IntArray,
    uniforms: npt.NDArray[np.float64],
    taken: BoolArray,
    bars: IntArray,
    states: npt.NDArray[np.int8],
) -> None:
    """Write the decision bar of every trade into ``bars``, -1 where there is no room for it.

    Each trade, in ``order``, tries bars of its own stratum drawn by ``uniforms`` that have room for
    the longest that it may last; where they have not, it walks through its stratum, its season and
    all bars from a random one on, for room as long as the real trade was held. ``pool`` holds the
    bars by stratum, ``strata`` the stratum of every bar; a season has as many strata as
    ``len(pool_start) - 1`` over ``len(season_start) - 1``.
    """
    taken[:] = False
    n, tries = len(taken), uniforms.shape[1] - 1
    per_season = (len(pool_start) - 1) // (len(season_start) - 1)
    for i in range(len(order)):
        trade = order[i]
        home, span, bar, state = homes[trade], max_bars[trade], -1, HOME
        first, size = pool_start[home], pool_start[home + 1] - pool_start[home]
        for k in range(tries):
            drawn = pool[first + int(uniforms[trade, k] * size)]
            if find_taken(taken, drawn, span) < 0:
                bar = drawn
                break
        if bar < 0:
            span = held[trade]
            low, high = season_start[home // per_season], season_start[home // per_season + 1]
            start = low + int(uniforms[trade, tries] * (high - low))
            bar = find_room(taken, strata, low, high, start, span, home)
            if bar < 0:
                state = MOVED
                bar = find_room(taken, strata, low, high, start, span, -1)
            if bar < 0:
                bar = find_room(taken, strata, 0, n, start, span, -1)
        if bar < 0:
            state = DROPPED
        else:
            taken[bar : bar + span + 1] = True
        bars[trade], states[trade] = bar, state
