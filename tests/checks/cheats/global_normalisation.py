"""Buy when the volume is high for the whole history, which had not happened yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy, param


@dataclass(frozen=True)
class GlobalNormalisation(Strategy):
    """Buy after a bar whose log volume lies far above its mean; hold for a day.

    The cheat: mean and deviation are those of all bars, later ones included.
    """

    score: float = param(1.5, low=0.0, high=9.0, help="Least z-score of the volume.")

    def warm_up(self, market: Market) -> int:
        return 1

    def decide(self, market: Market) -> Decisions:
        size = np.log1p(market.volume)
        score = (size - size.mean()) / size.std()
        return Decisions.from_arrays(
            len(market),
            long=score > self.score,
            size=np.clip(np.abs(score) / 4, 0.1, 1.0),
            max_bars=24,
        )
