"""Tests over all records together: intervals, superior ability and the confidence set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from kanalo.judgement.bootstrap import Bootstrap, resample_returns
from kanalo.judgement.candidates import Options
from kanalo.judgement.evidence import Evidence
from kanalo.judgement.judge import CASH, DRAWDOWNS, MATCHED_HOLD
from kanalo.judgement.superiority import (
    ConfidenceSet,
    SuperiorAbility,
    calc_superiority,
    find_confidence_set,
)
from kanalo.judgement.verdict import SIZE
from kanalo.outside.record import calc_returns_per_year

LEAST_DAYS = 30
"""Fewest common days for tests and intervals."""

_INTERVALS = ("cagr", "sharpe_ratio", "max_drawdown")


@dataclass(frozen=True, eq=False)
class GroupTests:
    """What was found over all records on the days that they share.

    Attributes
    ----------
    labels : tuple of str
        The records.
    matched : bool
        Whether the benchmark is the holding of each record's exposure; otherwise it is cash.
    superiority, confidence_set, resampled
        None where there are too few days.
    problem : str
        Why there are none; empty if there are.
    n_days : int
        Days that all records share.
    """

    labels: tuple[str, ...]
    matched: bool
    superiority: SuperiorAbility | None = None
    confidence_set: ConfidenceSet | None = None
    resampled: Bootstrap | None = None
    problem: str = ""
    n_days: int = 0


def run_tests(
    returns: Mapping[str, pd.Series[float]],
    holds: Mapping[str, pd.Series[float]],
    options: Options,
) -> GroupTests:
    """Resample and test all records on the days that they share.

    Parameters
    ----------
    returns : mapping of str to Series
        Daily returns of each record.
    holds : mapping of str to Series
        The holdings matched to their exposure; empty to test against cash.
    options : Options
        Resamples and seed.

    Returns
    -------
    GroupTests
        With a problem in place of results where fewer than 30 days are shared.
    """
    held = {f"{MATCHED_HOLD} {label}": each for label, each in holds.items()}
    table = pd.concat({**returns, **held}, axis=1, join="inner", sort=True)
    labels, matched = tuple(returns), bool(holds)
    if len(table) < LEAST_DAYS:
        whose = "the record has" if len(labels) == 1 and not matched else "all share"
        problem = f"{whose} {len(table)} daily returns; at least {LEAST_DAYS} are needed"
        return GroupTests(labels, matched, problem=problem, n_days=len(table))
    rules = table[[*labels]]
    benchmark = table[[*held]].set_axis(rules.columns, axis=1) if matched else None
    how = {"n_resamples": options.n_resamples, "seed": options.seed}
    return GroupTests(
        labels,
        matched,
        calc_superiority(rules, benchmark, size=SIZE, **how),
        find_confidence_set(rules, **how),
        resample_returns(
            table.assign(**{CASH: 0.0}), per_year=calc_returns_per_year(table.index), **how
        ),
        n_days=len(table),
    )


def add_tests(evidence: Evidence, tests: GroupTests) -> Evidence:
    """Add what was found over all records to the evidence on one.

    Parameters
    ----------
    evidence : Evidence
        Of one record.
    tests : GroupTests
        Of all.

    Returns
    -------
    Evidence
        "Superior" is known only where the benchmark is the matched holding: beating cash is no
        condition of the verdict.
    """
    superiority, confidence_set, found = tests.superiority, tests.confidence_set, tests.resampled
    if superiority is None or confidence_set is None or found is None:
        return replace(evidence, problem=tests.problem)
    name = evidence.label
    if tests.matched and name not in superiority.left_out:
        evidence = replace(
            evidence,
            superior=name in superiority.better,
            superiority_p=superiority.p_value,
            n_compared=superiority.n_models,
        )
    others = {CASH: CASH, **{each: each for each in tests.labels if each != name}}
    if tests.matched:
        others = {MATCHED_HOLD: f"{MATCHED_HOLD} {name}", **others}
    chosen = None if name in confidence_set.left_out else name in confidence_set.included
    return replace(
        evidence,
        in_confidence_set=chosen,
        intervals={each: found.interval(name, each) for each in _INTERVALS},
        differences={
            key: {each: found.difference(name, other, each) for each in _INTERVALS}
            for key, other in others.items()
        },
        drawdown_probability={
            depth: found.drawdown_probability(name, depth) for depth in DRAWDOWNS
        },
        ruin_probability={depth: found.ruin_probability(name, depth) for depth in DRAWDOWNS},
    )
