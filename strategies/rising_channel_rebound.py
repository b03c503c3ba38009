"""Buy the turn at the lower line of a rising channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import check_second, stop_below
from kanalo.signals.moving import first_bars, highest
from kanalo.signals.rebound import lows_near, pivot_channel_of, turning_bars
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray, IntArray

ENTRIES = ("close", "stop", "limit")


@dataclass(frozen=True)
class RisingChannelRebound(Strategy):
    """Buy when the price turns up at the lower line while highs and lows rise.

    The channel runs through confirmed weekly pivots and holds only while the last two highs and the
    last two lows rise. Within the last five days a low came near the lower line (into the lowest
    quarter of the channel); now the price closes above the highest high of the day before. The
    stop lies one average daily range under the line and rises with it; the target is the upper
    line at the time of the decision. After three weeks the position is closed. With entry ``stop``
    a buy-stop waits at the day's high in place of that close; with ``limit`` a limit order waits at
    the lower line itself, whatever the price did. Nothing breaks here that could be retested.
    """

    weeks: int = param(26, low=12, high=104, unit="weeks", help="Weeks that the channel spans.")
    near: float = param(0.25, low=0.05, high=0.5, help="Share of the width that counts as near.")
    within: int = param(5, low=1, high=30, unit="days", help="Days since the low at the line.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the line.")
    hold: int = param(21, low=1, high=365, unit="days", help="Longest time in a position.")
    entry: str = param("close", choices=ENTRIES, help="How the rebound is bought.")
    widths_2: float = param(0.0, low=0.0, high=5.0, help="Widths to a second target; 0: none.")
    share: float = param(0.5, low=0.05, high=0.95, help="Share sold at the first of two targets.")
    breakeven: bool = param(False, help="After the first of two targets, stop at the entry price.")

    def __post_init__(self) -> None:
        """Refuse a second target that is not beyond the upper line."""
        super().__post_init__()
        check_second("RisingChannelRebound", upper=1.0, widths_2=self.widths_2)

    def warm_up(self, market: Market) -> int:
        """Look back over the channel's weeks and the average range."""
        return max(to_bars(market, days=7 * (self.weeks + 4)), atr_warm_up(market))

    def decide(self, market: Market) -> Decisions:
        """Buy turns; see the class."""
        channel, close = pivot_channel_of(market, self.weeks), market.close
        stop = stop_below(channel.lower, self.stop_atr * market.cached(atr))
        near: dict[str, Any] = {"weeks": self.weeks, "near": self.near, "within": self.within}
        orders: dict[str, IntArray | FloatArray]
        if self.entry == "close":
            turned = market.cached(turning_bars, **near)
            orders = {"long": first_bars(turned[close[turned] > stop[turned]])}
        elif self.entry == "stop":
            price = highest(market.high, to_bars(market, days=1))
            waits = market.cached(lows_near, **near) & (stop < price) & (price < channel.upper)
            orders = {"long_stop": np.where(waits, price, np.nan)}
        else:
            waits = (stop < channel.lower) & (channel.lower < close)
            orders = {"long_limit": np.where(waits, channel.lower, np.nan)}

        def beyond(bars: IntArray) -> FloatArray:
            lower, upper = channel.lower[bars], channel.upper[bars]
            return lower * (upper / lower) ** self.widths_2

        return Decisions.from_arrays(
            len(market),
            **orders,
            stop=stop,
            target=channel.upper,
            target_2=beyond if self.widths_2 else np.nan,
            share=self.share if self.widths_2 else 0.5,
            breakeven=self.breakeven and self.widths_2 > 0,
            max_bars=to_bars(market, days=self.hold),
            guard_long=stop,
            tag="rebound",
            overlays=lambda: channel.overlays,
        )
