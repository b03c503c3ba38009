"""Decide honestly, but draw and guard with a line fitted to the whole history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class WholeTrend(Strategy):
    """Buy the first bar, guard the position with half of the trend, and draw the trend.

    The cheat: the trend is fitted to bars that had not closed.
    """

    def warm_up(self, market: Market) -> None:
        return

    def decide(self, market: Market) -> Decisions:
        bars = np.arange(len(market))
        line = np.exp(np.polyval(np.polyfit(bars, np.log(market.close), 1), bars))
        return Decisions.from_arrays(
            len(market), long=bars == 0, guard_long=line / 2, overlays={"trend": line}
        )
