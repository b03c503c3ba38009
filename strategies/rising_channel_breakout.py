"""Buy the break out of a rising weekly channel, or through the resistance inside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import breakouts, channel_of, nearest_zone
from kanalo.signals.levels import stop_below
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import narrowed
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray, IntArray


@dataclass(frozen=True)
class RisingChannelBreakout(Strategy):
    """While a rising channel holds, buy a close above its upper line or above a resistance zone.

    The channel is a regression of weekly log closes with parallels around highs and lows; zones are
    clusters of daily pivots. The stop lies one average daily range under the broken level. The
    target is the measured move: the height of the channel, or of the range between the support zone
    and the broken one, projected from the level. The stop follows the channel's lower line upwards.
    """

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks that the channel spans.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the level.")
    heights: float = param(1.0, low=0.1, high=5.0, help="Heights of the pattern to the target.")

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Buy breakouts; see the class."""
        broken = market.cached(breakouts, weeks=self.weeks)
        channel, daily_range = channel_of(market, self.weeks), market.cached(atr)

        def stop(bars: IntArray) -> FloatArray:
            return stop_below(broken.level[bars], self.stop_atr * daily_range[bars])

        def target(bars: IntArray) -> FloatArray:
            level, base = broken.level[bars], broken.base[bars]
            return measured_move(level, base, level, heights=self.heights)

        return Decisions.from_arrays(
            len(market),
            long=narrowed(
                broken.any, lambda bars: (stop(bars) > 0) & (target(bars) > market.close[bars])
            ),
            stop=stop,
            target=target,
            guard_long=channel.lower,
            tag=lambda bars: np.where(broken.line[bars], "channel broken", "zone broken"),
            overlays={
                **channel.overlays,
                "resistance zone": market.cached(nearest_zone, above=True),
                "support zone": market.cached(nearest_zone, above=False),
            },
        )
