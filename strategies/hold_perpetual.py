"""Buy the perpetual at the first bar and never sell: what every other rule has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy


@dataclass(frozen=True)
class HoldPerpetual(Strategy):
    """Buy with everything at the close of the first traded bar; hold to the end.

    A perpetual held this way pays funding all along, which is why it may earn less than the coin;
    `hold_spot` is the coin.
    """

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Remember without bound: the purchase is never forgotten."""
        return

    def decide(self, market: Market) -> Decisions:
        """Enter once; see the class."""
        first = np.arange(len(market)) == market.first
        return Decisions.from_arrays(len(market), long=first, tag="hold")
