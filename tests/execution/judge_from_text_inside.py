"""What happens inside one bar: rules 5, 13 and 14 of ``docs/fill_rules.md``, from its text alone.

All prices are compared after multiplication with the side (+1 long, -1 short), so "up" is always
"with the trade".
"""

from __future__ import annotations

from itertools import pairwise

from .judge_from_text_market import TextMarket


def reached(direction: int, price: float, level: float, strict: bool = False) -> bool:
    """Whether `price` is at or beyond `level` in `direction`; NaN is never reached."""
    if strict:
        return direction * price > direction * level
    return direction * price >= direction * level


class InsideBar:
    """Decides what a bar, its path or its finer bars did first."""

    def __init__(self, market: TextMarket, both_touched: str, through: bool) -> None:
        self.market = market
        self.mode = both_touched
        self.through = through
        self.open_bars: set[tuple[int, str]] = set()

    # -- touching ----------------------------------------------------------------------------------
    def extreme(self, bars, t: int, direction: int) -> float:
        return bars.high[t] if direction > 0 else bars.low[t]

    def stop_touched(self, bars, t: int, side: int, level: float) -> bool:
        return reached(-side, self.extreme(bars, t, -side), level)

    def target_touched(self, bars, t: int, side: int, level: float) -> bool:
        return reached(side, self.extreme(bars, t, side), level, self.through)

    def target_reached(self, price: float, side: int, level: float) -> bool:
        return reached(side, price, level, self.through)

    # -- orders ------------------------------------------------------------------------------------
    def order_direction(self, order) -> int:
        """A stop order is reached in the direction of its trade, a limit against it."""
        return order.side if order.kind == "stop" else -order.side

    def order_at(self, order, price: float) -> bool:
        strict = self.through and order.kind == "limit"
        return reached(self.order_direction(order), price, order.price, strict)

    def order_inside(self, order, bars, t: int) -> bool:
        return self.order_at(order, self.extreme(bars, t, self.order_direction(order)))

    def choose(self, orders, t: int):
        """Which of the orders that are reached inside bar t is filled, None if none is."""
        bars = self.market.bars
        hit = [o for o in orders if self.order_inside(o, bars, t)]
        if len(hit) < 2:
            return hit[0] if hit else None
        nearer = self._nearer(hit, bars.open[t])
        first, second = hit
        if (first.price - bars.open[t]) * (second.price - bars.open[t]) >= 0:
            return nearer
        self.open_bars.add((t, "straddle"))
        if self.mode == "path":
            up = bars.first_extreme(t) == "high"
            return first if (first.price > bars.open[t]) == up else second
        if self.mode == "resolve":
            finer = self.market.finer
            for i in self.market.finer_of(t) or []:
                here = [o for o in hit if self.order_inside(o, finer, i)]
                if here:
                    return self._nearer(here, finer.open[i])
        return nearer

    def _nearer(self, orders, price: float):
        return min(orders, key=lambda o: (abs(o.price - price), -o.side))

    # -- exits -------------------------------------------------------------------------------------
    def held(self, t: int, side: int, stop: float, target: float) -> str | None:
        """Rule 5: a position that knows the whole bar. Gives ``"A"``, ``"T"`` or None."""
        bars = self.market.bars
        at_stop = self.stop_touched(bars, t, side, stop)
        at_target = self.target_touched(bars, t, side, target)
        if not (at_stop and at_target):
            return "A" if at_stop else "T" if at_target else None
        self.open_bars.add((t, "held"))
        if self.mode == "target":
            return "T"
        if self.mode == "path":
            return "T" if (bars.first_extreme(t) == "high") == (side > 0) else "A"
        if self.mode == "resolve":
            finer = self.market.finer
            for i in self.market.finer_of(t) or []:
                if self.stop_touched(finer, i, side, stop):
                    return "A"
                if self.target_touched(finer, i, side, target):
                    return "T"
        return "A"

    def entered(self, t: int, order, stop: float, target: float) -> str | None:
        """Rule 14: a position whose entry filled inside bar t at its order's price."""
        bars, side = self.market.bars, order.side
        at_stop = self.stop_touched(bars, t, side, stop)
        at_target = self.target_touched(bars, t, side, target)
        if not at_stop and not at_target:
            return None
        certain = self._certain(order, at_stop, at_target, bars.close[t], stop, target)
        if certain:
            return certain
        self.open_bars.add((t, f"{order.kind}-entry"))
        if self.mode == "target":
            return "T" if at_target else None
        if self.mode == "path":
            return self._along_path(t, order, stop, target)
        numbers = self.market.finer_of(t) if self.mode == "resolve" else None
        if numbers is not None:
            return self._along_finer(numbers, order, stop, target)
        return "A" if at_stop else None

    def _certain(self, order, at_stop, at_target, close, stop, target) -> str | None:
        if at_stop and at_target:
            return None
        if at_stop:
            sure = order.kind == "limit" or reached(-order.side, close, stop)
            return "A" if sure else None
        sure = order.kind == "stop" or self.target_reached(close, order.side, target)
        return "T" if sure else None

    def _along_path(self, t: int, order, stop: float, target: float) -> str | None:
        points = self.market.bars.path(t)
        filled = False
        for begin, end in pairwise(points):
            if not filled:
                if not self.order_at(order, end):
                    continue
                filled, begin = True, order.price
            if reached(-order.side, end, stop) or reached(-order.side, begin, stop):
                return "A"
            if self.target_reached(end, order.side, target):
                return "T"
        return None

    def _along_finer(self, numbers, order, stop: float, target: float) -> str | None:
        finer, side = self.market.finer, order.side
        entered = False
        for i in numbers:
            first = not entered
            if first and not self.order_inside(order, finer, i):
                continue
            entered = True
            if self.stop_touched(finer, i, side, stop):
                return "A"
            if not self.target_touched(finer, i, side, target):
                continue
            whole = not first or order.kind == "stop" or self.order_at(order, finer.open[i])
            if whole or self.target_reached(finer.close[i], side, target):
                return "T"
        return None
