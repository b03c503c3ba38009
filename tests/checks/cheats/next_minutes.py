"""Read the coming hour from the finer bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class NextMinutes(Strategy):
    """Buy when the first finer bar after the close rises; hold for a bar.

    The cheat: the finer bars of the hour to come are on the market too, if nobody cuts them off.
    """

    def warm_up(self, market: Market) -> int:
        return 1

    def decide(self, market: Market) -> Decisions:
        rises = np.zeros(len(market), dtype=bool)
        if market.finer is not None:
            finer = market.finer.bars
            at = finer.index.get_indexer(market.closes_at)
            gain = (finer["close"] > finer["open"]).to_numpy()
            rises = (at >= 0) & gain[at]
        return Decisions.from_arrays(len(market), long=rises, max_bars=1)
