"""Donchian's breakout with the Turtles' stop: buy new highs, sell new lows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.moving import donchian
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray, IntArray


def donchian_days(market: Market, days: int) -> tuple[FloatArray, FloatArray]:
    """Return the highest high and lowest low of the ``days`` days before each bar."""
    return donchian(market.high, market.low, to_bars(market, days=days))


def breaks(market: Market, days: int) -> tuple[IntArray, IntArray]:
    """Return the bars that close above, and those that close below the channel of so many days."""
    upper, lower = donchian_days(market, days)
    return np.flatnonzero(market.close > upper), np.flatnonzero(market.close < lower)


def known_breaks(market: Market, days: int) -> tuple[IntArray, IntArray]:
    """Return those of the breaks at which the average daily range is known."""
    known = ~np.isnan(market.cached(atr, length=20))
    above, below = market.cached(breaks, days=days)
    return above[known[above]], below[known[below]]


@dataclass(frozen=True)
class DonchianBreakout(Strategy):
    """Buy a close above the highest high of the last 20 days, sell short one below the lowest low.

    Leave at a close beyond the opposite extreme of the last 10 days, or at a stop two average daily
    ranges from the close of the decision. Without ``shorts`` only the long side is traded.
    """

    entry: int = param(20, low=2, high=200, unit="days", help="Days whose extreme is to be broken.")
    leave: int = param(10, low=1, high=200, unit="days", help="Days whose other extreme ends it.")
    stop_atr: float = param(2.0, low=0.5, high=10.0, unit="daily ATR", help="Distance of the stop.")
    shorts: bool = param(True, help="Sell short on a breakout below.")

    def warm_up(self, market: Market) -> int:
        """Look back as far as the channels and the average range do."""
        return max(to_bars(market, days=max(self.entry, self.leave)) + 1, atr_warm_up(market, 20))

    def decide(self, market: Market) -> Decisions:
        """Follow the breakouts; see the class."""
        close = market.close
        new_high, new_low = market.cached(known_breaks, days=self.entry)
        leave_high, leave_low = market.cached(breaks, days=self.leave)
        daily_range = market.cached(atr, length=20)
        return Decisions.from_arrays(
            len(market),
            long=new_high,
            short=new_low if self.shorts else None,
            exit_long=leave_low,
            exit_short=leave_high,
            stop=(
                lambda bars: stop_below(close[bars], self.stop_atr * daily_range[bars]),
                lambda bars: stop_above(close[bars], self.stop_atr * daily_range[bars]),
            ),
            tag=("new high", "new low"),
            overlays=lambda: dict(
                zip(
                    ("donchian upper", "donchian lower"),
                    donchian_days(market, self.entry),
                    strict=True,
                )
            ),
        )
