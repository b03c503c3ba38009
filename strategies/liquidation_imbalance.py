"""Follow the side that is being squeezed: the article's first claim, on ESTIMATED liquidations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.liquidation_levels import flow_rank, levels_warm_up
from kanalo.signals.mixed_flow import mixed_flow
from kanalo.signals.moving import starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import BoolArray, IntArray


def loud(market: Market, hours: int, history: int, rank: float) -> BoolArray:
    """Tell where liquidations are large for their history and the average range is known."""
    ranked: BoolArray = market.cached(flow_rank, hours=hours, days=history) >= rank
    known: BoolArray = ~np.isnan(market.cached(atr))
    return ranked & known


def squeezes(
    market: Market, hours: int, history: int, rank: float, least: float
) -> tuple[IntArray, IntArray]:
    """Return the bars at which large liquidations begin to be mostly shorts, or mostly longs."""
    ready = market.cached(loud, hours=hours, history=history, rank=rank)
    imbalance = market.cached(mixed_flow, hours=hours).imbalance
    shorts, longs = starts(ready & (imbalance >= least)), starts(ready & (imbalance <= -least))
    return np.flatnonzero(shorts), np.flatnonzero(longs)


def tilted(market: Market, hours: int) -> tuple[IntArray, IntArray]:
    """Return the bars at which shorts, and those at which longs were liquidated more."""
    imbalance = market.cached(mixed_flow, hours=hours).imbalance
    return np.flatnonzero(imbalance > 0), np.flatnonzero(imbalance < 0)


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
        close, daily_range = market.close, market.cached(atr)
        shorts, longs = market.cached(squeezes, self.hours, self.history, self.rank, self.imbalance)
        to_shorts, to_longs = market.cached(tilted, hours=self.hours)
        return Decisions.from_arrays(
            len(market),
            long=shorts,
            short=longs if self.shorts else None,
            exit_long=to_longs,
            exit_short=to_shorts,
            stop=(
                lambda bars: stop_below(close[bars], self.stop_atr * daily_range[bars]),
                lambda bars: stop_above(close[bars], self.stop_atr * daily_range[bars]),
            ),
            max_bars=to_bars(market, days=self.hold),
            tag=("shorts squeezed (estimated)", "longs squeezed (estimated)"),
        )
