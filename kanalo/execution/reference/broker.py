"""A backtrader broker that keeps the fill rules; usable in anyone's own Cerebro."""

from __future__ import annotations

import math
from typing import Any

import backtrader as bt
import numpy as np
from backtrader.order import Order

from kanalo.execution.both_touched import FinerBars
from kanalo.execution.costs import Costs
from kanalo.execution.records import FILL_DTYPE, Reason, Records
from kanalo.execution.reference.account import AccountRules
from kanalo.execution.reference.desk import Desk, is_ruled, to_sizes
from kanalo.execution.reference.orders import find_reason, find_tighter, is_target, lay_out
from kanalo.execution.reference.refusals import METHODS, check_parameters, refuse
from kanalo.execution.rules import BothTouched, Execution, LimitFills
from kanalo.market import Market

_DUST = 1e-12  # share of a position below which what is left of it is rounding


class RuledBroker(bt.brokers.BackBroker):  # type: ignore[misc]
    """Fill orders by kanalo's rules instead of backtrader's defaults.

    ``cerebro.setbroker(RuledBroker(costs=Costs(), execution=Execution()))``. What differs from
    ``bt.brokers.BackBroker``: bracket children are live on the entry bar, a gap beyond the target
    comes before a touch of the stop, a bar that touches both is decided by a rule and counted, an
    order that the account does not cover is clipped instead of refused, shorts are bound like
    longs, targets never slip, market and stop fills slip within the bar's range, funding is paid
    where a `MarketFeed` carries it, and an account without equity is closed.

    Settings of backtrader's broker that the rules decide (commission, slippage, cheat-on-close,
    fillers …) are refused by name. Orders before the bar ``first`` are rejected: those bars warm
    indicators up.
    """

    cash: float  # backtrader's own
    params = (("costs", Costs()), ("execution", Execution()), ("first", 0))

    def __init__(self) -> None:
        super().__init__()
        check_parameters(self.p._getkwargs(), bt.brokers.BackBroker.params._getkwargsdefault())
        self.p.cash = self.p.execution.cash
        self.p.checksubmit = False  # what is not covered is clipped at the fill, not refused before

    def init(self) -> None:
        """Start with the account's cash and empty records."""
        super().init()
        self.taker_fee, self._maker_fee = self.p.costs.fee, self.p.costs.maker_fee
        self.account = AccountRules(self)
        self._margined = self.account.is_margined
        self._up, self._down = 1 + self.p.costs.slippage, 1 - self.p.costs.slippage
        self._fills: list[tuple[float, ...]] = []
        self._equity: list[float] = []
        self._held: list[float] = []
        self._funding: list[float] = []
        self._ambiguous: list[int] = []
        self._questions: list[int] = []
        self._desk = Desk(self)
        self._resolved = 0
        self._finer: dict[Any, FinerBars] = {}
        self.ruined = False

    # -- one bar -------------------------------------------------------------------------------

    def next(self) -> None:
        """Go through one bar: open and protective fills, funding, mark, ruin."""
        while self._toactivate:
            self._toactivate.popleft().activate()
        if self.pending:
            self._walk_pending()
            self._desk.fill_entries()
        for data in list(self.positions):
            self._desk.protect(data, self.p.execution.entry_bar_exits)
        paid = self._charge_funding()
        for data in list(self.positions) if self._margined else ():
            if self.account.is_liquidated(data, data.close[0]):
                self._desk.liquidate(data, data.close[0], at_close=True)
        self._get_value()
        if self._value <= 0 and not self.ruined:
            self._ruin()
        self._equity.append(self._value)
        self._held.append(sum(position.size for position in self.positions.values()))
        self._funding.append(paid)

    def is_idle(self) -> bool:
        """Tell whether nothing is held after the last bar, waits, or is still to be told."""
        return not (self._held[-1] or self.pending or self.notifs or self._toactivate)

    def rest(self, n_bars: int) -> None:
        """Pass over bars while nothing is held or ordered: cash and value stay as they are."""
        self._equity += [self._value] * n_bars
        self._held += [0.0] * n_bars
        self._funding += [0.0] * n_bars

    def _walk_pending(self) -> None:
        self.pending.append(None)
        while (order := self.pending.popleft()) is not None:
            if order.expire():
                self.notify(order)
                self._ococheck(order)
                self._bracketize(order, cancel=True)
            elif not order.active() or is_ruled(order):
                self.pending.append(order)
            else:
                self._try_exec(order)
                if order.alive():
                    self.pending.append(order)
                elif order.status == Order.Completed:
                    self._bracketize(order)

    def _charge_funding(self) -> float:
        held = [(data, each.size) for data, each in self.positions.items() if each.size]
        paid = sum(self.account.charge(data) for data, _ in held) if self._margined else 0.0
        for data, size in held if self.p.costs.funding else ():
            if hasattr(data.lines, "funding_due") and data.funding_due[0]:
                known, assumed = data.funding_rate[0], data.funding_assumed[0]
                rate = 0.0 if math.isnan(known) else known
                if assumed:
                    rate += assumed * self.p.costs.funding_missing
                paid -= size * data.close[0] * rate
        self.cash += paid
        return paid

    def _get_value(self, datas: Any = None, lever: bool = False) -> float:  # noqa: ARG002
        """Mark to the close: cash plus quantity × close, shorts negative."""
        held = datas or self.positions
        value = sum(self.positions[data].size * data.close[0] for data in held)
        if datas:
            return float(value)
        while self._cash_addition:
            self.cash += self._cash_addition.popleft()
        self._valuemkt = self._valuemktlever = value
        self._value = self._valuelever = self.cash + value
        return float(self._value)

    def _ruin(self) -> None:
        """Close everything at this close, with fee and without slippage, and end trading."""
        for order in list(self.pending):
            self.cancel(order)
        for data, position in list(self.positions.items()):
            if position.size:
                side = self.sell if position.size > 0 else self.buy
                owner = self.cerebro.runningstrats[0]
                order = side(owner, data, abs(position.size), reason=Reason.RUIN)
                self.pending.remove(order)
                self._execute(order, ago=0, price=data.close[0])
        self._get_value()
        self.ruined = True

    def submit_accept(self, order: Any) -> None:
        """Accept an order, or reject it where trading has not begun or has ended."""
        if self.ruined or len(order.data) <= self.p.first:
            order.reject(self)
            self.notify(order)
            return
        lay_out(order)
        super().submit_accept(order)

    # -- prices --------------------------------------------------------------------------------

    def _try_exec(self, order: Any) -> None:
        if order.exectype == Order.Stop and order.parent is not None:
            target = self._target_beside(order)
            if target is not None and self._target_is_first(order, target):
                return
        super()._try_exec(order)

    def _try_exec_limit(
        self, order: Any, popen: float, phigh: float, plow: float, plimit: float
    ) -> None:
        """Fill a limit order where it is touched, or gone through where the rules want that."""
        if self.p.execution.limit_fills == LimitFills.THROUGH:
            missed = plow >= plimit if order.isbuy() else phigh <= plimit
            if missed:
                return
        super()._try_exec_limit(order, popen, phigh, plow, plimit)

    def _target_beside(self, stop: Any) -> Any:
        """Find the live limit order of the same bracket."""
        for sibling in self._pchildren.get(stop.parent.ref, ()):
            if sibling.exectype == Order.Limit and sibling.alive() and sibling.active():
                return sibling
        return None

    def _target_is_first(self, stop: Any, target: Any) -> bool:
        """Decide between a bracket's children by rules 4 and 5, and count what is ambiguous."""
        data, down = stop.data, not stop.isbuy()
        stop_price, target_price = stop.created.price, target.created.price
        side = 1 if down else -1
        if side * (data.open[0] - stop_price) <= 0:
            return False
        if side * (data.open[0] - target_price) >= 0:
            return True
        if down:
            both = data.low[0] <= stop_price and data.high[0] >= target_price
        else:
            both = data.high[0] >= stop_price and data.low[0] <= target_price
        return bool(both) and self._settle(data, stop_price, target_price, side)

    def _settle(self, data: Any, stop: float, target: float, side: int) -> bool:
        bar = len(data) - 1
        self._ambiguous.append(bar)
        self._questions.append(0)
        rule = self.p.execution.both_touched
        if rule == BothTouched.PATH:
            high_first = data.high[0] - data.open[0] <= data.open[0] - data.low[0]
            return bool(high_first == (side > 0))
        if rule != BothTouched.RESOLVE:
            return bool(rule == BothTouched.TARGET)
        market = getattr(data.p, "market", None)
        if not isinstance(market, Market):
            return False
        if data not in self._finer:
            self._finer[data] = FinerBars(market)
        first = self._finer[data].find_first(bar, min(stop, target), max(stop, target)) * side
        self._resolved += first != 0
        return first > 0

    def _slip_up(self, pmax: float, price: float, doslip: bool = True, lim: bool = False) -> float:  # noqa: ARG002
        return price if lim else min(price * self._up, pmax)

    def _slip_down(
        self,
        pmin: float,
        price: float,
        doslip: bool = True,  # noqa: ARG002
        lim: bool = False,
    ) -> float:
        return price if lim else max(price * self._down, pmin)

    # -- fills ---------------------------------------------------------------------------------

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,  # noqa: ARG002 - the signature is backtrader's
        position: Any = None,
        dtcoc: Any = None,
    ) -> None:
        if ago is None or price is None:
            return
        position = self.positions[order.data]
        wanted = order.executed.remsize
        rate = self._rate(order)
        allowed = self.account.limit(order.data, position.size, wanted)
        level = self._level(order, price)
        price = self.account.move(order, allowed, level, price)
        size = self.account.clip(order.data, position.size, allowed, price, rate)
        if not size:
            self._refuse(order)
            return
        order.executed.remsize = size
        fee, shortfall = self.account.settle(order, size, price, abs(size * price) * rate)
        self._book(order, position, size, price, fee, dtcoc or order.data.datetime[ago])
        self.cash = 0.0 if shortfall else self.cash
        self._record(order, size, price, level, fee, abs(wanted), shortfall)
        self.notify(order)
        self._ococheck(order)

    def _rate(self, order: Any) -> float:
        """Return the fee of an order as a fraction: a limit fill makes, all others take."""
        if order.info.get("reason") == Reason.LIQUIDATION:
            return float(self.p.costs.liquidation_fee)
        takes = order.info.get("taker", not is_target(order))
        return float(self.taker_fee if takes else self._maker_fee)

    def _refuse(self, order: Any) -> None:
        order.margin()
        self.notify(order)
        self._ococheck(order)
        self._bracketize(order, cancel=True)

    def _book(
        self, order: Any, position: Any, size: float, price: float, fee: float, time: float
    ) -> None:
        """Move cash and position, and tell backtrader's order what was done."""
        before, entry_price = position.size, position.price
        after, average, opened, closed = position.update(
            size, price, order.data.datetime.datetime()
        )
        if after and abs(after) <= _DUST * max(abs(before), abs(size)):
            position.set(0.0, 0.0)
            after, average, opened, closed = 0.0, 0.0, 0.0, size
        self.cash -= size * price
        self.cash -= fee
        pnl = -closed * (price - entry_price)
        share = abs(closed / size)
        order.info["fill_price"] = price
        order.execute(
            time,
            size,
            price,
            closed,
            -closed * entry_price,
            fee * share,
            opened,
            opened * price,
            fee * (1 - share),
            None,
            pnl,
            after,
            average,
        )
        order.addcomminfo(self.getcommissioninfo(order.data))

    def _record(
        self,
        order: Any,
        size: float,
        price: float,
        level: float,
        fee: float,
        wanted: float,
        shortfall: float,
    ) -> None:
        reason = find_reason(order)
        stop = math.nan if order.parent else self._dress_children(order, size, price)
        if reason is Reason.ENTRY:
            self._desk.note_entry(order, size, level)
        self._fills.append(
            (
                len(order.data) - 1,
                size,
                price,
                level,
                fee,
                reason,
                order.info.get("decision", -1),
                wanted,
                stop,
                order.info.get("inside", 0),
                shortfall,
            )
        )

    def _level(self, order: Any, price: float) -> float:
        """Return the price before slippage."""
        data, reason = order.data, order.info.get("reason")
        if "level" in order.info:
            return float(order.info["level"])
        if reason in (Reason.RUIN, Reason.LIQUIDATION) or is_target(order):
            return price
        if order.exectype != Order.Stop:
            return float(data.open[0]) if order.exectype == Order.Market else price
        gapped = (data.open[0] - order.created.price) * (1 if order.isbuy() else -1) >= 0
        return float(data.open[0] if gapped else order.created.price)

    # -- brackets ------------------------------------------------------------------------------

    def _dress_children(self, parent: Any, size: float, price: float) -> float:
        """Fit a bracket's children to the fill: its quantity, and a trail from its price."""
        level = math.nan
        for child in self._pchildren.get(parent.ref, ()):
            if child is parent:
                continue
            child.size = child.executed.remsize = to_sizes(child, size)
            trail = child.info.get("trail", math.nan)
            if not math.isnan(trail):
                side = 1 if size > 0 else -1
                start = price - price * trail if size > 0 else price + price * trail
                child.created.price = find_tighter(child.created.price, start, side)
            if child.exectype == Order.Stop:
                level = child.created.price
        return level

    def _bracketize(self, order: Any, cancel: bool = False) -> None:
        """Activate children with their parent's fill, not one bar later (rule 3)."""
        super()._bracketize(order, cancel)
        if self.p.execution.entry_bar_exits:
            while self._toactivate:
                self._toactivate.popleft().activate()

    def records(self) -> Records:
        """Return what happened as arrays, from the bar ``first`` on."""
        first = self.p.first
        fills = np.array(self._fills, dtype=FILL_DTYPE)
        fills["bar"] -= first
        return Records(
            fills=fills,
            equity=np.array(self._equity[first:]),
            position=np.array(self._held[first:]),
            funding=np.array(self._funding[first:]),
            ambiguous=np.array(self._ambiguous, dtype=np.int64) - first,
            resolved=self._resolved,
            questions=np.array(self._questions, dtype=np.int8),
        )


for _name, _why in METHODS.items():
    setattr(RuledBroker, _name, refuse(_name, _why))
