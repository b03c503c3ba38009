"""The reference engine: decisions run by backtrader's own event loop.

`to_backtrader` turns a `Strategy` into a real ``bt.Strategy`` class for any Cerebro; `simulate_bt`
runs decisions, or a hand-written ``bt.Strategy``, with the feed and the broker that keep the fill
rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import backtrader as bt
import numpy as np

from kanalo.errors import EngineError
from kanalo.execution.broker import RuledBroker
from kanalo.execution.costs import Costs
from kanalo.execution.feed import MarketFeed
from kanalo.execution.records import Reason, Records
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy


class DecisionStrategy(bt.Strategy):  # type: ignore[misc]
    """Carry out decisions as bracket orders; subclasses say where the decisions come from."""

    def make_decisions(self) -> Decisions:
        """Return the decisions for the bars of the first feed."""
        raise EngineError(f"{type(self).__name__} must be made by to_backtrader().")

    def __init__(self) -> None:
        self._decisions = d = self.make_decisions()
        entry_at = np.full(d.n_bars, -1, dtype=np.int64)
        entry_at[d.entries] = np.arange(len(d.entries))
        self._entry_at: list[int] = entry_at.tolist()
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
                f"The decisions look at {self._decisions.n_bars} bars; "
                f"the feed has {self.data.buflen()}."
            )

    def notify_order(self, order: Any) -> None:
        """Remember at which price and bar the entry was filled."""
        if order.status == order.Completed and order.info.get("reason") == Reason.ENTRY:
            self._best = order.info.get("fill_price", order.executed.price)
            self._entry_bar = self._bar + 1

    def next(self) -> None:
        """Follow the close with the stop, then decide; nothing is decided on the last bar."""
        self._bar = bar = self._bar + 1
        if bar >= self._decisions.n_bars - 1:
            return
        held = self.position.size
        if not held:
            if self._entry_at[bar] >= 0:
                self._enter(bar, self._entry_at[bar])
            return
        side = 1 if held > 0 else -1
        reason = self._reason_to_leave(bar, side)
        if reason is None:
            self._follow_the_close(bar, side)
            return
        self._leave(reason)
        k = self._entry_at[bar]
        if k >= 0 and self._decisions.side[k] != side:
            self._enter(bar, k)

    def _reason_to_leave(self, bar: int, side: int) -> Reason | None:
        if bar in self._exits[side]:
            return Reason.EXIT
        limit = self._decisions.max_bars[self._k]
        if limit and bar >= self._entry_bar + limit - 1:
            return Reason.MAX_BARS
        return None

    def _leave(self, reason: Reason) -> None:
        for child in self._children:
            self.cancel(child)
        self.close(reason=reason, decision=self._k)
        self._children = []

    def _enter(self, bar: int, k: int) -> None:
        d, side = self._decisions, int(self._decisions.side[k])
        wanted = float(d.size[k]) * self.broker.getvalue() / self.data.close[0]
        stop, target, trail = self._levels(bar, k, side)
        protected = not (math.isnan(stop) and math.isnan(trail) and self._guards[side] is None)
        aimed = not math.isnan(target)
        go, back = (self.buy, self.sell) if side > 0 else (self.sell, self.buy)
        self._k = k
        entry = go(
            size=wanted,
            exectype=bt.Order.Market,
            transmit=not (protected or aimed),
            reason=Reason.ENTRY,
            decision=k,
        )
        child = {"size": wanted, "parent": entry, "decision": k}
        self._stop_order, self._children = None, []
        if protected:
            self._stop_order = back(
                **child, exectype=bt.Order.Stop, price=stop, transmit=not aimed, trail=trail
            )
            self._children.append(self._stop_order)
        if aimed:
            self._children.append(back(**child, exectype=bt.Order.Limit, price=target))

    def _levels(self, bar: int, k: int, side: int) -> tuple[float, float, float]:
        """Stop with the guard line, target and trail of an entry."""
        d, guard = self._decisions, self._guards[side]
        stop = float(d.stop[k])
        if guard is not None:
            stop = _tighter(stop, guard[bar], side)
        return stop, float(d.target[k]), float(d.trail[k])

    def _follow_the_close(self, bar: int, side: int) -> None:
        if self._stop_order is None:
            return
        close, trail = self.data.close[0], float(self._decisions.trail[self._k])
        level = self._stop_order.created.price
        if side * (close - self._best) > 0:
            self._best = close
        if not math.isnan(trail):
            best = self._best
            level = _tighter(level, best - best * trail if side > 0 else best + best * trail, side)
        guard = self._guards[side]
        if guard is not None:
            level = _tighter(level, guard[bar], side)
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

    Examples
    --------
    ::

        cerebro = bt.Cerebro()
        cerebro.adddata(MarketFeed(market=market))
        cerebro.setbroker(RuledBroker(costs=Costs(fee_bps=10)))
        cerebro.addstrategy(to_backtrader(SmaCross, market), fast=10)
        cerebro.run()
    """
    declared = strategy.declared()

    def make_decisions(self: DecisionStrategy) -> Decisions:
        values = {parameter.name: getattr(self.p, parameter.name) for parameter in declared}
        return strategy.with_parameters(values).decide(market).since(market.first)

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
        Bars to trade; no warm-up is left out here.
    decisions : Decisions or type of bt.Strategy
        Decisions over the same bars, or a strategy class written for backtrader.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.
    parameters : mapping, optional
        backtrader ``params`` of a hand-written class.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(MarketFeed(market=market))  # type: ignore[call-arg]
    broker = RuledBroker(costs=costs, execution=execution)  # type: ignore[call-arg]
    cerebro.setbroker(broker)
    if isinstance(decisions, Decisions):
        cerebro.addstrategy(_MadeDecisions, decisions=decisions)
    else:
        cerebro.addstrategy(decisions, **(parameters or {}))
    cerebro.run()
    return broker.records()


def _to_list(line: np.ndarray[Any, Any] | None) -> list[float] | None:
    return None if line is None else line.tolist()


def _tighter(level: float, other: float, side: int) -> float:
    if math.isnan(other):
        return level
    if math.isnan(level) or side * (other - level) > 0:
        return other
    return level
