"""What an account covers and pays in the reference engine: rules 2, 9, 16 and 17.

Nothing here is shared with the twin or the kernels but the tables of the market.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from backtrader.order import Order

from kanalo.errors import EngineError
from kanalo.execution.liquidity import Liquidity, calc_liquidity
from kanalo.execution.margin import Margin, lay_margin
from kanalo.execution.records import Reason
from kanalo.execution.rules import TOLERANCE
from kanalo.market import Market

_FREE = (Reason.RUIN, Reason.LIQUIDATION)


_Tiers = list[tuple[float, float, float, float]]


@dataclass(eq=False)
class _Known:
    """The tiers of a feed as Python's own numbers, and the liquidation price that was asked last.

    Attributes
    ----------
    table : list of int
        Table in force in each bar.
    tiers : dict of int to list of tuple
        Cap, rate, amount and leverage of the tiers of each table that is ever in force.
    days : list of float
        Days of interest of each bar.
    asked : tuple
        Table, size and cash of the last question.
    level : float
        Its answer.
    """

    table: list[int]
    tiers: dict[int, _Tiers]
    days: list[float]
    asked: tuple[int, float, float] = (-1, 0.0, 0.0)
    level: float = math.nan


def _lay_out(margin: Margin) -> _Known:
    tables, first = np.unique(margin.table, return_index=True)
    tiers = {
        int(table): margin.list_tiers(int(bar)) for table, bar in zip(tables, first, strict=True)
    }
    return _Known(margin.table.tolist(), tiers, margin.days.tolist())


def _calc_liquidation(size: float, cash: float, tiers: _Tiers) -> float:
    """Return the price at which a position is liquidated; NaN for none."""
    if size < 0:
        return min((cash + amount) / (-size * (1 + rate)) for _, rate, amount, _ in tiers)
    level = max((-cash - amount) / (size * (1 - rate)) for _, rate, amount, _ in tiers)
    return level if level > 0 else math.nan


class AccountRules:
    """Limits, impact, interest and liquidation prices of the account of a `RuledBroker`."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._costs, self._execution = broker.p.costs, broker.p.execution
        self.is_margined = self._execution.is_margined
        self._looks = self._costs.impact > 0 or self._execution.max_share < math.inf
        self._margins: dict[Any, _Known] = {}
        self._liquidity: dict[Any, Liquidity] = {}

    def _market(self, data: Any) -> Market:
        market = getattr(data.p, "market", None)
        if not isinstance(market, Market):
            raise EngineError(
                "RuledBroker takes margin='exchange' and 'impact' with a MarketFeed only, which "
                f"brings venues and days along; received a {type(data).__name__}. For other feeds "
                "set Execution(margin='none') and Costs(impact=0)."
            )
        return market

    def _known(self, data: Any) -> _Known:
        if data not in self._margins:
            self._margins[data] = _lay_out(lay_margin(self._market(data)))
        return self._margins[data]

    # -- fills -------------------------------------------------------------------------------------

    def limit(self, data: Any, held: float, wanted: float) -> float:
        """Return the part of an order that the bar's volume allows; what closes is not limited.

        Parameters
        ----------
        data : backtrader feed
            What is traded.
        held, wanted : float
            Coins before the order, and those it asks for; negative for a short.

        Returns
        -------
        float
            Coins of the order's sign.
        """
        if self._execution.max_share == math.inf:
            return wanted
        closing = -held if held * wanted < 0 and abs(wanted) > abs(held) else 0.0
        if held * wanted < 0 and not closing:
            return wanted
        most = self._execution.max_share * data.volume[0]
        return closing + math.copysign(min(abs(wanted - closing), most), wanted)

    def move(self, order: Any, size: float, level: float, price: float) -> float:
        """Return the price of a fill with its impact; a limit is never worse than its own.

        Parameters
        ----------
        order : backtrader order
            What is filled.
        size : float
            Coins of the fill.
        level, price : float
            The price before and after slippage.

        Returns
        -------
        float
        """
        takes = order.info.get("taker", order.exectype != Order.Limit)
        if not self._costs.impact or not takes or order.info.get("reason") in _FREE:
            return price
        data = order.data
        if data not in self._liquidity:
            self._liquidity[data] = calc_liquidity(self._market(data))
        known, bar = self._liquidity[data], len(data) - 1
        if np.isnan(known.volatility[bar]):
            return price
        root = math.sqrt(abs(size) * level / float(known.turnover[bar]))
        share = min(self._costs.impact * float(known.volatility[bar]) * root, 0.5)
        moved = price * (1 + share if order.isbuy() else 1 - share)
        if order.exectype == Order.Limit:
            limit = order.created.price
            moved = min(moved, limit) if order.isbuy() else max(moved, limit)
        return float(moved)

    def clip(self, data: Any, held: float, wanted: float, price: float, rate: float) -> float:
        """Return the part of an order that the account covers; what closes is always covered.

        Parameters
        ----------
        data : backtrader feed
            What is traded.
        held, wanted : float
            Coins before the order, and those it asks for.
        price, rate : float
            Of the fill; the fee as a fraction.

        Returns
        -------
        float
            Coins of the order's sign.
        """
        closing, fee, cash = 0.0, self._broker.taker_fee, self._broker.cash
        if held * wanted < 0:
            closing = math.copysign(min(abs(wanted), abs(held)), wanted)
        opening = wanted - closing
        if not opening:
            return wanted
        rest, equity = held + closing, cash
        if closing:  # the account after the closing part has been paid
            equity = cash - closing * price - abs(closing * price) * fee
        if rest:
            equity += rest * price
        room = equity * self._execution.max_leverage - abs(rest) * price
        covered = abs(opening)
        if covered * price * (1 + rate) > room + TOLERANCE * equity:
            covered = max(room / (price * (1 + rate)), 0.0)
        if self.is_margined and covered > 0:
            known = self._known(data)
            tiers = known.tiers[known.table[len(data) - 1]]
            most = max(min(cap, leverage * equity) for cap, _, _, leverage in tiers)
            covered = min(covered, max((most - abs(rest) * price) / price, 0.0))
        return float(closing + math.copysign(covered, opening))

    # -- what is held ------------------------------------------------------------------------------

    def find_liquidation(self, data: Any) -> float:
        """Return the price at which the position of a feed is liquidated now; NaN for none."""
        size = self._broker.positions[data].size
        if not self.is_margined or not size:
            return math.nan
        known, cash = self._known(data), self._broker.cash
        table = known.table[len(data) - 1]
        asked = table, size, cash
        if asked != known.asked:
            known.asked, known.level = asked, _calc_liquidation(size, cash, known.tiers[table])
        return known.level

    def is_liquidated(self, data: Any, price: float) -> bool:
        """Tell whether the margin of a feed's position ends at a price.

        Parameters
        ----------
        data : backtrader feed
            What is held.
        price : float
            The price.

        Returns
        -------
        bool
            Never where there is no liquidation price.
        """
        level = self.find_liquidation(data)
        return price <= level if self._broker.positions[data].size > 0 else price >= level

    def charge(self, data: Any) -> float:
        """Return the interest that a position on spot pays for a bar, as a negative cash flow."""
        if not self.is_margined:
            return 0.0
        interest = self._known(data).days[len(data) - 1] * self._costs.borrow
        size, cash = self._broker.positions[data].size, self._broker.cash
        base = size * data.close[0] if size < 0 else min(cash, 0.0)
        return float(base * interest)

    def settle(self, order: Any, size: float, price: float, fee: float) -> tuple[float, float]:
        """Return the fee that is left to be paid, and what the account lacks, after a fill.

        Parameters
        ----------
        order : backtrader order
            What was filled.
        size, price, fee : float
            Coins, price and full fee of the fill.

        Returns
        -------
        tuple of float
            Fee and shortfall; the latter is 0 unless nothing is held any more.
        """
        held = self._broker.positions[order.data].size
        closes = held and abs(held + size) <= 1e-12 * abs(held)
        if not self.is_margined or not closes:
            return fee, 0.0
        left = self._broker.cash - size * price
        return min(fee, max(left, 0.0)), max(-left, 0.0)
