"""Donchian's breakout with the Turtles' stop: buy new highs, sell new lows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.moving import donchian
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr, atr_warm_up
from kanalo.strategy import Decisions, FloatArray, Strategy, param


def donchian_days(market: Market, days: int) -> tuple[FloatArray, FloatArray]:
    """Return the highest high and lowest low of the ``days`` days before each bar."""
    return donchian(market.high, market.low, to_bars(market, days=days))


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
        upper, lower = market.cached(donchian_days, days=self.entry)
        leave_upper, leave_lower = market.cached(donchian_days, days=self.leave)
        room = self.stop_atr * market.cached(atr, length=20)
        long = (close > upper) & ~np.isnan(room)
        short = (close < lower) & ~np.isnan(room) & self.shorts
        return Decisions.from_arrays(
            len(market),
            long=long,
            short=short,
            exit_long=close < leave_lower,
            exit_short=close > leave_upper,
            stop=np.where(long, stop_below(close, room), stop_above(close, room)),
            tag=np.where(long, "new high", "new low"),
            overlays={"donchian upper": upper, "donchian lower": lower},
        )
