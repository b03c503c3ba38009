"""Find where one line crosses another, in one pass that skips what does not cross."""

from __future__ import annotations

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray

BLOCK = 64
"""Bars that are skipped together where one line stays above the other."""


@kernel
def find_crossings(
    values: FloatArray, level: FloatArray, up: IntArray, down: IntArray
) -> tuple[int, int]:
    """Write the bars of crossings upwards and downwards; return how many of each."""
    n, n_up, n_down = len(values), 0, 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        above = 0
        for i in range(start, stop):
            above += values[i] > level[i]
        below = 0
        for i in range(start, stop):
            below += values[i] < level[i]
        one_side = above == stop - start or below == stop - start
        last = start + 1 if one_side else stop  # within a block on one side nothing crosses
        for i in range(max(start, 1), last):
            if values[i] > level[i] and values[i - 1] <= level[i - 1]:
                up[n_up] = i
                n_up += 1
            elif values[i] < level[i] and values[i - 1] >= level[i - 1]:
                down[n_down] = i
                n_down += 1
    return n_up, n_down
