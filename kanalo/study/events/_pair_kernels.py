"""The loop that finds which bars are like an event; see `kanalo.study.events.controls`."""

from __future__ import annotations

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray


@kernel
def is_like(scaled: FloatArray, bar: int, event: int, caliper: float) -> bool:
    """Tell whether a bar is within the caliper of an event in every covariate; NaN is not."""
    for column in range(scaled.shape[1]):
        if not abs(scaled[bar, column] - scaled[event, column]) <= caliper:
            return False
    return True


@kernel
def find_alike(
    scaled: FloatArray, pool: IntArray, event: int, distance: int, caliper: float, apart: int
) -> IntArray:
    """Return the bars of an ascending pool that are like an event, the first of each episode.

    Bars nearer than ``distance`` to the event are left out; of bars less than ``apart`` from the
    one before, like the event too, only the first of the run is kept.
    """
    chosen = np.empty(len(pool), dtype=np.int64)
    count = 0
    last = -apart
    for bar in pool:
        if abs(bar - event) < distance or not is_like(scaled, bar, event, caliper):
            continue
        if bar - last >= apart:
            chosen[count] = bar
            count += 1
        last = bar
    return chosen[:count]
