"""The account of the plain-Python twin: its fills, what it covers and where it is liquidated."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan, nan, sqrt

import numpy as np

from kanalo.execution.costs import Costs
from kanalo.execution.funding import funding_rates
from kanalo.execution.liquidity import calc_liquidity
from kanalo.execution.margin import lay_margin
from kanalo.execution.records import AT_CLOSE, FILL_DTYPE, Reason, Records
from kanalo.execution.rules import TOLERANCE, Execution, LimitFills
from kanalo.execution.twin_state import Position, WaitingOrder
from kanalo.market import Market
from kanalo.strategy import Decisions

Tier = tuple[float, float, float, float]
"""Cap, maintenance rate, maintenance amount and highest leverage of a tier."""


def find_liquidation(cash: float, quantity: float, tiers: list[Tier]) -> float:
    """Return the price at which a position is liquidated.

    There the equity ``cash + quantity × price`` is the maintenance margin, the largest of all
    tiers' ``rate × |quantity| × price - amount``.

    Parameters
    ----------
    cash : float
        Of the account, negative where it borrowed.
    quantity : float
        Coins held, negative for a short.
    tiers : list of tuple
        Those in force.

    Returns
    -------
    float
        NaN for a long that no positive price liquidates.
    """
    if quantity > 0:
        level = max(-(cash + amount) / (quantity * (1 - rate)) for _, rate, amount, _ in tiers)
        return level if level > 0 else nan
    return min((cash + amount) / (abs(quantity) * (1 + rate)) for _, rate, amount, _ in tiers)


def find_most_value(equity: float, tiers: list[Tier]) -> float:
    """Return the largest value of a position that an equity may open.

    Parameters
    ----------
    equity : float
        Of the account, positive.
    tiers : list of tuple
        Those in force.

    Returns
    -------
    float
        The best that a tier allows: its cap, or its leverage times the equity.
    """
    return max(min(cap, leverage * equity) for cap, _, _, leverage in tiers)


@dataclass(eq=False)
class Account:
    """Cash, position and the orders that wait; `kanalo.execution.twin` goes through the bars."""

    market: Market
    decisions: Decisions
    costs: Costs
    execution: Execution
    fills: list[tuple[float, ...]] = field(default_factory=list)
    ambiguous: list[int] = field(default_factory=list)
    resolved: int = 0
    position: Position | None = None
    leaving: Reason | None = None  # the held position goes at the next open
    entering: int = -1  # index of the entry that fills at the next open
    market_wanted: float = 0.0  # what it asks for
    wanted: float = 0.0  # what the entry asks for that is being filled
    orders: dict[int, WaitingOrder] = field(default_factory=dict)  # by their side
    questions: list[int] = field(default_factory=list)
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
        self.entries_at: dict[int, list[int]] = {}
        for k, bar in enumerate(self.decisions.entries.tolist()):
            self.entries_at.setdefault(bar, []).append(k)
        self.strict = self.execution.limit_fills == LimitFills.THROUGH
        self.exit_long = set(self.decisions.exit_long.tolist())
        self.exit_short = set(self.decisions.exit_short.tolist())
        self.volume: list[float] = self.market.volume.tolist()
        known = self.market.cached(calc_liquidity)
        self.volatility: list[float] = known.volatility.tolist()
        self.turnover: list[float] = known.turnover.tolist()
        self.margin = self.market.cached(lay_margin) if self.execution.is_margined else None
        self.interest = [0.0] * n
        if self.margin is not None:
            self.interest = (self.margin.days * self.costs.borrow).tolist()
        self.at_close = False  # whether a fill is made at the close of its bar

    # -- fills ---------------------------------------------------------------------------------

    def _open(self, bar: int, k: int, price: float, level: float, fee: float, inside: int) -> None:
        """Fill an entry as far as the account covers it; every fill cancels all orders."""
        d, side = self.decisions, int(self.decisions.side[k])
        quantity = self._covered(bar, self._limited(bar, self.wanted), price, fee)
        if quantity <= 0:
            return
        held = self.position = Position(
            quantity=side * quantity,
            side=side,
            entry_bar=bar,
            decision=k,
            best=price,
            stop=float(d.stop[k]),
            target=float(d.target[k]),
            trail=float(d.trail[k]),
            max_bars=int(d.max_bars[k]),
            inside=inside,
            level=level,
            entry_price=price,
            second=float(d.target_2[k]),
        )
        held.tighten(held.trail_level())
        held.tighten(self._guard(bar - 1, held))
        self._fill(bar, held, held.quantity, price, level, Reason.ENTRY, fee)
        self.orders = {}

    def _limited(self, bar: int, wanted: float) -> float:
        """Return the part of an entry that the volume of its bar allows."""
        if self.execution.max_share == inf:
            return wanted
        return min(wanted, self.execution.max_share * self.volume[bar])

    def _covered(self, bar: int, wanted: float, price: float, fee: float) -> float:
        room = self.cash * self.execution.max_leverage
        covered = wanted
        if not wanted * price * (1 + fee) <= room + TOLERANCE * self.cash:
            covered = room / (price * (1 + fee))
        if self.margin is not None and covered > 0:
            most = find_most_value(self.cash, self.margin.list_tiers(bar))
            if covered * price > most:
                covered = most / price
        return covered

    def _take_target(self, bar: int, held: Position, level: float) -> None:
        """Sell at a target: all, or the share of the first of two."""
        if isnan(held.second):
            self._leave(bar, held, level, Reason.TARGET)
            return
        k = held.decision
        part = held.quantity * float(self.decisions.share[k])
        self._fill(bar, held, -part, level, level, Reason.TARGET, self.costs.maker_fee)
        held.quantity -= part
        held.target, held.second = held.second, nan
        if self.decisions.breakeven[k]:
            held.breakeven_bar = bar

    def _leave(
        self, bar: int, held: Position, level: float, reason: Reason, *, at_close: bool = False
    ) -> None:
        price, fee = level, self.costs.fee
        if reason is Reason.TARGET:
            fee = self.costs.maker_fee
        elif reason is Reason.LIQUIDATION:
            fee = self.costs.liquidation_fee
        elif reason is not Reason.RUIN:
            price = self._moved(bar, level, -held.side, abs(held.quantity))
        self.at_close = at_close
        self._fill(bar, held, -held.quantity, price, level, reason, fee)
        self.at_close, self.position = False, None

    def _fill(
        self,
        bar: int,
        held: Position,
        quantity: float,
        price: float,
        level: float,
        reason: Reason,
        fee: float,
    ) -> None:
        value = quantity * price
        charge, shortfall = abs(value) * fee, 0.0
        self.cash -= value
        if self.margin is not None and quantity == -held.quantity:
            charge = min(charge, max(self.cash, 0.0))  # no more than is left
            shortfall = max(-self.cash, 0.0)
            self.cash = max(self.cash, 0.0)
        self.cash -= charge
        opens = reason is Reason.ENTRY
        wanted = self.wanted if opens else abs(quantity)
        stop = held.stop if opens else nan
        decision = -1 if reason is Reason.RUIN else held.decision
        inside = held.inside if opens else AT_CLOSE if self.at_close else 0
        what = (reason, decision, wanted, stop, inside, shortfall)
        self.fills.append((bar, quantity, price, level, charge, *what))

    def _slipped(self, bar: int, price: float, direction: int) -> float:
        if direction > 0:
            return min(price * (1 + self.costs.slippage), self.high[bar])
        return max(price * (1 - self.costs.slippage), self.low[bar])

    def _moved(self, bar: int, level: float, direction: int, coins: float) -> float:
        """Return the price of a fill that takes: a level with slippage, then with impact."""
        price, volatility = self._slipped(bar, level, direction), self.volatility[bar]
        if not self.costs.impact or isnan(volatility):
            return price
        size = sqrt(coins * level / self.turnover[bar])
        return price * (1 + direction * min(self.costs.impact * volatility * size, 0.5))

    def _find_liquidation(self, bar: int) -> float:
        """Return the price at which what is held is liquidated in a bar; NaN for none."""
        if self.margin is None or self.position is None:
            return nan
        return find_liquidation(self.cash, self.position.quantity, self.margin.list_tiers(bar))

    def _guard(self, bar: int, held: Position) -> float:
        line = self.decisions.guard_long if held.side > 0 else self.decisions.guard_short
        return nan if line is None else float(line[bar])

    def to_records(self) -> Records:
        """Return what happened as arrays."""
        return Records(
            fills=np.array(self.fills, dtype=FILL_DTYPE),
            equity=self.equity,
            position=self.held,
            funding=self.funding,
            ambiguous=np.array(self.ambiguous, dtype=np.int64),
            resolved=self.resolved,
            questions=np.array(self.questions, dtype=np.int8),
        )
