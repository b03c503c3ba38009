"""Support and resistance zones: price ranges in which confirmed pivots gather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.signals import _zone_kernels as kernels
from kanalo.signals.pivots import Pivots, find_pivots
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray, IntArray

MAX_ZONES = 32
"""Zones that are remembered at any time; the weakest gives way to a new one."""


MIN_STRENGTH = 1.5
"""Weakest zone that counts where nothing else is asked for: more than one fresh touch."""


@dataclass(frozen=True, eq=False)
class Zones:
    """The zones after every confirmed pivot, and which of these tables each bar knows.

    A table never changes: a zone that grows does so in later tables only. Memory is bounded by
    ``n_pivots × MAX_ZONES``.

    Attributes
    ----------
    known : int64 array of shape (n_bars,)
        Row of the tables that is known at each bar's close; -1 before the first pivot.
    levels : float64 array of shape (n_pivots, MAX_ZONES, 3)
        Low and high of the zone as LOG prices, and its strength: touches, each halved in weight
        every half-life from its confirmation to that of the table's pivot. It does not fade
        between two pivots.
    counts : int64 array of shape (n_pivots, MAX_ZONES, 3)
        Touches (0 marks an empty place), bar of the first and of the last pivot.
    """

    known: IntArray
    levels: FloatArray
    counts: IntArray

    def at(self, bar: int) -> pd.DataFrame:
        """Return the zones known at the close of a bar, from the lowest price to the highest.

        Returns
        -------
        DataFrame
            ``low high strength touches born last_touch age``; age in bars since ``last_touch``.
        """
        row = self.known[bar]
        columns = ["low", "high", "strength", "touches", "born", "last_touch"]
        if row < 0:
            return pd.DataFrame(columns=[*columns, "age"], dtype=np.float64)
        used = self.counts[row, :, kernels.TOUCHES] > 0
        table = pd.DataFrame(
            np.hstack([self.levels[row, used], self.counts[row, used]]), columns=columns
        )
        table[["low", "high"]] = np.exp(table[["low", "high"]])
        table = table.astype(dict.fromkeys(columns[3:], np.int64))
        table["age"] = bar - table["last_touch"]
        return table.sort_values("low", ignore_index=True)

    def below(
        self, close: FloatArray, *, min_strength: float = MIN_STRENGTH, inside: bool = True
    ) -> FloatArray:
        """Return the nearest zone under each close: its support.

        Parameters
        ----------
        close : float64 array of shape (n_bars,)
            Prices.
        min_strength : float
            Least strength of the zone, positive: 1.5 takes two touches, one of them fresh.
        inside : bool
            Whether a zone that holds the price counts; else it must lie below as a whole.

        Returns
        -------
        float64 array of shape (n_bars, 2)
            Low and high of the zone as prices; NaN where there is none.
        """
        return self._nearest(close, min_strength, -1, inside)

    def above(
        self, close: FloatArray, *, min_strength: float = MIN_STRENGTH, inside: bool = True
    ) -> FloatArray:
        """Return the nearest zone over each close: its resistance; see `below`.

        Parameters
        ----------
        close : float64 array of shape (n_bars,)
            Prices to look from.
        min_strength : float
            Least strength of the zone, positive.
        inside : bool
            Whether a zone that holds the price counts; else it must lie above as a whole.

        Returns
        -------
        float64 array of shape (n_bars, 2)
            Low and high of the zone as prices; NaN where there is none.
        """
        return self._nearest(close, min_strength, 1, inside)

    def _nearest(
        self, close: FloatArray, min_strength: float, side: int, inside: bool
    ) -> FloatArray:
        bands = np.full((len(close), 2), np.nan)
        log_close = np.log(close)
        kernels.nearest_zones(log_close, self.known, self.levels, min_strength, side, inside, bands)
        return np.asarray(np.exp(bands))


def find_zones(pivots: Pivots, n_bars: int, *, width: float, half_life: float) -> Zones:
    """Gather pivots into zones, one by one as they become known.

    A pivot joins the nearest zone (by the distance to its middle, in log price) that would span at
    most ``width`` with it; else it founds a zone of its own, in the place of the weakest one if all
    are taken. Highs and lows share zones: broken resistance is support.

    Parameters
    ----------
    pivots : Pivots
        Of the bars.
    n_bars : int
        Number of bars.
    width : float
        Most that a zone may span, in log price: 0.03 is 3 %.
    half_life : float
        Bars after which a touch counts half.

    Returns
    -------
    Zones
        Known from the confirmation of each pivot on.
    """
    shape = (len(pivots), MAX_ZONES, 3)
    levels, counts = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    kernels.gather_zones(
        pivots.bar, np.log(pivots.price), pivots.confirmed_at, width, half_life, levels, counts
    )
    known = np.searchsorted(pivots.confirmed_at, np.arange(n_bars), side="right") - 1
    return Zones(known.astype(np.int64), levels, counts)


def zones(
    market: Market, reach: float = 1.0, width: float = 0.03, half_life: float = 60.0
) -> Zones:
    """Find the support and resistance zones of a market.

    Parameters
    ----------
    market : Market
        The bars.
    reach : float
        Days on either side of a pivot; it is known that much later.
    width : float
        Most that a zone may span, in log price.
    half_life : float
        Days after which a touch counts half.

    Returns
    -------
    Zones
        Unbounded memory: a zone lives until a stronger one needs its place.
    """
    n_reach = to_bars(market, days=reach)
    pivots = find_pivots(market.high, market.low, n_reach, n_reach)
    n_half_life = to_bars(market, days=half_life)
    return find_zones(pivots, len(market), width=width, half_life=n_half_life)
