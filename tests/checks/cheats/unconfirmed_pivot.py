"""Buy swing lows on their own bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy, param
from kanalo.signals.pivots import LOW, find_pivots


@dataclass(frozen=True)
class UnconfirmedPivot(Strategy):
    """Buy every swing low, with the stop one percent under it; hold for a day.

    The cheat: a swing low is known only when the bars to its right have closed higher.
    """

    reach: int = param(12, low=1, high=99, unit="bars", help="Bars on either side.")

    def warm_up(self, market: Market) -> int:
        return 2 * self.reach

    def decide(self, market: Market) -> Decisions:
        lows = find_pivots(market.high, market.low, self.reach, self.reach).of(LOW)
        buy = np.zeros(len(market), dtype=bool)
        buy[lows.bar] = True
        return Decisions.from_arrays(len(market), long=buy, stop=0.99 * market.low, max_bars=24)
