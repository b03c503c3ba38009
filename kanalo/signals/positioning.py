"""The state of the long/short ratio: balanced, crowded on one side, or unknown."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kanalo.typing import FloatArray


class Positioning(IntEnum):
    """Where the crowd of accounts stands."""

    UNKNOWN = 0
    BALANCED = 1
    CROWDED_LONG = 2
    CROWDED_SHORT = 3


def positioning(long_short_ratio: FloatArray, band: float = 0.25) -> npt.NDArray[np.int8]:
    """Classify the ratio of long to short accounts.

    ``BALANCED`` where ``|log ratio| ≤ log(1 + band)``: with a band of 0.25, from 0.8 to 1.25.
    Above it longs are crowded, below it shorts are.

    Parameters
    ----------
    long_short_ratio : float64 array of shape (n,)
        Longs over shorts, NaN where unknown.
    band : float
        Width of the balanced band, a fraction.

    Returns
    -------
    int8 array of shape (n,)
        `Positioning`; ``UNKNOWN`` where the ratio is NaN or not positive.
    """
    known = long_short_ratio > 0
    logs = np.log(np.where(known, long_short_ratio, 1.0))
    state = np.full(len(logs), Positioning.BALANCED, dtype=np.int8)
    state[logs > np.log1p(band)] = Positioning.CROWDED_LONG
    state[logs < -np.log1p(band)] = Positioning.CROWDED_SHORT
    state[~known] = Positioning.UNKNOWN
    return state
