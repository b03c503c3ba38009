"""Sell the loss of a support zone, down to the next one."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.market import Market
from kanalo.signals.breakout import nearest_zone
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.moving import shifted, starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.signals.zones import zones
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class Breakdown(Strategy):
    """Sell short a close below the support zone; the next zone is the target.

    Support is the nearest strong zone of daily pivots, worth at least three fresh touches, that the
    price stood above or in one day before. The first close below its lower edge loses it. The stop
    lies half an average daily range above the lost zone. The target is the upper edge of the next
    strong zone that lies at least one average daily range lower; without one there is no trade.
    After ten days the position is closed.
    """

    strength: float = param(
        3.0, low=0.5, high=20.0, help="Least strength of a zone, in fresh touches."
    )
    stop_atr: float = param(0.5, low=0.1, high=10.0, unit="daily ATR", help="Stop above the zone.")
    room_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Least way to go.")
    hold: int = param(10, low=1, high=120, unit="days", help="Longest time in a position.")

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Sell lost support; see the class."""
        close, daily_range = market.close, market.cached(atr)
        known = market.cached(zones)
        support = known.below(close, min_strength=self.strength)
        lost_low, lost_high = shifted(support, to_bars(market, days=1)).T
        far_enough = stop_below(lost_low, self.room_atr * daily_range)
        target = known.below(far_enough, min_strength=self.strength, inside=False)[:, 1]
        return Decisions.from_arrays(
            len(market),
            short=starts((close < lost_low) & (target < close)),
            stop=stop_above(lost_high, self.stop_atr * daily_range),
            target=target,
            max_bars=to_bars(market, days=self.hold),
            tag="support lost",
            overlays={"support zone": nearest_zone(market, above=False)},
        )
