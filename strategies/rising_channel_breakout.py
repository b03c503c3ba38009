"""Buy the break out of a rising weekly channel, or through the resistance inside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import breakouts, channel_of, nearest_zone, pending_breakouts
from kanalo.signals.levels import check_second, stop_below
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import at_bars
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray, IntArray

ENTRIES = ("close", "stop", "retest")


@dataclass(frozen=True)
class RisingChannelBreakout(Strategy):
    """While a rising channel holds, buy a close above its upper line or above a resistance zone.

    The channel is a regression of weekly log closes with parallels around highs and lows; zones are
    clusters of daily pivots. The stop lies one average daily range under the broken level. The
    target is the measured move: the height of the channel, or of the range between the support zone
    and the broken one, projected from the level. The stop follows the channel's lower line upwards.
    With entry ``stop`` a buy-stop waits on the nearest of line and zone; with ``retest`` a limit
    order waits at the broken level for some days. A limit at a level above the price is refused: it
    would be a market order. With ``heights_2`` only a share is sold at the first target.
    """

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks that the channel spans.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the level.")
    heights: float = param(1.0, low=0.1, high=5.0, help="Heights of the pattern to the target.")
    entry: str = param("close", choices=ENTRIES, help="How the breakout is bought.")
    wait: int = param(5, low=1, high=60, unit="days", help="Days that a retest is waited for.")
    heights_2: float = param(0.0, low=0.0, high=10.0, help="Heights to a second target; 0: none.")
    share: float = param(0.5, low=0.05, high=0.95, help="Share sold at the first of two targets.")
    breakeven: bool = param(False, help="After the first of two targets, stop at the entry price.")

    def __post_init__(self) -> None:
        """Refuse a second target that is not beyond the first."""
        super().__post_init__()
        check_second("RisingChannelBreakout", heights=self.heights, heights_2=self.heights_2)

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Buy breakouts; see the class."""
        channel, daily_range = channel_of(market, self.weeks), market.cached(atr)
        broken = market.cached(breakouts, weeks=self.weeks)
        level, base, where, line = broken.level, broken.base, broken.bars, broken.line
        if self.entry == "stop":
            level, base = market.cached(pending_breakouts, weeks=self.weeks)
            where, line = np.flatnonzero(~np.isnan(level)), level == channel.upper

        def stop(bars: IntArray) -> FloatArray:
            return stop_below(level[bars], self.stop_atr * daily_range[bars])

        def target(bars: IntArray, heights: float = self.heights) -> FloatArray:
            return measured_move(level[bars], base[bars], level[bars], heights=heights)

        bought = where[(stop(where) > 0) & (target(where) > market.close[where])]
        prices = None if self.entry == "close" else at_bars(bought, level)
        return Decisions.from_arrays(
            len(market),
            long=bought if self.entry == "close" else None,
            long_stop=prices if self.entry == "stop" else None,
            long_limit=prices if self.entry == "retest" else None,
            valid=to_bars(market, days=self.wait) if self.entry == "retest" else 1,
            stop=stop,
            target=target,
            target_2=(lambda bars: target(bars, self.heights_2)) if self.heights_2 else np.nan,
            share=self.share if self.heights_2 else 0.5,
            breakeven=self.breakeven and self.heights_2 > 0,
            guard_long=channel.lower,
            tag=lambda bars: np.where(line[bars], "channel broken", "zone broken"),
            overlays=lambda: {
                **channel.overlays,
                "resistance zone": market.cached(nearest_zone, above=True),
                "support zone": market.cached(nearest_zone, above=False),
            },
        )
