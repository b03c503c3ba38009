"""Buy the break out of a rising weekly channel."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.market import Market
from kanalo.signals.channel import ChannelRule
from kanalo.signals.levels import stop_below
from kanalo.signals.moving import crosses_above
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class RisingChannelBreakout(Strategy):
    """Buy a close above the upper line of a rising channel.

    The channel is a regression of weekly log closes with parallels around highs and lows, known
    after the week's close and extended over the following bars. The stop lies under the broken
    line; the target is the height of the channel, projected from it; the stop follows the channel's
    middle line upwards.
    """

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks that the channel spans.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the line.")
    move: float = param(1.0, low=0.1, high=5.0, unit="heights", help="Target above the line.")

    def warm_up(self, market: Market) -> int:
        """Look back over the channel's weeks and the average range."""
        return max(to_bars(market, days=7 * (self.weeks + 2)), atr_warm_up(market))

    def decide(self, market: Market) -> Decisions:
        """Buy breakouts; see the class."""
        rule = ChannelRule(weeks=self.weeks)
        channel = market.cached(regression_channel, rule=rule)
        stop = stop_below(channel.upper, self.stop_atr * market.cached(atr))
        target = channel.upper * (channel.upper / channel.lower) ** self.move
        breakout = crosses_above(market.close, channel.upper)
        return Decisions.from_arrays(
            len(market),
            long=breakout & (stop > 0) & (target > market.close),
            stop=stop,
            target=target,
            guard_long=channel.mid,
            tag="breakout",
            overlays=channel.overlays,
        )
