"""The article's thesis as one rule: breakout, squeeze, balanced leverage, own strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import breakouts, channel_of, nearest_zone
from kanalo.signals.levels import stop_below
from kanalo.signals.liquidation_flow import liquidation_flow, size_rank
from kanalo.signals.measured_move import measured_move
from kanalo.signals.positioning import Positioning, positioning
from kanalo.signals.relative_strength import relative_strength
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class ChannelSqueeze(Strategy):
    """Buy a breakout in a rising channel that comes with a short squeeze and no crowd of longs.

    All at one close: the price breaks the channel's upper line or a resistance zone while a rising
    channel holds; over the last 24 hours estimated short liquidations far exceed long ones, and
    both together are large for the last 90 days; the long/short ratio is balanced; and over the
    last week Monero did better than Bitcoin and its beta explain. Where the long/short ratio or
    Bitcoin is unknown that filter passes and the trade's tag says so. Stop, target and guard are
    those of rising_channel_breakout.
    """

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks that the channel spans.")
    imbalance: float = param(0.3, low=0.0, high=1.0, help="Least imbalance; 8:1 is 0.78.")
    rank: float = param(0.8, low=0.0, high=1.0, help="Least rank of the total in its history.")
    band: float = param(0.25, low=0.01, high=3.0, help="Half-width of a balanced long/short ratio.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the level.")
    heights: float = param(1.0, low=0.1, high=5.0, help="Heights of the pattern to the target.")

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Buy squeezes out of the channel; see the class."""
        broken = market.cached(breakouts, weeks=self.weeks)
        flow = market.cached(liquidation_flow, hours=24)
        squeezed = (flow.imbalance >= self.imbalance) & (
            market.cached(size_rank, hours=24, days=90) >= self.rank
        )
        crowd = positioning(market.known("long_short_ratio"), self.band)
        strength = market.cached(relative_strength).strength
        unknown = (crowd == Positioning.UNKNOWN) | np.isnan(strength)
        passes = ((crowd == Positioning.BALANCED) | (crowd == Positioning.UNKNOWN)) & ~(
            strength <= 0
        )
        stop = stop_below(broken.level, self.stop_atr * market.cached(atr))
        target = measured_move(broken.level, broken.base, broken.level, heights=self.heights)
        channel = channel_of(market, self.weeks)
        return Decisions.from_arrays(
            len(market),
            long=broken.any & squeezed & passes & (stop > 0) & (target > market.close),
            stop=stop,
            target=target,
            guard_long=channel.lower,
            tag=np.where(unknown, "squeeze, filter unknown", "squeeze, filters checked"),
            overlays={
                **channel.overlays,
                "resistance zone": nearest_zone(market, above=True),
            },
        )
