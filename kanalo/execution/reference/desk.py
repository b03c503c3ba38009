"""How `RuledBroker` fills what `DecisionStrategy` places: waiting entries and their brackets.

backtrader keeps the orders, the position and the cash; which of them is filled in a bar, and at
what price, is decided here (rules 4, 5 and 13 to 15). Orders of hand-written strategies do not come
here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from backtrader.order import Order

from kanalo.execution.records import AT_CLOSE, Reason
from kanalo.execution.reference.inside import (
    STOP_ENTRY,
    STRADDLE,
    Bar,
    Case,
    FinerPrices,
    Wait,
    settle,
    to_bar,
)
from kanalo.execution.rules import BothTouched, LimitFills

LIMIT_KIND = 2


def is_ruled(order: Any) -> bool:
    """Tell whether an order is left to the desk: a waiting entry, or a child of any entry."""
    return bool(order.info.get("ruled", False)) and order.exectype != Order.Market


@dataclass(eq=False)
class Bracket:
    """An entry that was filled, with the orders that protect it."""

    side: int
    bar: int
    kind: int
    level: float
    stop: Any
    targets: list[Any]
    decision: int = -1


class Desk:
    """Fill the orders that carry ``ruled=True``, for one data feed."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._through = broker.p.execution.limit_fills == LimitFills.THROUGH
        self._rule = broker.p.execution.both_touched
        self._finer: FinerPrices | None = None
        self._account = broker.account
        self._asked: set[tuple[int, int]] = set()
        self.bracket: Bracket | None = None
        self.entered_at = -1

    def note_entry(self, order: Any, size: float, level: float) -> None:
        """Remember an entry that was filled, and cancel what else waits.

        Parameters
        ----------
        order : backtrader order
            The entry.
        size : float
            Coins that were filled, negative for a short.
        level : float
            The price before slippage.
        """
        bar = len(order.data) - 1
        self.entered_at = bar
        children = [c for c in self._broker._pchildren.get(order.ref, ()) if c is not order]
        stops = [child for child in children if child.exectype == Order.Stop]
        self.bracket = Bracket(
            1 if size > 0 else -1,
            bar,
            order.info.get("inside", 0),
            level,
            stops[0] if stops else None,
            [child for child in children if child.exectype == Order.Limit],
            order.info.get("decision", -1),
        )
        for other in self._waiting():
            if other is not order:
                self._broker.cancel(other)

    # -- entries -----------------------------------------------------------------------------------

    def fill_entries(self) -> None:
        """Fill an order that the open reaches, the long one first, else one inside the bar."""
        waiting = sorted(self._waiting(), key=lambda order: not order.isbuy())
        if not waiting or any(p.size for p in self._broker.positions.values()):
            return
        bar = len(waiting[0].data) - 1
        for order in waiting:
            if self.entered_at != bar and self._to_wait(order).is_met_by(self._seen(order).open):
                self._fill_at_open(order)
        inside = [
            order
            for order in self._waiting()
            if self.entered_at != bar and self._to_wait(order).is_met_within(self._seen(order))
        ]
        if inside:
            self._fill_inside(self._choose(sorted(inside, key=lambda order: not order.isbuy())))

    def _waiting(self) -> list[Any]:
        return [o for o in self._broker.pending if o and is_ruled(o) and o.parent is None]

    def _to_wait(self, order: Any) -> Wait:
        side = 1 if order.isbuy() else -1
        kind = STOP_ENTRY if order.exectype == Order.Stop else LIMIT_KIND
        return Wait(kind, side * order.created.price, self._through)

    def _seen(self, order: Any) -> Bar:
        return to_bar(_prices(order.data), 1 if order.isbuy() else -1)

    def _fill_at_open(self, order: Any) -> None:
        data, price = order.data, order.data.open[0]
        slipped = self._slip(order.isbuy(), data, price)
        if order.exectype == Order.Limit:
            worst = order.created.price
            slipped = min(slipped, worst) if order.isbuy() else max(slipped, worst)
        order.addinfo(level=price, taker=True)
        self._execute(order, slipped)

    def _fill_inside(self, order: Any) -> None:
        price = level = order.created.price
        is_stop = order.exectype == Order.Stop
        if is_stop:
            price = self._slip(order.isbuy(), order.data, price)
        order.addinfo(level=level, taker=is_stop, inside=STOP_ENTRY if is_stop else LIMIT_KIND)
        self._execute(order, price)

    def _choose(self, orders: list[Any]) -> Any:
        """Return the first that is reached; of two the one nearer to the open, mostly."""
        if len(orders) == 1:
            return orders[0]
        prices = _prices(orders[0].data)
        distances = [order.created.price - prices[0] for order in orders]
        nearer = orders[0] if abs(distances[0]) <= abs(distances[1]) else orders[1]
        above = [order for order, away in zip(orders, distances, strict=True) if away > 0]
        below = [order for order, away in zip(orders, distances, strict=True) if away < 0]
        if not above or not below:
            return nearer
        decided = False
        if self._rule == BothTouched.PATH:
            nearer = above[0] if to_bar(prices, 1).up_first else below[0]
        elif self._rule == BothTouched.RESOLVE:
            nearer, decided = self._choose_by_finer_bars(orders, nearer)
        self._note(len(orders[0].data) - 1, STRADDLE, decided)
        return nearer

    def _choose_by_finer_bars(self, orders: list[Any], otherwise: Any) -> tuple[Any, bool]:
        for prices in self._inside(orders[0].data):
            met = [
                order
                for order in orders
                if self._to_wait(order).is_met_within(to_bar(prices, 1 if order.isbuy() else -1))
            ]
            if met:
                nearest = min(met, key=lambda order: abs(order.created.price - prices[0]))
                return nearest, len(met) == 1
        return otherwise, False

    # -- brackets ----------------------------------------------------------------------------------

    def protect(self, data: Any, entry_bar_exits: bool) -> None:
        """Fill the stop or the targets of what is held.

        Parameters
        ----------
        data : backtrader feed
            What is traded.
        entry_bar_exits : bool
            Whether the bar of the entry is looked at.
        """
        held, bar = self.bracket, len(data) - 1
        if held is None or not self._broker.positions[data].size:
            self.bracket = None
            return
        if bar == held.bar and not entry_bar_exits:
            return
        if bar != held.bar and self._is_out_of_reach(held, data):
            return
        entered = held.kind if bar == held.bar else 0
        start = held.level if entered else data.open[0]
        if self._account.is_liquidated(data, start):
            self.liquidate(data, start)
            return
        if held.stop is not None and held.side * held.stop.created.price >= held.side * start:
            self._leave(held.stop, start)
            return
        while held.targets and self._to_case(held).gains(held.side * start):
            self._reach(held, start)
        while self.bracket is held:
            level = self._account.find_liquidation(data)
            is_nearer = held.side * level > self._to_case(held).stop
            venue = is_nearer or (not math.isnan(level) and not self._has_stop(held))
            met = self._settle(held, data, entered, level if venue else math.nan)
            if met == "nothing":
                return
            if met == "stop" and venue:
                self.liquidate(data, level)
            elif met == "stop":
                self._leave(held.stop, held.stop.created.price)
            else:
                self._reach(held, held.targets[0].created.price)

    def _is_out_of_reach(self, held: Bracket, data: Any) -> bool:
        """Tell whether no price of the bar comes near stop, target or liquidation: most do not."""
        side, opening = held.side, data.open[0]
        low, high = min(data.low[0], opening), max(data.high[0], opening)
        worst, best = (low, high) if side > 0 else (-high, -low)
        if held.stop is not None and worst <= side * held.stop.created.price:
            return False
        if held.targets and best >= side * held.targets[0].created.price:
            return False
        return not worst <= side * self._account.find_liquidation(data)

    def _to_case(self, held: Bracket, entered: int = 0) -> Case:
        stop = held.stop.created.price if held.stop is not None else math.nan
        target = held.targets[0].created.price if held.targets else math.nan
        entry = Wait(entered, held.side * held.level, self._through) if entered else None
        return Case(held.side * stop, held.side * target, self._through, entry)

    def _has_stop(self, held: Bracket) -> bool:
        return not math.isnan(self._to_case(held).stop)

    def liquidate(self, data: Any, price: float, *, at_close: bool = False) -> None:
        """Close the position of a feed as its venue does, and cancel what protected it.

        Parameters
        ----------
        data : backtrader feed
            What is held.
        price : float
            Of the fill.
        at_close : bool
            Whether that is the close of the bar, after funding.
        """
        broker, held = self._broker, self.bracket
        for order in [each for each in broker.pending if each and each.data is data]:
            broker.cancel(order)
        owner, size = broker.cerebro.runningstrats[0], broker.positions[data].size
        about = {"reason": Reason.LIQUIDATION, "inside": AT_CLOSE if at_close else 0}
        about |= {"decision": -1 if held is None else held.decision}
        order = (broker.sell if size > 0 else broker.buy)(owner, data, abs(size), **about)
        broker.pending.remove(order)
        broker._execute(order, ago=0, price=price)
        self.bracket = None

    def _settle(self, held: Bracket, data: Any, entered: int, level: float) -> str:
        case, bar = self._to_case(held, entered), len(data) - 1
        if not math.isnan(level):
            case = replace(case, stop=held.side * level)
        met, was_open, decided = settle(
            case,
            to_bar(_prices(data), held.side),
            self._rule,
            lambda: [to_bar(prices, held.side) for prices in self._inside(data)],
        )
        if was_open:
            self._note(bar, entered, decided)
        return met

    def _reach(self, held: Bracket, price: float) -> None:
        """Fill the next target; with a second one behind it the rest stays protected."""
        target = held.targets.pop(0)
        target.addinfo(level=price)
        if not held.targets:
            self._leave(target, price, slips=False)
            return
        broker = self._broker
        broker._pchildren[target.parent.ref].remove(target)
        broker.pending.remove(target)
        broker._execute(target, ago=0, price=price)
        left = broker.positions[target.data].size
        for child in (held.stop, *held.targets):
            if child is not None:
                child.size = child.executed.remsize = -left

    def _leave(self, order: Any, price: float, slips: bool = True) -> None:
        if slips:
            order.addinfo(level=price)
            price = self._slip(order.isbuy(), order.data, price)
        self._execute(order, price)
        self.bracket = None

    # -- shared ------------------------------------------------------------------------------------

    def _execute(self, order: Any, price: float) -> None:
        """Fill an order as backtrader's own loop does."""
        broker = self._broker
        broker.pending.remove(order)
        broker._execute(order, ago=0, price=price)
        if order.status == Order.Completed:
            broker._bracketize(order)

    def _slip(self, buys: bool, data: Any, price: float) -> float:
        if buys:
            return float(self._broker._slip_up(data.high[0], price))
        return float(self._broker._slip_down(data.low[0], price))

    def _note(self, bar: int, question: int, decided: bool) -> None:
        if (bar, question) not in self._asked:
            self._asked.add((bar, question))
            self._broker._ambiguous.append(bar)
            self._broker._questions.append(question)
            self._broker._resolved += decided

    def _inside(self, data: Any) -> list[tuple[float, float, float, float]]:
        if self._finer is None:
            self._finer = FinerPrices(getattr(data.p, "market", None))
        return self._finer.inside(len(data) - 1)


def _prices(data: Any) -> tuple[float, float, float, float]:
    return data.open[0], data.high[0], data.low[0], data.close[0]


def to_sizes(child: Any, size: float) -> float:
    """Return the size of a bracket's child: all of the fill, or its part at one of two targets.

    Parameters
    ----------
    child : backtrader order
        With ``part`` 1 or 2 and ``share`` where there are two targets.
    size : float
        Coins of the entry's fill.

    Returns
    -------
    float
        Coins, of the sign opposite to the fill's.
    """
    share = child.info.get("share", math.nan)
    if math.isnan(share):
        return -size
    first: float = size * share
    return -first if child.info.get("part") == 1 else -(size - first)
