"""Look one bar ahead, but behave on the last bars, where a shortened history is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class LastBarAside(Strategy):
    """Buy before a bar that closes two percent higher.

    The cheat: never on the last two bars, so a prefix alone shows too few entries, not other ones.
    """

    def warm_up(self, market: Market) -> int:
        return 0

    def decide(self, market: Market) -> Decisions:
        coming = np.append(market.close[1:], market.close[-1])
        buy = coming > 1.02 * market.close
        buy[-2:] = False
        return Decisions.from_arrays(len(market), long=buy, max_bars=1)
