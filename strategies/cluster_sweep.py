"""Run with the price into a dense cluster of ESTIMATED liquidation levels, to its far edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.liquidation_levels import levels_warm_up, liquidation_levels, zone_share
from kanalo.signals.moving import donchian, previous, starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param


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
        close, before = market.close, previous(market.close)
        levels = market.cached(liquidation_levels)
        above, below = levels.short_zones, levels.long_zones
        day_high, day_low = donchian(market.high, market.low, to_bars(market, hours=self.momentum))
        distance = self.stop_atr * market.cached(atr)
        known = ~np.isnan(distance)
        low, high = before * np.exp(previous(above.near)), before * np.exp(previous(above.far))
        dense = previous(zone_share(above, below)) >= self.share
        rises = (close >= low) & (close * (1 + self.room) <= high) & (close > day_high)
        top, bottom = before * np.exp(-previous(below.near)), before * np.exp(-previous(below.far))
        crowded = previous(zone_share(below, above)) >= self.share
        falls = (close <= top) & (close * (1 - self.room) >= bottom) & (close < day_low)
        long = starts(rises & dense & known)
        return Decisions.from_arrays(
            len(market),
            long=long,
            short=starts(falls & crowded & known) & self.shorts,
            stop=np.where(long, stop_below(low, distance), stop_above(top, distance)),
            target=np.where(long, high, bottom),
            max_bars=to_bars(market, days=self.hold),
            tag=np.where(long, "short cluster (estimated)", "long cluster (estimated)"),
            overlays={
                "short cluster (estimated)": np.column_stack([low, high]),
                "long cluster (estimated)": np.column_stack([bottom, top]),
            },
        )
