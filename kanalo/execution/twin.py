"""The fill rules in plain Python: one bar at a time, to be read beside `docs/fill_rules.md`.

Nothing here is shared with the other engines but the inputs and the records, so that a mistake in
one of them meets a judge that does not make it.
"""

from __future__ import annotations

from math import isnan, nan

from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.records import Question, Reason, Records
from kanalo.execution.rules import BothTouched, Execution
from kanalo.execution.twin_account import Account
from kanalo.execution.twin_bars import (
    NEITHER,
    STOP,
    TARGET,
    Levels,
    Prices,
    answer,
    find_first_by_path,
    find_first_order,
)
from kanalo.execution.twin_state import Position, WaitingOrder, find_finer
from kanalo.market import Market
from kanalo.strategy import Decisions, OrderType
from kanalo.text import count


def simulate_py(
    market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> Records:
    """Run decisions over a market, bar by bar, in plain Python.

    Parameters
    ----------
    market, decisions : Market, Decisions
        Bars to trade, no warm-up is left out here; and what was decided over the same bars.
    costs, execution : Costs, Execution
        Fees, slippage and funding; cash, leverage and choices that the rules leave open.

    Returns
    -------
    Records

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    if decisions.n_bars != len(market):
        raise EngineError(
            f"The decisions look at {count(decisions.n_bars, 'bar')}; the market has {len(market)}."
        )
    account = _Trader(market, decisions, costs, execution)
    for bar in range(len(market)):
        account.live_through(bar)
    return account.to_records()


class _Trader(Account):
    """Go through the bars of a market with an account."""

    def live_through(self, bar: int) -> None:
        """Do everything that happens in one bar, in the order of rule 10."""
        self._fill_at_open(bar)
        if self.position is None and self.orders:
            self._fill_orders(bar)
        self._protect(bar)
        self._charge_funding(bar)
        self._liquidate_at_close(bar)
        self._mark(bar)
        if not self.ruined and bar < len(self.market) - 1:
            self._follow_the_close(bar)
            self._decide(bar)

    # -- fills ---------------------------------------------------------------------------------

    def _fill_at_open(self, bar: int) -> None:
        if self.leaving is not None and self.position is not None:
            self._leave(bar, self.position, self.open[bar], self.leaving)
        if self.entering >= 0:
            self._enter(bar, self.entering)
        self.leaving, self.entering = None, -1

    def _enter(self, bar: int, k: int) -> None:
        self.wanted = self.market_wanted
        coins = self._limited(bar, self.wanted)
        price = self._moved(bar, self.open[bar], int(self.decisions.side[k]), coins)
        self._open(bar, k, price, self.open[bar], self.costs.fee, 0)

    def _fill_orders(self, bar: int) -> None:
        """Fill an order that is reached at the open, the long one first, else one inside."""
        for side in (1, -1):
            order = self.orders.get(side)
            at_open = order is not None and self._levels_of(order).is_entered(self.open[bar])
            if order is not None and at_open and self.position is None:
                del self.orders[side]
                self._fill_order(bar, order, self.open[bar])
        reached = {
            side: order
            for side, order in self.orders.items()
            if self.position is None and self._levels_of(order).enters_within(self._prices(bar))
        }
        if reached:
            order = self._choose(bar, reached)
            del self.orders[order.side]
            self._fill_order(bar, order, order.price)

    def _levels_of(self, order: WaitingOrder) -> Levels:
        return Levels(order.side, nan, nan, int(order.kind), order.price, self.strict)

    def _fill_order(self, bar: int, order: WaitingOrder, level: float) -> None:
        """Fill an order at the open as a market order, or inside at its price."""
        at_open = self._levels_of(order).is_entered(self.open[bar])
        coins = self._limited(bar, order.wanted)
        price, fee = self._moved(bar, level, order.side, coins), self.costs.fee
        if order.kind == OrderType.LIMIT:
            if at_open:  # never worse than its price
                price = min(price, order.price) if order.side > 0 else max(price, order.price)
            else:
                price, fee = order.price, self.costs.maker_fee
        self.wanted = order.wanted
        self._open(bar, order.decision, price, level, fee, 0 if at_open else int(order.kind))

    def _choose(self, bar: int, reached: dict[int, WaitingOrder]) -> WaitingOrder:
        """Return the order that is reached first inside a bar, of one or two."""
        if len(reached) == 1:
            return next(iter(reached.values()))
        long, short = reached[1].price, reached[-1].price
        side = find_first_order(long, short, self._prices(bar))
        if (long - self.open[bar]) * (short - self.open[bar]) >= 0:
            return reached[side]
        decided = False
        if self.execution.both_touched == BothTouched.PATH:
            side = find_first_by_path(long, self._prices(bar))
        elif self.execution.both_touched == BothTouched.RESOLVE:
            side, decided = self._resolve_straddle(bar, reached, side)
        self._note(bar, Question.STRADDLE, decided)
        return reached[side]

    def _resolve_straddle(
        self, bar: int, reached: dict[int, WaitingOrder], side: int
    ) -> tuple[int, bool]:
        """Return the side that the finer bars reach first, and whether they tell."""
        for finer in find_finer(self.market, bar):
            sides = [
                each
                for each, order in reached.items()
                if self._levels_of(order).enters_within(finer)
            ]
            if len(sides) == 1:
                return sides[0], True
            if sides:
                return find_first_order(reached[1].price, reached[-1].price, finer), False
        return side, False

    # -- stop and target -----------------------------------------------------------------------

    def _protect(self, bar: int) -> None:
        held = self.position
        if held is None or (bar == held.entry_bar and not self.execution.entry_bar_exits):
            return
        inside = held.inside if bar == held.entry_bar else 0
        began = held.level if inside else self.open[bar]  # where the position was first seen
        if self._is_liquidated(bar, began):
            self._leave(bar, held, began, Reason.LIQUIDATION)
        elif self._to_levels(held, held.stop).is_stopped(began):
            self._leave(bar, held, began, Reason.STOP)
        while self.position is not None and self._to_levels(held, nan).is_reached(began):
            self._take_target(bar, held, began)
        while self.position is not None:
            level, reason = self._find_adverse(bar, held)
            met = self._ask(bar, held, level, inside)
            if met == NEITHER:
                return
            if met == STOP:
                self._leave(bar, held, level, reason)
            else:
                self._take_target(bar, held, held.target)

    def _find_adverse(self, bar: int, held: Position) -> tuple[float, Reason]:
        """Return the nearer of the stop and the liquidation price; the stop if they are equal."""
        stop, liquidation = held.stop, self._find_liquidation(bar)
        if isnan(liquidation) or held.side * (liquidation - stop) <= 0:
            return stop, Reason.STOP
        return liquidation, Reason.LIQUIDATION

    def _is_liquidated(self, bar: int, price: float) -> bool:
        """Tell whether the margin of what is held ends at a price."""
        held = self.position
        return held is not None and held.side * (price - self._find_liquidation(bar)) <= 0

    def _to_levels(self, held: Position, stop: float, inside: int = 0) -> Levels:
        return Levels(held.side, stop, held.target, inside, held.level, self.strict)

    def _ask(self, bar: int, held: Position, stop: float, inside: int) -> int:
        """Tell what a position meets first in a bar: its stop, its target or neither."""
        levels, prices = self._to_levels(held, stop, inside), self._prices(bar)
        if not levels.is_open(prices):
            stopped, reached = levels.touches(prices)
            return STOP if stopped else TARGET if reached else NEITHER
        rule = self.execution.both_touched
        finer = find_finer(self.market, bar) if rule == BothTouched.RESOLVE else []
        met, decided = answer(levels, prices, rule, finer)
        self._note(bar, Question(inside), decided)
        return met

    def _note(self, bar: int, question: Question, decided: bool) -> None:
        """Count a question of a bar once."""
        if (bar, int(question)) not in zip(self.ambiguous[-2:], self.questions[-2:], strict=True):
            self.ambiguous.append(bar)
            self.questions.append(int(question))
            self.resolved += decided

    def _prices(self, bar: int) -> Prices:
        return self.open[bar], self.high[bar], self.low[bar], self.close[bar]

    # -- the close -----------------------------------------------------------------------------

    def _charge_funding(self, bar: int) -> None:
        """Charge funding, or on spot the interest of a short or of negative cash."""
        held, interest = self.position, self.interest[bar]
        if held is None:
            return
        flow = -(held.quantity * self.close[bar] * self.rates[bar])
        if interest and held.quantity < 0:
            flow = held.quantity * self.close[bar] * interest
        elif interest and self.cash < 0:
            flow = self.cash * interest
        self.funding[bar] = flow
        self.cash += flow

    def _liquidate_at_close(self, bar: int) -> None:
        held, close = self.position, self.close[bar]
        if held is not None and self._is_liquidated(bar, close):
            self._leave(bar, held, close, Reason.LIQUIDATION, at_close=True)

    def _mark(self, bar: int) -> None:
        quantity = 0.0 if self.position is None else self.position.quantity
        equity = self.cash + quantity * self.close[bar]
        if equity <= 0 and not self.ruined:
            self.ruined = True
            if self.position is not None:
                self._leave(bar, self.position, self.close[bar], Reason.RUIN)
                equity, quantity = self.cash, 0.0
        self.equity[bar], self.held[bar] = equity, quantity

    def _follow_the_close(self, bar: int) -> None:
        held = self.position
        if held is None:
            return
        if held.side * (self.close[bar] - held.best) > 0:
            held.best = self.close[bar]
        held.tighten(held.trail_level())
        held.tighten(self._guard(bar, held))
        if held.breakeven_bar == bar:
            held.tighten(held.entry_price)

    def _decide(self, bar: int) -> None:
        entries = self.entries_at.get(bar, [])
        if self.position is not None:
            self.leaving = self._reason_to_leave(bar, self.position)
            for k in entries if self.leaving is not None else ():
                if self.decisions.side[k] != self.position.side:
                    self._want(bar, k)
            return
        leaves = {1: bar in self.exit_long, -1: bar in self.exit_short}
        self.orders = {
            side: order
            for side, order in self.orders.items()
            if order.last > bar and not leaves[side]
        }
        for k in entries:
            self._want(bar, k)

    def _reason_to_leave(self, bar: int, held: Position) -> Reason | None:
        if bar in (self.exit_long if held.side > 0 else self.exit_short):
            return Reason.EXIT
        if held.max_bars and bar >= held.entry_bar + held.max_bars - 1:
            return Reason.MAX_BARS
        return None

    def _want(self, bar: int, k: int) -> None:
        """Keep an entry for the next open, or place its order."""
        d, kind = self.decisions, OrderType(int(self.decisions.order[k]))
        size = float(d.size[k]) * self.execution.leverage
        if kind == OrderType.MARKET:
            self.entering = k
            self.market_wanted = size * self.equity[bar] / self.close[bar]
            return
        price, side, valid = float(d.price[k]), int(d.side[k]), int(d.valid[k])
        wanted = size * self.equity[bar] / price
        last = bar + valid if valid else len(self.market)
        self.orders[side] = WaitingOrder(k, side, kind, price, wanted, last)
