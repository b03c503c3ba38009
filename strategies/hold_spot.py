"""Buy the coin at the first bar and never sell: holding without a perpetual's funding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy


@dataclass(frozen=True)
class HoldSpot(Strategy):
    """Buy with everything at the close of the first traded bar; hold to the end, without funding.

    Fees and slippage are charged as for any rule. On the bars of a perpetual this is the coin at
    the perpetual's prices; `hold_perpetual` pays the funding of the same purchase.
    """

    pays_funding = False

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Remember without bound: the purchase is never forgotten."""
        return

    def decide(self, market: Market) -> Decisions:
        """Enter once; see the class."""
        first = np.arange(len(market)) == market.first
        return Decisions.from_arrays(len(market), long=first, tag="hold")
