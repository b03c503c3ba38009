"""Sell the loss of a support zone, down to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import nearest_zone
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.moving import shifted, starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.signals.zones import zones
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray, IntArray


def lost_zone(market: Market, strength: float) -> FloatArray:
    """Return low and high of the support zone that stood a day before."""
    support = market.cached(zones).below(market.close, min_strength=strength)
    return shifted(support, to_bars(market, days=1))


def losses(market: Market, strength: float, room_atr: float) -> tuple[IntArray, FloatArray]:
    """Return the bars that lose support with room below, and there the next zone's upper edge."""
    low = market.cached(lost_zone, strength=strength)[:, 0]
    far_enough = stop_below(low, room_atr * market.cached(atr))
    known = market.cached(zones)
    target = known.below(far_enough, min_strength=strength, inside=False)[:, 1]
    lost = np.flatnonzero(starts((market.close < low) & (target < market.close)))
    return lost, target[lost]


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
        daily_range = market.cached(atr)
        high = market.cached(lost_zone, strength=self.strength)[:, 1]
        lost, target = market.cached(losses, strength=self.strength, room_atr=self.room_atr)
        return Decisions.from_arrays(
            len(market),
            short=lost,
            stop=lambda bars: stop_above(high[bars], self.stop_atr * daily_range[bars]),
            target=lambda _: target,
            max_bars=to_bars(market, days=self.hold),
            tag="support lost",
            overlays=lambda: {"support zone": market.cached(nearest_zone, above=False)},
        )
