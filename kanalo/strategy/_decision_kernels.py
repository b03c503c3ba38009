"""Look over decisions in one pass: a sweep makes thousands of them, and nearly all are sound."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray


@kernel
def are_sound(
    n_bars: int,
    entries: IntArray,
    side: npt.NDArray[np.int8],
    stop: FloatArray,
    target: FloatArray,
    trail: FloatArray,
    size: FloatArray,
    max_bars: IntArray,
) -> bool:
    """Tell whether market entries are sound; where they are not, others say why.

    NaN is no price and no trail, and every comparison with it is False. One loop a rule: each of
    them handles many entries at a time.
    """
    n, wrong = len(entries), False
    if n == 0:
        return True
    for i in range(n - 1):
        wrong |= entries[i + 1] <= entries[i]
    for i in range(n):
        wrong |= max_bars[i] < 0
    for i in range(n):
        wrong |= side[i] * side[i] != 1
    for i in range(n):
        wrong |= (not size[i] > 0) | (not size[i] < math.inf)
        wrong |= (trail[i] <= 0) | (trail[i] >= 1)
    for i in range(n):
        wrong |= (stop[i] <= 0) | (stop[i] == math.inf)
        wrong |= (target[i] <= 0) | (target[i] == math.inf)
    for i in range(n):
        wrong |= side[i] * (target[i] - stop[i]) <= 0
    return not wrong and entries[0] >= 0 and entries[n - 1] < n_bars


@kernel
def are_bars(n_bars: int, bars: IntArray) -> bool:
    """Tell whether bars exist and are strictly increasing."""
    n, wrong = len(bars), False
    if n == 0:
        return True
    for i in range(n - 1):
        wrong |= bars[i + 1] <= bars[i]
    return not wrong and bars[0] >= 0 and bars[n - 1] < n_bars


@kernel
def merge(longs: IntArray, shorts: IntArray, entries: IntArray, side: npt.NDArray[np.int8]) -> int:
    """Merge the increasing bars of two sides into one; return a bar of both sides, -1 for none."""
    i, j, both = 0, 0, -1
    for k in range(len(entries)):
        is_long = j == len(shorts) or (i < len(longs) and longs[i] <= shorts[j])
        if is_long and j < len(shorts) and longs[i] == shorts[j] and both < 0:
            both = longs[i]
        if is_long:
            entries[k], side[k] = longs[i], 1
            i += 1
        else:
            entries[k], side[k] = shorts[j], -1
            j += 1
    return both


@kernel
def are_beside_close(
    close: FloatArray,
    entries: IntArray,
    side: npt.NDArray[np.int8],
    stop: FloatArray,
    target: FloatArray,
) -> bool:
    """Tell whether no stop and no target is on the wrong side of the close; NaN is none."""
    wrong = False
    for i in range(len(entries)):
        at = close[entries[i]]
        wrong |= (side[i] * (stop[i] - at) > 0) | (side[i] * (at - target[i]) > 0)
    return not wrong
