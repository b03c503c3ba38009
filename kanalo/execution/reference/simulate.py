"""The reference engine: decisions carried out by backtrader's orders, bar by bar.

`to_backtrader` turns a `Strategy` into a real ``bt.Strategy`` class for any Cerebro; `simulate_bt`
runs decisions, or a hand-written ``bt.Strategy``, with the feed and the broker that keep the fill
rules.
"""

from __future__ import annotations

import math
from abc import ABCMeta
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import backtrader as bt
import numpy as np

from kanalo.arguments import check_type
from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.records import Reason, Records
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.reference.feed import MarketFeed
from kanalo.execution.reference.loop import DecisionCerebro
from kanalo.execution.reference.orders import find_tighter
from kanalo.execution.rules import BothTouched, Execution, LimitFills
from kanalo.market import Market
from kanalo.strategy import Decisions, OrderType, Strategy
from kanalo.text import count

_KINDS = {
    OrderType.MARKET: bt.Order.Market,
    OrderType.STOP: bt.Order.Stop,
    OrderType.LIMIT: bt.Order.Limit,
}


@dataclass(eq=False)
class _Waiting:
    """An entry order that waits, until the end of bar ``last``."""

    order: Any
    decision: int
    last: int
    stop: Any


class DecisionStrategy(bt.Strategy):  # type: ignore[misc]
    """Carry out decisions as bracket orders; subclasses say where the decisions come from."""

    def make_decisions(self) -> Decisions:
        """Return the decisions for the bars of the first feed."""
        raise EngineError(f"{type(self).__name__} must be made by to_backtrader().")

    def __init__(self) -> None:
        self._decisions = d = self.make_decisions()
        self._entries_at: dict[int, list[int]] = {}
        for k, bar in enumerate(d.entries.tolist()):
            self._entries_at.setdefault(bar, []).append(k)
        self._bars_of_entries = sorted(self._entries_at)
        self._max_bars, self._trails = d.max_bars.tolist(), d.trail.tolist()
        self._ruled = d.is_extended or _asks_for_rules(self.broker)
        account = getattr(self.broker.p, "execution", None)
        self._leverage = 1.0 if account is None else account.leverage
        self._waiting: dict[int, _Waiting] = {}  # entry orders by their side
        self._protection: dict[int, list[Any]] = {}  # children by the decision of their entry
        self._entry_price, self._first_target_bar = math.nan, -1
        self._exits = {1: set(d.exit_long.tolist()), -1: set(d.exit_short.tolist())}
        self._guards = {1: _to_list(d.guard_long), -1: _to_list(d.guard_short)}
        self._bar = -1
        self._k = -1  # entry that is held or on its way
        self._entry_bar = -1
        self._stop_order: Any = None
        self._children: list[Any] = []
        self._best = math.nan

    def start(self) -> None:
        """Refuse a feed of other bars than the decisions were made for."""
        if self.data.buflen() not in (0, self._decisions.n_bars):
            raise EngineError(
                f"The decisions look at {count(self._decisions.n_bars, 'bar')}; "
                f"the feed has {self.data.buflen()}."
            )

    def notify_order(self, order: Any) -> None:
        """Remember at which price and bar the entry was filled."""
        if order.status == order.Completed and order.info.get("reason") == Reason.ENTRY:
            self._best = order.info.get("fill_price", order.executed.price)
            self._entry_price = self._best
            self._entry_bar = self._bar + 1
            self._take_over(order.info["decision"])
        if order.status == order.Completed and order.info.get("part") == 1:
            self._first_target_bar = self._bar + 1

    def next(self) -> None:
        """Follow the close with the stop, then decide; nothing is decided on the last bar."""
        self._bar = bar = self._bar + 1
        if bar >= self._decisions.n_bars - 1:
            return
        held = self.position.size
        entries = self._entries_at.get(bar, ())
        if not held:
            self._tend_waiting(bar)
            for k in entries:
                self._enter(bar, k)
            return
        side = 1 if held > 0 else -1
        reason = self._reason_to_leave(bar, side)
        if reason is None:
            self._follow_the_close(bar, side)
            return
        self._leave(reason)
        for k in entries:
            if self._decisions.side[k] != side:
                self._enter(bar, k)

    def is_idle(self) -> bool:
        """Tell whether no entry of this rule waits and no order's end is still to be heard of."""
        return not self._waiting and not self._orderspending

    def find_next_entry(self, bar: int) -> int:
        """Return the first bar after ``bar`` at which an entry is decided; past the end if none."""
        at = bisect_right(self._bars_of_entries, bar)
        bars = self._bars_of_entries
        return bars[at] if at < len(bars) else self._decisions.n_bars

    def rest(self, n_bars: int) -> None:
        """Pass over bars at which nothing is decided while nothing is held."""
        self._bar += n_bars

    def _take_over(self, k: int) -> None:
        """Know the orders that protect the entry that was filled; no other one waits any more."""
        self._k, self._children = k, self._protection.get(k, [])
        stops = [child for child in self._children if child.exectype == bt.Order.Stop]
        self._stop_order = stops[0] if stops else None
        self._waiting, self._protection = {}, {}

    def _tend_waiting(self, bar: int) -> None:
        """Cancel orders that expired or whose side is left, and let stops follow the guard line."""
        for side, waiting in list(self._waiting.items()):
            if waiting.last <= bar or bar in self._exits[side] or not waiting.order.alive():
                self.cancel(waiting.order)
                del self._waiting[side]
            elif waiting.stop is not None:
                waiting.stop.created.price, _, _ = self._levels(bar, waiting.decision, side)

    def _reason_to_leave(self, bar: int, side: int) -> Reason | None:
        if bar in self._exits[side]:
            return Reason.EXIT
        limit = self._max_bars[self._k]
        if limit and bar >= self._entry_bar + limit - 1:
            return Reason.MAX_BARS
        return None

    def _leave(self, reason: Reason) -> None:
        for child in self._children:
            self.cancel(child)
        self.close(reason=reason, decision=self._k)
        self._children = []

    def _enter(self, bar: int, k: int) -> None:
        """Place an entry with the orders that will protect it."""
        d, side = self._decisions, int(self._decisions.side[k])
        kind = OrderType(int(d.order[k]))
        price = float(self.data.close[0]) if kind is OrderType.MARKET else float(d.price[k])
        wanted = float(d.size[k]) * self._leverage * self.broker.getvalue() / price
        if not wanted:  # nothing is left
            return
        stop, target, trail = self._levels(bar, k, side)
        children = self._list_children(k, side, stop, target, trail)
        go, back = (self.buy, self.sell) if side > 0 else (self.sell, self.buy)
        about = {"decision": k, "ruled": True} if self._ruled else {"decision": k}
        terms = {} if kind is OrderType.MARKET else {"price": price}
        entry = go(
            size=wanted,
            exectype=_KINDS[kind],
            transmit=not children,
            reason=Reason.ENTRY,
            **terms,
            **about,
        )
        last = len(children) - 1
        self._protection[k] = [
            back(size=wanted, parent=entry, transmit=i == last, **child, **about)
            for i, child in enumerate(children)
        ]
        if kind is not OrderType.MARKET:
            self._wait(bar, k, side, entry)

    def _list_children(
        self, k: int, side: int, stop: float, target: float, trail: float
    ) -> list[dict[str, Any]]:
        """Return the stop and the targets of an entry as arguments of their orders."""
        d, guard = self._decisions, self._guards[side]
        children: list[dict[str, Any]] = []
        if not (math.isnan(stop) and math.isnan(trail) and guard is None and not d.breakeven[k]):
            children.append({"exectype": bt.Order.Stop, "price": stop, "trail": trail})
        if math.isnan(target):
            return children
        second, share = float(d.target_2[k]), float(d.share[k])
        if math.isnan(second):
            return [*children, {"exectype": bt.Order.Limit, "price": target}]
        parts = enumerate((target, second), start=1)
        limit = {"exectype": bt.Order.Limit, "share": share}
        return [*children, *({**limit, "price": price, "part": part} for part, price in parts)]

    def _wait(self, bar: int, k: int, side: int, entry: Any) -> None:
        """Keep an order until it is filled, expires or is replaced."""
        if side in self._waiting:
            self.cancel(self._waiting[side].order)
        valid = int(self._decisions.valid[k])
        stops = [each for each in self._protection[k] if each.exectype == bt.Order.Stop]
        last = bar + valid if valid else self._decisions.n_bars
        self._waiting[side] = _Waiting(entry, k, last, stops[0] if stops else None)

    def _levels(self, bar: int, k: int, side: int) -> tuple[float, float, float]:
        """Stop with the guard line, target and trail of an entry."""
        d, guard = self._decisions, self._guards[side]
        stop = float(d.stop[k])
        if guard is not None:
            stop = find_tighter(stop, guard[bar], side)
        return stop, float(d.target[k]), float(d.trail[k])

    def _follow_the_close(self, bar: int, side: int) -> None:
        if self._stop_order is None:
            return
        close, trail = self.data.close[0], self._trails[self._k]
        level = self._stop_order.created.price
        if side * (close - self._best) > 0:
            self._best = close
        if not math.isnan(trail):
            best = self._best
            trailed = best - best * trail if side > 0 else best + best * trail
            level = find_tighter(level, trailed, side)
        guard = self._guards[side]
        if guard is not None:
            level = find_tighter(level, guard[bar], side)
        if self._first_target_bar == bar and self._decisions.breakeven[self._k]:
            level = find_tighter(level, self._entry_price, side)
        self._stop_order.created.price = level


class _MadeDecisions(DecisionStrategy):
    """Carry out decisions that were made before."""

    params = (("decisions", None),)

    def make_decisions(self) -> Decisions:
        decisions: Decisions = self.p.decisions
        return decisions


def to_backtrader(strategy: type[Strategy], market: Market) -> type[DecisionStrategy]:
    """Make a ``bt.Strategy`` class with the same parameters, for anyone's own Cerebro.

    Parameters
    ----------
    strategy : type of Strategy
        The class; its parameters become backtrader ``params`` with the same defaults.
    market : Market
        The market whose bars the Cerebro will be fed; decisions are made over it once a run.

    Returns
    -------
    type
        A subclass of ``bt.Strategy``. With a `MarketFeed` and a `RuledBroker` it gives the fills of
        `kanalo.run`; with backtrader's own broker, backtrader's.

    Raises
    ------
    ParameterError
        If one of them is something else.

    Examples
    --------
    >>> import kanalo
    >>> rule = kanalo.find_workspace().load_strategy("sma_cross")
    >>> cls = kanalo.to_backtrader(rule, kanalo.load_market("xmr_1d"))
    >>> cls.__name__, cls.params.fast
    ('SmaCross', 20)

    In a Cerebro with kanalo's feed and broker::

        cerebro = bt.Cerebro()
        cerebro.adddata(MarketFeed(market=market))
        cerebro.setbroker(RuledBroker(costs=Costs(fee_bps=10)))
        cerebro.addstrategy(to_backtrader(SmaCross, market), fast=10)
        cerebro.run()
    """
    check_type("to_backtrader", "strategy", strategy, ABCMeta, "the class of a kanalo.Strategy")
    check_type("to_backtrader", "market", market, Market, "a kanalo.Market")
    declared = strategy.declared()

    def make_decisions(self: DecisionStrategy) -> Decisions:
        values = {parameter.name: getattr(self.p, parameter.name) for parameter in declared}
        return decide(strategy.with_parameters(values), market).since(market.first)

    body = {
        "__doc__": strategy.__doc__,
        "__module__": strategy.__module__,
        "params": tuple((parameter.name, parameter.default) for parameter in declared),
        "make_decisions": make_decisions,
    }
    return type(strategy.__name__, (DecisionStrategy,), body)


def simulate_bt(
    market: Market,
    decisions: Decisions | type[bt.Strategy],
    costs: Costs,
    execution: Execution,
    parameters: Mapping[str, Any] | None = None,
) -> Records:
    """Run decisions, or a hand-written ``bt.Strategy``, through backtrader.

    Parameters
    ----------
    market : Market
        Bars to trade. For decisions no warm-up is left out; a class sees the bars before
        ``market.first`` as backtrader shows bars within an indicator's minimum period: `prenext` is
        called, `next` is not, and orders are rejected.
    decisions : Decisions or type of bt.Strategy
        Decisions over the same bars, or a strategy class written for backtrader.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.
    parameters : mapping, optional
        backtrader ``params`` of a hand-written class.

    Returns
    -------
    Records
        As every engine gives them.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    made = isinstance(decisions, Decisions)
    cerebro = (DecisionCerebro if made else bt.Cerebro)(stdstats=False)
    cerebro.adddata(MarketFeed(market=market))  # type: ignore[call-arg]
    first = 0 if isinstance(decisions, Decisions) else market.first
    broker = RuledBroker(costs=costs, execution=execution, first=first)  # type: ignore[call-arg]
    cerebro.setbroker(broker)
    if isinstance(decisions, Decisions):
        cerebro.addstrategy(_MadeDecisions, decisions=decisions)
    else:
        cerebro.addstrategy(_warm_up(decisions, first), **(parameters or {}))
    cerebro.run()
    return broker.records()


def _warm_up(cls: type[bt.Strategy], first: int) -> type[bt.Strategy]:
    """Make a class whose ``next`` is first called at a bar, however few bars it needs itself."""
    if first == 0:
        return cls

    def get_min_status(self: Any) -> int:
        """Return how many bars are missing before ``next``: 0 at the first, then negative."""
        missing = cls._getminperstatus(self)
        self._minperstatus = max(missing, first + 1 - len(self.data))
        return int(self._minperstatus)

    body = {"__module__": cls.__module__, "__doc__": cls.__doc__}
    return type(cls.__name__, (cls,), {**body, "_getminperstatus": get_min_status})


def _asks_for_rules(broker: Any) -> bool:
    """Tell whether a broker is to decide what only kanalo's desk can."""
    execution = getattr(broker.p, "execution", None)
    if execution is None:
        return False
    through = execution.limit_fills == LimitFills.THROUGH
    return bool(through or execution.both_touched == BothTouched.PATH or execution.is_margined)


def _to_list(line: np.ndarray[Any, Any] | None) -> list[float] | None:
    return None if line is None else line.tolist()
