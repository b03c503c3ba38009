"""The loops behind support and resistance zones; see `kanalo.signals._kernels` for the manners."""

from __future__ import annotations

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray

LOW, HIGH, STRENGTH = 0, 1, 2
TOUCHES, BORN, LAST = 0, 1, 2


@kernel
def home_of(levels: FloatArray, counts: IntArray, price: float, width: float) -> int:
    """Find the zone that a log price joins: the nearest one that stays within ``width``, or -1."""
    best = -1
    nearest = np.inf
    for z in range(len(levels)):
        if counts[z, TOUCHES] == 0:
            continue
        low = min(levels[z, LOW], price)
        high = max(levels[z, HIGH], price)
        # A zone may widen to take the price in, but never beyond the width: zones cannot creep.
        distance = abs(price - (levels[z, LOW] + levels[z, HIGH]) / 2)
        if high - low <= width and distance < nearest:
            best = z
            nearest = distance
    return best


@kernel
def weakest(levels: FloatArray, counts: IntArray) -> int:
    """Find an empty place, or the weakest zone, which has to give way."""
    found = 0
    for z in range(len(levels)):
        if counts[z, TOUCHES] == 0:
            return z
        if levels[z, STRENGTH] < levels[found, STRENGTH]:
            found = z
    return found


@kernel
def gather_zones(
    bar: IntArray,
    log_price: FloatArray,
    confirmed_at: IntArray,
    width: float,
    half_life: float,
    levels: FloatArray,
    counts: IntArray,
) -> None:
    """Let every pivot join a zone or found one, and write the zones after each pivot.

    ``levels[i]`` (log low, log high, strength) and ``counts[i]`` (touches, bar of the first and of
    the last pivot) are the zones after pivot i, in fixed places.
    """
    n_zones = levels.shape[1]
    level = np.zeros((n_zones, 3))
    count = np.zeros((n_zones, 3), dtype=np.int64)
    before = 0
    for i in range(len(bar)):
        # All zones fade together up to the bar at which the pivot became known, not to the pivot's
        # own bar: before that nobody could have acted on it.
        fading = 0.5 ** ((confirmed_at[i] - before) / half_life)
        for z in range(n_zones):
            level[z, STRENGTH] *= fading
        before = confirmed_at[i]
        place = home_of(level, count, log_price[i], width)
        # Places are fixed in number. A pivot that fits no zone takes an empty place, or that of the
        # weakest zone, whose pivots are the fewest or the oldest.
        if place < 0:
            place = weakest(level, count)
            level[place, LOW] = level[place, HIGH] = log_price[i]
            level[place, STRENGTH] = 0.0
            count[place, TOUCHES] = 0
            count[place, BORN] = bar[i]
        level[place, LOW] = min(level[place, LOW], log_price[i])
        level[place, HIGH] = max(level[place, HIGH], log_price[i])
        level[place, STRENGTH] += 1.0
        count[place, TOUCHES] += 1
        count[place, LAST] = bar[i]
        for z in range(n_zones):
            for column in range(3):
                levels[i, z, column] = level[z, column]
                counts[i, z, column] = count[z, column]


@kernel
def nearest_zones(
    price: FloatArray,
    known: IntArray,
    levels: FloatArray,
    min_strength: float,
    side: int,
    inside: bool,
    bands: FloatArray,
) -> None:
    """Write the edges of the nearest zone below (-1) or above (+1) each log price.

    Below is the zone with the highest edge that does not lie above the price: its lower edge if the
    zone may hold the price (``inside``), its upper edge if it must lie clear of it.
    """
    # Multiplying by the side turns "below" into "above", so one comparison serves both.
    edge = LOW if inside == (side < 0) else HIGH
    for t in range(len(price)):
        if known[t] < 0:
            continue
        best = -1
        for z in range(levels.shape[1]):
            if levels[known[t], z, STRENGTH] < min_strength:
                continue
            gap = side * (levels[known[t], z, edge] - price[t])
            reached = gap >= 0.0 if inside else gap > 0.0
            if reached and (
                best < 0 or side * (levels[known[t], z, edge] - levels[known[t], best, edge]) < 0.0
            ):
                best = z
        if best >= 0:
            bands[t, 0] = levels[known[t], best, LOW]
            bands[t, 1] = levels[known[t], best, HIGH]
