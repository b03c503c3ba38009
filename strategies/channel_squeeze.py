"""The article's thesis as one rule: breakout, squeeze, balanced leverage, own strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.market.market import BoolArray
from kanalo.signals.breakout import breakouts, channel_of, nearest_zone
from kanalo.signals.levels import stop_below
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_levels import flow_rank, liquidation_levels, zone_share
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import starts
from kanalo.signals.positioning import Positioning, positioning
from kanalo.signals.relative_strength import relative_strength
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class ChannelSqueeze(Strategy):
    """Buy a breakout in a rising channel that turns into a short squeeze without a crowd of longs.

    While a rising channel holds, within the last 24 hours the price broke its upper line or a
    resistance zone and has not fallen back; over the same hours short liquidations far exceed long
    ones and both together are large for the last 90 days; the nearest cluster of longs below holds
    less than a fifth of all liquidation levels; the long/short ratio is balanced; over the last
    week Monero did better than its beta to Bitcoin explains. Decided where all of it begins to
    hold. Where the long/short ratio or Bitcoin is unknown that filter passes and the trade's tag
    says so. Stop, target and guard are those of rising_channel_breakout.

    Liquidations and levels are ESTIMATED; no exchange reported them.
    """

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks that the channel spans.")
    imbalance: float = param(0.3, low=0.0, high=1.0, help="Least imbalance; 8:1 is 0.78.")
    rank: float = param(0.8, low=0.0, high=1.0, help="Least rank of the total in its history.")
    crowd: float = param(0.2, low=0.0, high=1.0, help="Share of levels that is a dense cluster.")
    band: float = param(0.25, low=0.01, high=3.0, help="Half-width of a balanced long/short ratio.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the level.")
    heights: float = param(1.0, low=0.1, high=5.0, help="Heights of the pattern to the target.")

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Buy squeezes out of the channel; see the class."""
        channel = channel_of(market, self.weeks)
        level, base = market.cached(breakouts, weeks=self.weeks).recent(to_bars(market, hours=24))
        stop = stop_below(level, self.stop_atr * market.cached(atr))
        target = measured_move(level, base, level, heights=self.heights)
        broken = channel.holds & (market.close > level) & (target > market.close) & (stop > 0)
        crowd = positioning(market.known("long_short_ratio"), self.band)
        strength = market.cached(relative_strength).strength
        balanced = (crowd == Positioning.BALANCED) | (crowd == Positioning.UNKNOWN)
        passes = balanced & ~(strength <= 0)
        checked = (crowd != Positioning.UNKNOWN) & ~np.isnan(strength)
        return Decisions.from_arrays(
            len(market),
            long=starts(broken & self.squeezed(market) & ~self.undercut(market) & passes),
            stop=stop,
            target=target,
            guard_long=channel.lower,
            tag=np.where(checked, "squeeze, filters checked", "squeeze, filter unknown"),
            overlays={**channel.overlays, "resistance zone": nearest_zone(market, above=True)},
        )

    def squeezed(self, market: Market) -> BoolArray:
        """Tell where shorts are liquidated far more than longs, and a lot for their history."""
        imbalance = market.cached(estimated_flow, hours=24).imbalance
        rank = market.cached(flow_rank, hours=24, days=90)
        squeezed: BoolArray = (imbalance >= self.imbalance) & (rank >= self.rank)
        return squeezed

    def undercut(self, market: Market) -> BoolArray:
        """Tell where a dense cluster of longs lies below, which a fall would liquidate in turn."""
        levels = market.cached(liquidation_levels)
        dense: BoolArray = zone_share(levels.long_zones, levels.short_zones) >= self.crowd
        return dense
