"""Which of two levels was touched first, told by finer bars."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market


class FinerBars:
    """The finer bars of a market, found by the coarse bar that they lie in.

    Parameters
    ----------
    market : Market
        Its ``finer`` market may be None: then nothing is covered.
    """

    def __init__(self, market: Market) -> None:
        finer = market.finer
        self._covered = np.zeros(len(market), dtype=bool)
        if finer is None:
            return
        opens, closes = market.index.as_unit("ns").asi8, market.closes_at.as_unit("ns").asi8
        inside = finer.index.as_unit("ns").asi8
        self._start = np.searchsorted(inside, opens)
        self._stop = np.searchsorted(inside, closes)
        self._covered = (self._stop - self._start) == market.length // finer.length
        self._high, self._low = finer.high, finer.low

    def find_first(self, bar: int, lower: float, upper: float) -> int:
        """Tell which level was touched first inside a bar.

        Parameters
        ----------
        bar : int
            Index of the coarse bar.
        lower, upper : float
            The two levels; ``lower`` is touched from above.

        Returns
        -------
        int
            -1 for the lower, +1 for the upper; 0 where the finer bars do not cover the bar wholly,
            or the first of them that touches any touches both, or none touches any.
        """
        if not self._covered[bar]:
            return 0
        part = slice(self._start[bar], self._stop[bar])
        down, up = self._low[part] <= lower, self._high[part] >= upper
        touched = down | up
        first = int(np.argmax(touched))
        return int(up[first]) - int(down[first]) if touched[first] else 0
