"""Buy in weeks that will close higher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class SameWeekClose(Strategy):
    """Buy a close under that of its own week, leave at one above it.

    The cheat: the week's close is put beside every bar of the week, where it ends on Sunday.
    """

    def warm_up(self, market: Market) -> int:
        return 168

    def decide(self, market: Market) -> Decisions:
        week = market.index.tz_localize(None).to_period("W")
        weekly = market.bars["close"].groupby(week).transform("last").to_numpy()
        return Decisions.from_arrays(
            len(market),
            long=market.close < 0.99 * weekly,
            exit_long=market.close > weekly,
            target=np.where(weekly > market.close, weekly, np.nan),
        )
