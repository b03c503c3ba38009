"""The fill rules in plain Python: one bar at a time, to be read beside `docs/fill_rules.md`.

Nothing here is shared with the other engines but the inputs and the records, so that a mistake in
one of them meets a judge that does not make it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np

from kanalo.errors import EngineError
from kanalo.execution.costs import Costs, funding_rates
from kanalo.execution.records import FILL_DTYPE, Reason, Records
from kanalo.execution.rules import TOLERANCE, BothTouched, Execution
from kanalo.market import Market
from kanalo.strategy import Decisions


def simulate_py(
    market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> Records:
    """Run decisions over a market, bar by bar, in plain Python.

    Parameters
    ----------
    market : Market
        Bars to trade; no warm-up is left out here.
    decisions : Decisions
        One set of decisions over the same bars.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    if decisions.n_bars != len(market):
        raise EngineError(
            f"The decisions look at {decisions.n_bars} bars; the market has {len(market)}."
        )
    account = _Account(market, decisions, costs, execution)
    for bar in range(len(market)):
        account.live_through(bar)
    return account.to_records()


@dataclass(eq=False)
class _Position:
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

    def tighten(self, level: float) -> None:
        """Move the stop to a level that is nearer to the price, never away from it."""
        if isnan(level):
            return
        if isnan(self.stop) or self.side * (level - self.stop) > 0:
            self.stop = level

    def trail_level(self) -> float:
        if self.side > 0:
            return self.best - self.best * self.trail
        return self.best + self.best * self.trail


@dataclass(eq=False)
class _Account:
    """Cash, position and the orders that wait for the next open."""

    market: Market
    decisions: Decisions
    costs: Costs
    execution: Execution
    fills: list[tuple[float, ...]] = field(default_factory=list)
    ambiguous: list[int] = field(default_factory=list)
    resolved: int = 0
    position: _Position | None = None
    leaving: Reason | None = None  # the held position goes at the next open
    entering: int = -1  # index of the entry that fills at the next open
    wanted: float = 0.0
    ruined: bool = False

    def __post_init__(self) -> None:
        n = len(self.market)
        self.cash = self.execution.cash
        self.equity = np.full(n, nan)
        self.held = np.zeros(n)
        self.funding = np.zeros(n)
        self.open: list[float] = self.market.open.tolist()
        self.high: list[float] = self.market.high.tolist()
        self.low: list[float] = self.market.low.tolist()
        self.close: list[float] = self.market.close.tolist()
        self.rates: list[float] = funding_rates(self.market, self.costs).tolist()
        self.entry_at = {int(bar): k for k, bar in enumerate(self.decisions.entries)}
        self.exit_long = set(self.decisions.exit_long.tolist())
        self.exit_short = set(self.decisions.exit_short.tolist())

    def live_through(self, bar: int) -> None:
        """Do everything that happens in one bar, in the order of rule 10."""
        self._fill_at_open(bar)
        self._protect(bar)
        self._charge_funding(bar)
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
        side = int(self.decisions.side[k])
        price = self._slipped(bar, self.open[bar], side)
        quantity = self._covered(self.wanted, price)
        if quantity <= 0:
            return
        held = self.position = _Position(
            quantity=side * quantity,
            side=side,
            entry_bar=bar,
            decision=k,
            best=price,
            stop=float(self.decisions.stop[k]),
            target=float(self.decisions.target[k]),
            trail=float(self.decisions.trail[k]),
            max_bars=int(self.decisions.max_bars[k]),
        )
        held.tighten(held.trail_level())
        held.tighten(self._guard(bar - 1, held))
        self._fill(bar, held, held.quantity, price, self.open[bar], Reason.ENTRY, self.costs.fee)

    def _covered(self, wanted: float, price: float) -> float:
        room = self.cash * self.execution.max_leverage
        if wanted * price * (1 + self.costs.fee) <= room + TOLERANCE * self.cash:
            return wanted
        return room / (price * (1 + self.costs.fee))

    def _leave(self, bar: int, held: _Position, level: float, reason: Reason) -> None:
        price, fee = level, self.costs.fee
        if reason is Reason.TARGET:
            fee = self.costs.maker_fee
        elif reason is not Reason.RUIN:
            price = self._slipped(bar, level, -held.side)
        self._fill(bar, held, -held.quantity, price, level, reason, fee)
        self.position = None

    def _fill(
        self,
        bar: int,
        held: _Position,
        quantity: float,
        price: float,
        level: float,
        reason: Reason,
        fee: float,
    ) -> None:
        value = quantity * price
        charge = abs(value) * fee
        self.cash -= value
        self.cash -= charge
        opens = reason is Reason.ENTRY
        wanted = self.wanted if opens else abs(quantity)
        stop = held.stop if opens else nan
        decision = -1 if reason is Reason.RUIN else held.decision
        self.fills.append((bar, quantity, price, level, charge, reason, decision, wanted, stop))

    def _slipped(self, bar: int, price: float, direction: int) -> float:
        if direction > 0:
            return min(price * (1 + self.costs.slippage), self.high[bar])
        return max(price * (1 - self.costs.slippage), self.low[bar])

    # -- stop and target -----------------------------------------------------------------------

    def _protect(self, bar: int) -> None:
        held = self.position
        if held is None or (bar == held.entry_bar and not self.execution.entry_bar_exits):
            return
        opening = self.open[bar]
        if held.side * (opening - held.stop) <= 0:
            self._leave(bar, held, opening, Reason.STOP)
        elif held.side * (opening - held.target) >= 0:
            self._leave(bar, held, opening, Reason.TARGET)
        else:
            self._protect_within(bar, held)

    def _protect_within(self, bar: int, held: _Position) -> None:
        hits_stop, hits_target = _touches(held, self.high[bar], self.low[bar])
        if hits_stop and hits_target:
            hits_stop = self._stop_is_first(bar, held)
        if hits_stop:
            self._leave(bar, held, held.stop, Reason.STOP)
        elif hits_target:
            self._leave(bar, held, held.target, Reason.TARGET)

    def _stop_is_first(self, bar: int, held: _Position) -> bool:
        self.ambiguous.append(bar)
        if self.execution.both_touched != BothTouched.RESOLVE:
            return self.execution.both_touched == BothTouched.STOP
        for high, low in self._finer_bars(bar):
            hits_stop, hits_target = _touches(held, high, low)
            if hits_stop and hits_target:
                return True
            if hits_stop or hits_target:
                self.resolved += 1
                return hits_stop
        return True

    def _finer_bars(self, bar: int) -> list[tuple[float, float]]:
        """High and low of the finer bars inside a bar; none unless they cover it wholly."""
        finer = self.market.finer
        if finer is None:
            return []
        start = self.market.index[bar]
        inside = finer.bars[(finer.index >= start) & (finer.index < start + self.market.length)]
        if len(inside) != self.market.length // finer.length:
            return []
        return list(zip(inside["high"], inside["low"], strict=True))

    def _guard(self, bar: int, held: _Position) -> float:
        line = self.decisions.guard_long if held.side > 0 else self.decisions.guard_short
        return nan if line is None else float(line[bar])

    # -- the close -----------------------------------------------------------------------------

    def _charge_funding(self, bar: int) -> None:
        if self.position is not None:
            self.funding[bar] = -(self.position.quantity * self.close[bar] * self.rates[bar])
            self.cash += self.funding[bar]

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

    def _decide(self, bar: int) -> None:
        k = self.entry_at.get(bar, -1)
        if self.position is None:
            self._want(bar, k)
            return
        self.leaving = self._reason_to_leave(bar, self.position)
        opposite = k >= 0 and self.decisions.side[k] != self.position.side
        if self.leaving is not None and opposite:
            self._want(bar, k)

    def _reason_to_leave(self, bar: int, held: _Position) -> Reason | None:
        if bar in (self.exit_long if held.side > 0 else self.exit_short):
            return Reason.EXIT
        if held.max_bars and bar >= held.entry_bar + held.max_bars - 1:
            return Reason.MAX_BARS
        return None

    def _want(self, bar: int, k: int) -> None:
        self.entering = k
        if k >= 0:
            self.wanted = float(self.decisions.size[k]) * self.equity[bar] / self.close[bar]

    def to_records(self) -> Records:
        """Return what happened as arrays."""
        return Records(
            fills=np.array(self.fills, dtype=FILL_DTYPE),
            equity=self.equity,
            position=self.held,
            funding=self.funding,
            ambiguous=np.array(self.ambiguous, dtype=np.int64),
            resolved=self.resolved,
        )


def _touches(held: _Position, high: float, low: float) -> tuple[bool, bool]:
    """Tell whether a range holds the stop and whether it holds the target."""
    if held.side > 0:
        return low <= held.stop, high >= held.target
    return high >= held.stop, low <= held.target
