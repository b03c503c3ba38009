"""Buy above an average that is centred on the bar."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kanalo import Decisions, Market, Strategy, param


@dataclass(frozen=True)
class CentredWindow(Strategy):
    """Buy where the close crosses above its centred average, sell where it falls below it.

    The cheat: half of the window lies in the future.
    """

    bars: int = param(21, low=3, high=201, unit="bars", help="Length of the average.")

    def warm_up(self, market: Market) -> int:
        return self.bars

    def decide(self, market: Market) -> Decisions:
        average = pd.Series(market.close).rolling(self.bars, center=True).mean().to_numpy()
        above = market.close > average
        return Decisions.from_arrays(len(market), long=above, exit_long=~above)
