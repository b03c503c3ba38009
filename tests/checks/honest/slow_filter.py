"""Honest: a filter that cannot be computed on fewer than thirty bars, and says so."""

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class SlowFilter(Strategy):
    """Buy the first bar of all, and whatever is above the average of the last thirty bars."""

    def warm_up(self, market: Market) -> int:
        return 30

    def decide(self, market: Market) -> Decisions:
        if len(market) < 30:
            raise ValueError(f"The filter needs 30 bars; received {len(market)}.")
        average = market.bars["close"].rolling(30).mean().to_numpy()
        above = market.close > average
        above[:2] = np.arange(len(market))[:2] == 0
        return Decisions.from_arrays(len(market), long=above, exit_long=~above)
