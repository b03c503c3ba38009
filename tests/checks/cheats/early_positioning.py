"""Trade on the long/short ratio before anyone could read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class EarlyPositioning(Strategy):
    """Buy when the long/short ratio falls, sell when it rises.

    The cheat: the ratio of the hour that follows, as if a row were known when its hour began.
    """

    def warm_up(self, market: Market) -> int:
        return 2

    def decide(self, market: Market) -> Decisions:
        ratio = market.known("long_short_ratio")
        early = np.append(ratio[1:], np.nan)
        change = early - ratio
        return Decisions.from_arrays(len(market), long=change < 0, exit_long=change > 0)
