"""Run with the price into a dense cluster of ESTIMATED liquidation levels, to its far edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.liquidation_clusters import are_dense_before, clusters_before
from kanalo.signals.liquidation_levels import levels_warm_up
from kanalo.signals.moving import donchian, starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import BoolArray, IntArray


def extremes(market: Market, hours: int) -> tuple[BoolArray, BoolArray]:
    """Tell where the close is a new high, and where it is a new low of so many hours."""
    high, low = donchian(market.high, market.low, to_bars(market, hours=hours))
    return market.close > high, market.close < low


def entered(market: Market, room: float) -> tuple[BoolArray, BoolArray]:
    """Tell where the close is inside the cluster above, and below, with room to the far edge."""
    close, (above, below) = market.close, market.cached(clusters_before)
    rises = (close >= above[:, 0]) & (close * (1 + room) <= above[:, 1])
    falls = (close <= below[:, 1]) & (close * (1 - room) >= below[:, 0])
    known = ~np.isnan(market.cached(atr))
    return rises & known, falls & known


def sweeps(market: Market, room: float, share: float, momentum: int) -> tuple[IntArray, IntArray]:
    """Return the bars that begin to sweep a dense cluster above, and one below."""
    rises, falls = market.cached(entered, room=room)
    dense_above, dense_below = market.cached(are_dense_before, share=share)
    new_high, new_low = market.cached(extremes, hours=momentum)
    return (
        np.flatnonzero(starts(rises & dense_above & new_high)),
        np.flatnonzero(starts(falls & dense_below & new_low)),
    )


@dataclass(frozen=True)
class ClusterSweep(Strategy):
    """Buy a close inside the short cluster that stood above the price, at a new high of the day.

    The liquidation map, as it stood one bar before, shows the nearest dense zone of shorts above
    the price; it must hold a fifth of all levels within reach. The price closes inside it and above
    the high of the last 24 hours. The target is the cluster's far edge as it stood then, at least
    half a percent away; the stop lies half an average daily range under its near edge. After two
    days the position is closed. Clusters of longs below are sold short likewise.

    The map is ESTIMATED from turnover and assumed leverage: no exchange reported these levels.
    """

    share: float = param(0.2, low=0.0, high=1.0, help="Least share of all levels within reach.")
    momentum: int = param(24, low=1, high=720, unit="hours", help="Hours whose extreme is broken.")
    room: float = param(0.005, low=0.0, high=0.2, help="Least way to the far edge, a fraction.")
    stop_atr: float = param(0.5, low=0.1, high=10.0, unit="daily ATR", help="Stop off the cluster.")
    hold: int = param(2, low=1, high=60, unit="days", help="Longest time in a position.")
    shorts: bool = param(True, help="Sell short into clusters of longs.")

    def warm_up(self, market: Market) -> int:
        """Look back over the map's memory, the extremes and the average range."""
        extremes = to_bars(market, hours=self.momentum) + 1
        return max(levels_warm_up(market), extremes, atr_warm_up(market)) + 2

    def decide(self, market: Market) -> Decisions:
        """Sweep clusters; see the class."""
        above, below = market.cached(clusters_before)
        daily_range = market.cached(atr)
        up, down = market.cached(sweeps, room=self.room, share=self.share, momentum=self.momentum)
        return Decisions.from_arrays(
            len(market),
            long=up,
            short=down if self.shorts else None,
            stop=(
                lambda bars: stop_below(above[bars, 0], self.stop_atr * daily_range[bars]),
                lambda bars: stop_above(below[bars, 1], self.stop_atr * daily_range[bars]),
            ),
            target=(lambda bars: above[bars, 1], lambda bars: below[bars, 0]),
            max_bars=to_bars(market, days=self.hold),
            tag=("short cluster (estimated)", "long cluster (estimated)"),
            overlays={"short cluster (estimated)": above, "long cluster (estimated)": below},
        )
