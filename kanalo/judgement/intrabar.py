"""Intrabar bounds: how much of a result depends on which level a bar touched first.

A bar that reaches both the stop and the target does not tell which came first. Every result lies
between that of counting all such bars stop-first and that of counting them target-first; finer bars
put some of them in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.analyzers.statistics import STATISTICS, get_statistic
from kanalo.execution.costs import Costs
from kanalo.execution.rules import BothTouched, Execution
from kanalo.judgement._matrix import NAN
from kanalo.judgement.accepted import check_run
from kanalo.market import Market
from kanalo.strategy import Decisions

Light = Literal["green", "amber", "red"]

BOUNDS = (str(BothTouched.STOP), str(BothTouched.TARGET))
"""The pessimistic and the optimistic reading."""

_KEYS = [each.key for each in STATISTICS]


@dataclass(frozen=True, eq=False)
class IntrabarBounds:
    """A result under every reading of its ambiguous bars.

    Attributes
    ----------
    statistics : mapping of str to mapping of str to float
        Every statistic under ``stop``, ``target`` and, where the market has finer bars,
        ``resolve``; NaN where one is not defined.
    ambiguous : int
        Closed trades whose bar touched both levels.
    resolved : int
        Those that the finer bars put in order.
    n_trades : int
        Closed trades.
    """

    statistics: Mapping[str, Mapping[str, float]]
    ambiguous: int
    resolved: int
    n_trades: int

    @property
    def undecided(self) -> int:
        """Ambiguous trades that no finer bars decide."""
        return self.ambiguous - self.resolved

    @property
    def share(self) -> float:
        """Ambiguous trades over closed trades; NaN without any."""
        return self.ambiguous / self.n_trades if self.n_trades else NAN

    @property
    def undecided_share(self) -> float:
        """The same of those that no finer bars decide."""
        return self.undecided / self.n_trades if self.n_trades else NAN

    @property
    def sign_changes(self) -> bool:
        """Whether the readings disagree on which side of zero the total return lies."""
        signs = {each["total_return"] > 0 for each in self.statistics.values()}
        return len(signs) > 1

    def bounds(self, statistic: str) -> tuple[float, float]:
        """Return a statistic stop-first and target-first.

        Raises
        ------
        UnknownNameError
            If there is no such statistic.
        """
        key = get_statistic(statistic).key
        low, high = (self.statistics[rule][key] for rule in BOUNDS)
        return low, high

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each statistic and a column for each reading."""
        return pd.DataFrame(dict(self.statistics))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "statistics": {rule: dict(each) for rule, each in self.statistics.items()},
            "ambiguous": self.ambiguous,
            "resolved": self.resolved,
            "undecided": self.undecided,
            "n_trades": self.n_trades,
            "share": self.share,
            "undecided_share": self.undecided_share,
            "sign_changes": self.sign_changes,
        }


@dataclass(frozen=True)
class IntrabarRanking:
    """The order of several rules under both bounds.

    Attributes
    ----------
    statistic : str
        What they are ordered by.
    orders : mapping of str to tuple of str
        Names, best first, under ``stop`` and ``target``; without those whose figure is undefined.
    moved : tuple of str
        Rules that the readings rank differently.
    sign_changes : tuple of str
        Rules whose return changes its sign.
    """

    statistic: str
    orders: Mapping[str, tuple[str, ...]]
    moved: tuple[str, ...]
    sign_changes: tuple[str, ...]

    def light(self, name: str) -> Light:
        """Return red if the sign of the rule's return depends on it, amber if its rank does."""
        if name in self.sign_changes:
            return "red"
        return "amber" if name in self.moved else "green"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "statistic": self.statistic,
            "orders": {rule: list(order) for rule, order in self.orders.items()},
            "moved": list(self.moved),
            "sign_changes": list(self.sign_changes),
        }


def bound_intrabar(
    market: Market,
    decisions: Decisions,
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
) -> IntrabarBounds:
    """Run decisions under every reading of bars that touch both the stop and the target.

    Parameters
    ----------
    market : Market
        The bars to trade, without warm-up (``Result.market``).
    decisions : Decisions
        Over the same bars (``Result.decisions``).
    costs, execution : Costs, Execution, optional
        Of the run; its own ``both_touched`` does not matter.

    Returns
    -------
    IntrabarBounds
        Which bars are ambiguous does not depend on the reading: a trade ends in its bar either way.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    ParameterError
        If an argument has another type.
    """
    check_run("bound_intrabar", market, decisions, costs, execution)
    rules = BOUNDS if market.finer is None else (*BOUNDS, str(BothTouched.RESOLVE))
    statistics = {}
    for rule in rules:
        account = replace(execution or Execution(), both_touched=rule)
        batch = simulate_many(
            market, [decisions], costs or Costs(), account, daily=False, threads=1
        )
        statistics[rule] = dict(zip(_KEYS, batch.values[0].tolist(), strict=True))
    last = statistics[rules[-1]]
    return IntrabarBounds(
        statistics=statistics,
        ambiguous=int(last["ambiguous_bars"]),
        resolved=int(last["resolved_bars"]),
        n_trades=int(last["n_trades"]),
    )


def rank_intrabar(
    bounds: Mapping[str, IntrabarBounds], statistic: str = "sharpe_ratio"
) -> IntrabarRanking:
    """Compare the order of rules stop-first with their order target-first.

    Parameters
    ----------
    bounds : mapping of str to IntrabarBounds
        By the rule's name; all of one market and cost set.
    statistic : str
        What to order them by; equal ones keep the order given.

    Returns
    -------
    IntrabarRanking
        Both orders, best first.

    Raises
    ------
    UnknownNameError
        If there is no such statistic.
    """
    shown = get_statistic(statistic)
    orders = {}
    for i, rule in enumerate(BOUNDS):
        values = {name: each.bounds(statistic)[i] for name, each in bounds.items()}
        known = [name for name, value in values.items() if value == value]
        orders[rule] = tuple(sorted(known, key=lambda name: -shown.better * values[name]))
    stop, target = (list(orders[rule]) for rule in BOUNDS)
    return IntrabarRanking(
        statistic=shown.key,
        orders=orders,
        moved=tuple(name for name in bounds if _place(stop, name) != _place(target, name)),
        sign_changes=tuple(name for name, each in bounds.items() if each.sign_changes),
    )


def _place(order: list[str], name: str) -> int:
    return order.index(name) if name in order else -1
