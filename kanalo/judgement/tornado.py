"""Assumption tornado: how the main statistics change when one assumption does.

Nothing is decided anew but under another leverage prior: the same decisions are run with other
costs, a bar late, or with the other reading of ambiguous bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import BothTouched, Execution
from kanalo.judgement.accepted import check_run
from kanalo.judgement.altered import shift_decisions
from kanalo.market import Market
from kanalo.strategy import Decisions
from kanalo.text import count

MAIN = ("total_return", "cagr", "sharpe_ratio", "max_drawdown")
"""The statistics that a tornado shows."""

FACTORS = (0, 2)
"""By which fee and slippage are multiplied."""

Alternative = tuple[str, Callable[[Market], Decisions]]
"""A name, and what decides on a market (its warm-up included) under another leverage prior."""

_KEYS = [each.key for each in STATISTICS]
_READINGS = {
    BothTouched.STOP: "stop first",
    BothTouched.TARGET: "target first",
    BothTouched.RESOLVE: "finer bars",
}


@dataclass(frozen=True, eq=False)
class Variation:
    """One assumption, changed.

    Attributes
    ----------
    assumption : str
        What was changed: ``fee``, ``slippage``, ``funding``, ``delay``, ``both touched`` or
        ``leverage prior``.
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
    """

    base: Mapping[str, float] = field(default_factory=dict)
    variations: tuple[Variation, ...] = ()
    note: str = ""

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

    Fee and slippage are taken away and doubled, funding is left out (or paid, where the run leaves
    it out), entries, exits and guard lines come one bar late at the prices that were decided, and
    bars that touch both levels are read the other way (or both ways, where finer bars decided).

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
    ]
    for name, decide in alternatives:
        case_decisions = _decide(decide, market, name)
        cases.append(("leverage prior", name, case_decisions, costs, execution))
    variations = []
    for assumption, label, case_decisions, case_costs, account in cases:
        statistics = _measure(traded, case_decisions, case_costs, account)
        changes = {key: statistics[key] - base[key] for key in MAIN}
        variations.append(Variation(assumption, label, statistics, changes))
    return Tornado(base, tuple(variations))


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


def _vary_reading(decisions: Decisions, costs: Costs, execution: Execution) -> Iterator[_Case]:
    for rule in (BothTouched.STOP, BothTouched.TARGET):
        if rule != execution.both_touched:
            account = replace(execution, both_touched=str(rule))
            yield "both touched", _READINGS[rule], decisions, costs, account


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
