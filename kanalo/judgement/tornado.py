"""Assumption tornado: how the main statistics change when one assumption does.

Nothing is decided anew but under another leverage prior: the same decisions are run with other
costs, a bar late, with the other reading of ambiguous bars or of limits, or by another account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import EngineError
from kanalo.execution.costs import MOST_IMPACT, Costs
from kanalo.execution.rules import MOST_LEVERAGE, BothTouched, Execution, LimitFills, Margin
from kanalo.judgement.accepted import check_run
from kanalo.judgement.altered import shift_decisions
from kanalo.market import Market
from kanalo.strategy import Decisions
from kanalo.strategy.orders import OrderType
from kanalo.text import count

MAIN = ("total_return", "cagr", "sharpe_ratio", "max_drawdown")
"""The statistics that a tornado shows."""

FACTORS = (0, 2)
"""By which fee and slippage are multiplied."""

LEVERAGE = 3
"""By which the leverage of the account is multiplied."""

ASSUMPTIONS = (
    *("fee", "slippage", "funding", "impact", "delay", "both touched", "limits"),
    *("margin", "leverage", "leverage prior"),
)
"""What is changed, in order."""

Alternative = tuple[str, Callable[[Market], Decisions]]
"""A name, and what decides on a market (its warm-up included) under another leverage prior."""

_KEYS = [each.key for each in STATISTICS]
_READINGS = {
    BothTouched.STOP: "stop first",
    BothTouched.TARGET: "target first",
    BothTouched.RESOLVE: "finer bars",
    BothTouched.PATH: "path",
}
_LIMITS = {LimitFills.TOUCH: "limits touched", LimitFills.THROUGH: "limits through"}


@dataclass(frozen=True, eq=False)
class Variation:
    """One assumption, changed.

    Attributes
    ----------
    assumption : str
        What was changed, one of `ASSUMPTIONS`.
    label : str
        What it was changed to, with the assumption's name: ``"fee ×2"``.
    statistics : mapping of str to float
        `MAIN` under it; NaN where not defined.
    changes : mapping of str to float
        Less those of the run itself.
    """

    assumption: str
    label: str
    statistics: Mapping[str, float]
    changes: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Tornado:
    """A run, and what it would have been under other assumptions.

    Attributes
    ----------
    base : mapping of str to float
        `MAIN` of the run itself.
    variations : tuple of Variation
        In the order of the assumptions; empty where nothing was varied.
    note : str
        Why nothing was varied; else empty.
    unchanged : mapping of str to str
        Labels that were not run because they can change nothing of these decisions, and why.
    """

    base: Mapping[str, float] = field(default_factory=dict)
    variations: tuple[Variation, ...] = ()
    note: str = ""
    unchanged: Mapping[str, str] = field(default_factory=dict)

    @property
    def turns(self) -> tuple[str, ...]:
        """Labels of the assumptions under which the total return lies on the other side of zero."""
        if not self.variations:
            return ()
        above = self.base["total_return"] > 0
        returns = ((each.label, each.statistics["total_return"]) for each in self.variations)
        return tuple(label for label, value in returns if value == value and (value > 0) != above)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each variation: `MAIN` and their changes.

        Returns
        -------
        DataFrame
            Indexed by ``label``; columns ``assumption``, each of `MAIN`, and ``change_…`` of each.
        """
        rows = [
            {
                "label": each.label,
                "assumption": each.assumption,
                **each.statistics,
                **{f"change_{key}": value for key, value in each.changes.items()},
            }
            for each in self.variations
        ]
        return pd.DataFrame(rows).set_index("label")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "base": dict(self.base),
            "turns": list(self.turns),
            "note": self.note,
            "unchanged": dict(self.unchanged),
            "variations": [
                {
                    "assumption": each.assumption,
                    "label": each.label,
                    "statistics": dict(each.statistics),
                    "changes": dict(each.changes),
                }
                for each in self.variations
            ],
        }


def measure_tornado(
    market: Market,
    decisions: Decisions,
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    alternatives: Sequence[Alternative] = (),
) -> Tornado:
    """Run decisions under one changed assumption after another.

    Fee, slippage and impact are taken away and doubled, funding is left out; funding, impact and an
    exchange's margin that the run leaves out are added. Entries, exits and guard lines come one bar
    late at the prices that were decided, bars that touch both levels are read the other way (or
    both ways, where finer bars decided) and along a path, limits and targets fill only where the
    price goes through them (or where it touches), and the leverage is three times as high. What
    can change nothing of these decisions is not run; ``unchanged`` says why.

    Parameters
    ----------
    market : Market
        What the rule was run on; with its warm-up if there are alternatives.
    decisions : Decisions
        What it decided on the bars after the warm-up (``Result.decisions``).
    costs, execution : Costs, Execution, optional
        Of the run; the defaults of `kanalo.run`.
    alternatives : sequence of (str, callable)
        The rule's decisions under other leverage priors; empty for a rule without a map. See
        `kanalo.judgement.leverage_prior.leverage_alternatives`.

    Returns
    -------
    Tornado

    Raises
    ------
    EngineError
        If decisions are not for the bars after the warm-up.
    ParameterError
        If an argument has another type.
    """
    check_run("measure_tornado", market, decisions, costs, execution)
    costs, execution = costs or Costs(), execution or Execution()
    traded = market.traded
    base = _measure(traded, decisions, costs, execution)
    cases = [
        *_vary_costs(decisions, costs, execution),
        ("delay", "one bar late", shift_decisions(decisions, 1), costs, execution),
        *_vary_reading(decisions, costs, execution),
        *_vary_account(decisions, costs, execution),
    ]
    unchanged = _find_unchanged(decisions, execution)
    cases = [each for each in cases if each[1] not in unchanged]
    for name, decide in alternatives:
        case_decisions = _decide(decide, market, name)
        cases.append(("leverage prior", name, case_decisions, costs, execution))
    variations = []
    for assumption, label, case_decisions, case_costs, account in cases:
        statistics = _measure(traded, case_decisions, case_costs, account)
        changes = {key: statistics[key] - base[key] for key in MAIN}
        variations.append(Variation(assumption, label, statistics, changes))
    return Tornado(base, tuple(variations), unchanged=unchanged)


_Case = tuple[str, str, Decisions, Costs, Execution]


def _vary_costs(decisions: Decisions, costs: Costs, execution: Execution) -> Iterator[_Case]:
    maker = costs.maker_fee_bps
    for factor in FACTORS:
        changed = replace(
            costs,
            fee_bps=costs.fee_bps * factor,
            maker_fee_bps=None if maker is None else maker * factor,
        )
        yield "fee", f"fee ×{factor}", decisions, changed, execution
    for factor in FACTORS:
        changed = replace(costs, slippage_bps=costs.slippage_bps * factor)
        yield "slippage", f"slippage ×{factor}", decisions, changed, execution
    label = "no funding" if costs.funding else "with funding"
    yield "funding", label, decisions, replace(costs, funding=not costs.funding), execution
    if not costs.impact:
        yield "impact", "with impact", decisions, replace(costs, impact=1.0), execution
        return
    for factor in FACTORS:
        changed = replace(costs, impact=min(costs.impact * factor, MOST_IMPACT))
        yield "impact", f"impact ×{factor}", decisions, changed, execution


def _vary_reading(decisions: Decisions, costs: Costs, execution: Execution) -> Iterator[_Case]:
    for rule in (BothTouched.STOP, BothTouched.TARGET, BothTouched.PATH):
        if rule != execution.both_touched:
            account = replace(execution, both_touched=str(rule))
            yield "both touched", _READINGS[rule], decisions, costs, account


def _vary_account(decisions: Decisions, costs: Costs, execution: Execution) -> Iterator[_Case]:
    account = replace(execution, limit_fills=str(_other_limits(execution)))
    yield "limits", _LIMITS[_other_limits(execution)], decisions, costs, account
    margin = Margin.NONE if execution.is_margined else Margin.EXCHANGE
    label = "no margin" if execution.is_margined else "with margin"
    yield "margin", label, decisions, costs, replace(execution, margin=str(margin))
    leverage = LEVERAGE * execution.leverage
    if leverage <= MOST_LEVERAGE:
        account = replace(execution, leverage=leverage, max_leverage=leverage)
        yield "leverage", f"leverage ×{LEVERAGE}", decisions, costs, account


def _other_limits(execution: Execution) -> LimitFills:
    is_touch = execution.limit_fills == LimitFills.TOUCH
    return LimitFills.THROUGH if is_touch else LimitFills.TOUCH


def _find_unchanged(decisions: Decisions, execution: Execution) -> dict[str, str]:
    """Say which variations can change nothing of these decisions, and why."""
    unchanged: dict[str, str] = {}
    targets = bool(np.isfinite(decisions.target).any())
    if not targets and not (decisions.order == OrderType.LIMIT).any():
        reason = "no target and no limit order"
        unchanged[_LIMITS[_other_limits(execution)]] = reason
    levels = (decisions.stop, decisions.trail, decisions.guard_long, decisions.guard_short)
    stops = any(each is not None and np.isfinite(each).any() for each in levels)
    waits = bool((decisions.order != OrderType.MARKET).any())
    if not (targets or stops or waits or execution.is_margined):
        unchanged[_READINGS[BothTouched.PATH]] = "no stop, no target and no order"
    return unchanged


def _decide(decide: Callable[[Market], Decisions], market: Market, name: str) -> Decisions:
    decisions = decide(market)
    if decisions.n_bars != len(market):
        raise EngineError(
            f"The alternative '{name}' decided on {count(decisions.n_bars, 'bar')}; the market has "
            f"{len(market)}."
        )
    return decisions.since(market.first)


def _measure(
    market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> dict[str, float]:
    batch = simulate_many(market, [decisions], costs, execution, daily=False, threads=1)
    figures = dict(zip(_KEYS, batch.values[0].tolist(), strict=True))
    return {key: figures[key] for key in MAIN}
