"""Swing pivots: local highs and lows, visible only once the bars to their right have closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.signals.moving import highest, previous
from kanalo.typing import FloatArray, IntArray

HIGH, LOW = 1, -1


@dataclass(frozen=True, eq=False)
class Pivots:
    """Swing highs and lows in the order in which they became known.

    Attributes
    ----------
    bar : int64 array of shape (n_pivots,)
        Bar of the extreme.
    price : float64 array of shape (n_pivots,)
        The high of a swing high, the low of a swing low.
    side : int8 array of shape (n_pivots,)
        +1 for a high, -1 for a low.
    confirmed_at : int64 array of shape (n_pivots,)
        Bar at whose close the pivot is known, never decreasing. Use it from there on.
    """

    bar: IntArray
    price: FloatArray
    side: npt.NDArray[np.int8]
    confirmed_at: IntArray

    def __len__(self) -> int:
        return len(self.bar)

    def of(self, side: int) -> Pivots:
        """Return the highs (+1) or the lows (-1) alone."""
        kept = self.side == side
        return Pivots(self.bar[kept], self.price[kept], self.side[kept], self.confirmed_at[kept])


def find_pivots(high: FloatArray, low: FloatArray, left: int, right: int) -> Pivots:
    """Find swing pivots with their confirmation lag.

    Bar i is a swing high if ``high[i]`` exceeds the highs of the ``left`` bars before it and none
    of the ``right`` bars after it exceeds it; swing lows are mirrored. Of equal highs within reach
    of each other the first counts. It is known at the close of bar ``i + right``.

    Parameters
    ----------
    high, low : float64 arrays of shape (n,)
        Prices.
    left, right : int
        Bars on either side, at least one.

    Returns
    -------
    Pivots
        Sorted by ``confirmed_at``; a bar that is both has its high first.

    Notes
    -----
    Public detectors often date the pivot to its own bar and trade on it there, ``right`` bars
    before anyone could have seen it.
    """
    highs, lows = _swings(high, left, right), _swings(-low, left, right)
    bar = np.concatenate([highs, lows])
    side = np.concatenate([np.full(len(highs), HIGH), np.full(len(lows), LOW)])
    order = np.lexsort((-side, bar))
    bar, side = bar[order], side[order].astype(np.int8)
    return Pivots(bar, np.where(side == HIGH, high[bar], low[bar]), side, bar + right)


def _swings(values: FloatArray, left: int, right: int) -> IntArray:
    before = previous(highest(values, left))
    after = np.full(len(values), np.nan)
    after[: max(len(values) - right, 0)] = highest(values, right)[right:]
    return np.flatnonzero((values > before) & (values >= after)).astype(np.int64)
