"""Follow the side that is being squeezed: the article's first claim, on ESTIMATED liquidations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_levels import flow_rank, levels_warm_up
from kanalo.signals.moving import starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class LiquidationImbalance(Strategy):
    """Buy when short liquidations far exceed long ones and are large for their own history.

    Over the last 24 hours the imbalance ``(shorts - longs) / (shorts + longs)`` must exceed 0.5,
    and the total rank in the top twentieth of the last 90 days: 8:1 of nothing is nothing. Decided
    where both begin to hold. Longs far above shorts are sold short likewise. Leave when the
    imbalance turns to the other side, after three days, or at the stop.

    No exchange reported these liquidations: they are ESTIMATED, from levels reached and swings
    inside the bars, by coefficients calibrated on Bitcoin and Ether. Part of it is momentum in
    disguise.
    """

    hours: int = param(24, low=1, high=168, unit="hours", help="Window of the sums.")
    imbalance: float = param(0.5, low=0.05, high=1.0, help="Least imbalance; 8:1 is 0.78.")
    rank: float = param(0.95, low=0.0, high=1.0, help="Least rank of the total in its history.")
    history: int = param(90, low=7, high=365, unit="days", help="History of the rank.")
    hold: int = param(3, low=1, high=60, unit="days", help="Longest time in a position.")
    stop_atr: float = param(2.0, low=0.5, high=10.0, unit="daily ATR", help="Distance of the stop.")
    shorts: bool = param(True, help="Sell short when longs are liquidated.")

    def warm_up(self, market: Market) -> int:
        """Look back over the history of the total, the map's memory and the average range."""
        history = to_bars(market, days=self.history) + to_bars(market, hours=self.hours) + 1
        return max(history + levels_warm_up(market), atr_warm_up(market))

    def decide(self, market: Market) -> Decisions:
        """Follow the squeezed side; see the class."""
        close, room = market.close, self.stop_atr * market.cached(atr)
        imbalance = market.cached(estimated_flow, hours=self.hours).imbalance
        rank = market.cached(flow_rank, hours=self.hours, days=self.history)
        ready = (rank >= self.rank) & ~np.isnan(room)
        long = starts(ready & (imbalance >= self.imbalance))
        short = starts(ready & (imbalance <= -self.imbalance)) & self.shorts
        return Decisions.from_arrays(
            len(market),
            long=long,
            short=short,
            exit_long=imbalance < 0,
            exit_short=imbalance > 0,
            stop=np.where(long, stop_below(close, room), stop_above(close, room)),
            max_bars=to_bars(market, days=self.hold),
            tag=np.where(long, "shorts squeezed (estimated)", "longs squeezed (estimated)"),
        )
