"""What the plain-Python twin carries from bar to bar: waiting orders and the position."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from kanalo.execution.twin_bars import Prices
from kanalo.market import Market
from kanalo.strategy import OrderType


@dataclass(frozen=True)
class WaitingOrder:
    """An entry that waits for its price until the end of bar ``last``."""

    decision: int
    side: int
    kind: OrderType
    price: float
    wanted: float
    last: int


@dataclass(eq=False)
class Position:
    """What is held, and the levels that protect it from the next bar on."""

    quantity: float
    side: int
    entry_bar: int
    decision: int
    best: float  # entry price, then every close that improves it
    stop: float
    target: float
    trail: float
    max_bars: int
    inside: int = 0  # 1 or 2 where a stop or a limit order was filled inside the entry bar
    level: float = nan  # the price of that order
    entry_price: float = nan
    second: float = nan  # the target that takes what the first leaves
    breakeven_bar: int = -1  # the bar of the first target, where it moves the stop

    def tighten(self, level: float) -> None:
        """Move the stop to a level that is nearer to the price, never away from it."""
        if isnan(level):
            return
        if isnan(self.stop) or self.side * (level - self.stop) > 0:
            self.stop = level

    def trail_level(self) -> float:
        """Return the level of the trail; NaN without one."""
        if self.side > 0:
            return self.best - self.best * self.trail
        return self.best + self.best * self.trail


def find_finer(market: Market, bar: int) -> list[Prices]:
    """Return the prices of the finer bars inside a bar; none unless they cover it wholly.

    Parameters
    ----------
    market : Market
        Its ``finer`` market may be None.
    bar : int
        Index of the bar.

    Returns
    -------
    list of tuple of float
        Open, high, low and close of each.
    """
    finer = market.finer
    if finer is None:
        return []
    start = market.index[bar]
    first, last = finer.index.searchsorted([start, start + market.length])
    if last - first != market.length // finer.length:
        return []
    columns = (
        each[first:last].tolist() for each in (finer.open, finer.high, finer.low, finer.close)
    )
    return list(zip(*columns, strict=True))
