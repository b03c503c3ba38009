"""Buy the turn at the lower line of a rising channel."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.market import Market
from kanalo.signals.channel import Channel, ChannelRule
from kanalo.signals.levels import stop_below
from kanalo.signals.moving import donchian, lowest, narrowed, starts
from kanalo.signals.pivot_channel import PIVOT_RULE, pivot_channel
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import BoolArray


def pivot_channel_of(market: Market, weeks: int) -> Channel:
    """Return the channel through the pivots of so many weeks, computed once."""
    rule = ChannelRule(weeks, min_quality=PIVOT_RULE.min_quality)
    return market.cached(pivot_channel, rule=rule)


def turns(market: Market, weeks: int, near: float, within: int) -> BoolArray:
    """Tell where the price rises above the day before's high, near the lower line of late."""
    channel = pivot_channel_of(market, weeks)
    depth = market.low / (channel.lower * (channel.upper / channel.lower) ** near)
    was_near = lowest(depth, to_bars(market, days=within)) <= 1
    day_high, _ = donchian(market.high, market.low, to_bars(market, days=1))
    return was_near & (market.close > day_high) & (market.close < channel.upper)


@dataclass(frozen=True)
class RisingChannelRebound(Strategy):
    """Buy when the price turns up at the lower line while highs and lows rise.

    The channel runs through confirmed weekly pivots and holds only while the last two highs and the
    last two lows rise. Within the last five days a low came near the lower line (into the lowest
    quarter of the channel); now the price closes above the highest high of the day before. The
    stop lies one average daily range under the line and rises with it; the target is the upper
    line at the time of the decision. After three weeks the position is closed.
    """

    weeks: int = param(26, low=12, high=104, unit="weeks", help="Weeks that the channel spans.")
    near: float = param(0.25, low=0.05, high=0.5, help="Share of the width that counts as near.")
    within: int = param(5, low=1, high=30, unit="days", help="Days since the low at the line.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the line.")

    hold: int = param(21, low=1, high=365, unit="days", help="Longest time in a position.")

    def warm_up(self, market: Market) -> int:
        """Look back over the channel's weeks and the average range."""
        return max(to_bars(market, days=7 * (self.weeks + 4)), atr_warm_up(market))

    def decide(self, market: Market) -> Decisions:
        """Buy turns; see the class."""
        channel = pivot_channel_of(market, self.weeks)
        turned = market.cached(turns, weeks=self.weeks, near=self.near, within=self.within)
        stop = stop_below(channel.lower, self.stop_atr * market.cached(atr))
        return Decisions.from_arrays(
            len(market),
            long=starts(narrowed(turned, lambda bars: market.close[bars] > stop[bars])),
            stop=stop,
            target=channel.upper,
            max_bars=to_bars(market, days=self.hold),
            guard_long=stop,
            tag="rebound",
            overlays=channel.overlays,
        )
