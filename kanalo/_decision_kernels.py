"""Look over decisions in one pass: a sweep makes thousands of them, and nearly all are sound."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kanalo._jit import kernel

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@kernel
def are_usual(
    n_bars: int,
    entries: IntArray,
    side: npt.NDArray[np.int8],
    stop: FloatArray,
    target: FloatArray,
    trail: FloatArray,
    size: FloatArray,
    max_bars: IntArray,
) -> bool:
    """Tell that entries are sound; False is no verdict but asks for a closer look.

    Every comparison with NaN is False, so entries without a stop or a target are looked at again,
    and those with a trail. One loop a rule: each of them handles many entries at a time.
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
        wrong |= (not size[i] > 0) | (not size[i] < math.inf) | (trail[i] == trail[i])
    for i in range(n):
        wrong |= (not stop[i] > 0) | (not stop[i] < math.inf) | (not target[i] > 0)
        wrong |= (not target[i] < math.inf) | (target[i] == stop[i])
    for i in range(n):
        wrong |= (side[i] > 0) != (target[i] > stop[i])
    return not wrong and entries[0] >= 0 and entries[n - 1] < n_bars
