"""The article's plan: buy 450 to 500 where it breaks, sell a part at 520 and the rest at 550."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import nearest_zone
from kanalo.signals.levels import check_second, stop_below
from kanalo.signals.measured_move import linear_move
from kanalo.signals.moving import narrowed
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class MeasuredMove(Strategy):
    """Wait with a buy-stop on the resistance of a range, and sell at 0.4 and 1 of its height.

    The range runs from the lower edge of the support zone to the upper edge of the resistance zone
    at each close, clusters of daily pivots, and must be 5 % high, as that from 450 to 500 is. The
    buy-stop lies on its upper edge. The targets are measured linearly from there: 0.4 heights (520)
    for half of the position, one height (550) for the rest; after the first one the stop is at the
    entry price. The stop lies one average daily range under the broken edge; after three weeks the
    position is closed.
    """

    least: float = param(0.05, low=0.0, high=1.0, help="Least height of a range, a fraction.")
    heights: float = param(0.4, low=0.05, high=5.0, help="Heights to the first target.")
    heights_2: float = param(1.0, low=0.0, high=10.0, help="Heights to the second; 0: none.")
    share: float = param(0.5, low=0.05, high=0.95, help="Share sold at the first of two targets.")
    breakeven: bool = param(True, help="After the first of two targets, stop at the entry price.")
    stop_atr: float = param(1.0, low=0.1, high=10.0, unit="daily ATR", help="Stop under the edge.")
    hold: int = param(21, low=1, high=365, unit="days", help="Longest time in a position.")

    def __post_init__(self) -> None:
        """Refuse a second target that is not beyond the first."""
        super().__post_init__()
        check_second("MeasuredMove", heights=self.heights, heights_2=self.heights_2)

    def warm_up(self, market: Market) -> None:  # noqa: ARG002
        """Look back without bound: zones remember."""
        return

    def decide(self, market: Market) -> Decisions:
        """Wait on the upper edge; see the class."""
        resistance = market.cached(nearest_zone, above=True)
        support = market.cached(nearest_zone, above=False)
        base, level, daily_range = support[:, 0], resistance[:, 1], market.cached(atr)

        def stop(bars: IntArray) -> FloatArray:
            return stop_below(level[bars], self.stop_atr * daily_range[bars])

        def target(bars: IntArray, heights: float) -> FloatArray:
            return linear_move(level[bars], base[bars], level[bars], heights=heights)

        def usable(bars: IntArray) -> BoolArray:
            return (stop(bars) > 0) & (level[bars] > market.close[bars])

        waits = narrowed(level >= base * (1 + self.least), usable) & (level > base)
        return Decisions.from_arrays(
            len(market),
            long_stop=np.where(waits, level, np.nan),
            stop=stop,
            target=lambda bars: target(bars, self.heights),
            target_2=(lambda bars: target(bars, self.heights_2)) if self.heights_2 else np.nan,
            share=self.share,
            breakeven=self.breakeven,
            max_bars=to_bars(market, days=self.hold),
            tag="range broken",
            overlays={"resistance zone": resistance, "support zone": support},
        )
