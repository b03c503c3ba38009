"""The article's thesis as one rule: breakout, squeeze, balanced leverage, own strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import channel_of, nearest_zone, recent_breakouts
from kanalo.signals.levels import stop_below
from kanalo.signals.liquidation_clusters import is_squeeze, is_undercut
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import first_bars
from kanalo.signals.positioning import Positioning, positioning
from kanalo.signals.relative_strength import relative_strength
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import BoolArray, FloatArray, IntArray

TAGS = ("squeeze, filters checked", "squeeze, filter unknown")


def filters(market: Market, band: float) -> tuple[BoolArray, BoolArray]:
    """Tell where positioning and strength let pass, and where both are known."""
    crowd = positioning(market.known("long_short_ratio"), band)
    strength = market.cached(relative_strength).strength
    balanced = (crowd == Positioning.BALANCED) | (crowd == Positioning.UNKNOWN)
    return balanced & ~(strength <= 0), (crowd != Positioning.UNKNOWN) & ~np.isnan(strength)


def squeezes(market: Market, imbalance: float, rank: float, crowd: float, band: float) -> IntArray:
    """Return the bars of short squeezes that pass the filters and have no crowd of longs below."""
    squeezed = is_squeeze(market, imbalance, rank) & market.cached(filters, band=band)[0]
    return np.flatnonzero(squeezed & ~market.cached(is_undercut, share=crowd))


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
        channel, close = channel_of(market, self.weeks), market.close
        daily_range, (_, checked) = market.cached(atr), market.cached(filters, band=self.band)
        level, base = market.cached(recent_breakouts, weeks=self.weeks, hours=24)

        def stop(bars: IntArray) -> FloatArray:
            return stop_below(level[bars], self.stop_atr * daily_range[bars])

        def target(bars: IntArray) -> FloatArray:
            return measured_move(level[bars], base[bars], level[bars], heights=self.heights)

        bars = market.cached(squeezes, self.imbalance, self.rank, self.crowd, self.band)
        bars = bars[channel.holds[bars] & (close[bars] > level[bars])]
        bars = bars[(target(bars) > close[bars]) & (stop(bars) > 0)]
        return Decisions.from_arrays(
            len(market),
            long=first_bars(bars),
            stop=stop,
            target=target,
            guard_long=channel.lower,
            tag=lambda bars: np.where(checked[bars], *TAGS),
            overlays=lambda: dict(
                channel.overlays, **{"resistance zone": market.cached(nearest_zone, above=True)}
            ),
        )
