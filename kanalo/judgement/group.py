"""What the rules of one market say together: the tests over all of them, and their intervals.

Both depend on nothing but the daily returns of the rules and of their matched holdings, and on how
much is spent: under the digest of these they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from kanalo.judgement.bootstrap import Bootstrap, Interval, resample_returns
from kanalo.judgement.candidates import Options
from kanalo.judgement.superiority import (
    ConfidenceSet,
    SuperiorAbility,
    calc_superiority,
    find_confidence_set,
)
from kanalo.judgement.verdict import SIZE

MATCHED_HOLD, CASH = "matched_hold", "cash"
DRAWDOWNS = (-0.1, -0.2, -0.3, -0.5, -0.75)
"""Levels whose probability is reported, of drawdowns and of falls below the start."""

_INTERVALS = ("cagr", "sharpe_ratio", "max_drawdown")
_PACKAGES = ("scipy", "arch")

Tests = tuple[SuperiorAbility, ConfidenceSet]


@dataclass(frozen=True)
class RuleIntervals:
    """What resampling says of one rule.

    Attributes
    ----------
    intervals : mapping of str to Interval
        By statistic.
    differences : mapping of str to mapping of str to Interval
        The same less that of another, by the other's name.
    drawdown_probability, ruin_probability : mapping of float to float
        By `DRAWDOWNS`.
    """

    intervals: Mapping[str, Interval]
    differences: Mapping[str, Mapping[str, Interval]]
    drawdown_probability: Mapping[float, float]
    ruin_probability: Mapping[float, float]


@dataclass(frozen=True)
class GroupIntervals:
    """What resampling says of every rule, all drawn on the same days.

    Attributes
    ----------
    block_length : float
        Mean length of a block in days.
    rules : mapping of str to RuleIntervals
        By label.
    """

    block_length: float
    rules: Mapping[str, RuleIntervals]


def find_tests(table: pd.DataFrame, held: pd.DataFrame, options: Options) -> Tests:
    """Return the test for superior ability and the confidence set, kept or computed.

    Parameters
    ----------
    table, held : DataFrame of shape (n_days, n_rules)
        Daily returns of the rules and of the holding matched to each, by label.
    options : Options
        How much is spent, and where findings are kept.

    Returns
    -------
    SuperiorAbility, ConfidenceSet
        The same, whether they were kept or not.
    """

    def compute() -> Tests:
        how = {"n_resamples": options.n_resamples, "seed": options.seed}
        superiority = calc_superiority(table, held, size=SIZE, **how)
        return superiority, find_confidence_set(table, **how)

    if options.findings is None:
        return compute()
    return options.findings.find_in_tables(
        "tests",
        (table, held),
        (options.n_resamples, options.seed, SIZE),
        packages=_PACKAGES,
        compute=compute,
        write=lambda tests: {"superiority": asdict(tests[0]), "confidence_set": asdict(tests[1])},
        read=_read_tests,
    )


def find_intervals(table: pd.DataFrame, held: pd.DataFrame, options: Options) -> GroupIntervals:
    """Return the intervals of every rule, kept or computed.

    Parameters
    ----------
    table, held : DataFrame of shape (n_days, n_rules)
        Daily returns of the rules and of the holding matched to each, by label.
    options : Options
        How much is spent, and where findings are kept.

    Returns
    -------
    GroupIntervals
        The same, whether they were kept or not.
    """

    def compute() -> GroupIntervals:
        bootstrap = _resample(table, held, options)
        labels = [str(label) for label in table]
        rules = {label: _to_intervals(bootstrap, label, labels) for label in labels}
        return GroupIntervals(bootstrap.block_length, rules)

    if options.findings is None:
        return compute()
    return options.findings.find_in_tables(
        "intervals",
        (table, held),
        (options.n_resamples, options.seed, DRAWDOWNS),
        packages=_PACKAGES,
        compute=compute,
        write=asdict,
        read=_read_intervals,
    )


def _resample(table: pd.DataFrame, held: pd.DataFrame, options: Options) -> Bootstrap:
    """Resample all rules, their matched holdings and cash on the same days."""
    columns = {name: table[name].to_numpy() for name in table}
    columns |= {f"{MATCHED_HOLD} {name}": held[name].to_numpy() for name in held}
    together = pd.DataFrame({**columns, CASH: 0.0}, index=table.index)
    return resample_returns(together, n_resamples=options.n_resamples, seed=options.seed)


def _to_intervals(bootstrap: Bootstrap, name: str, labels: list[str]) -> RuleIntervals:
    others = {MATCHED_HOLD: f"{MATCHED_HOLD} {name}", CASH: CASH}
    others |= {label: label for label in labels if label != name}
    return RuleIntervals(
        intervals={each: bootstrap.interval(name, each) for each in _INTERVALS},
        differences={
            key: {each: bootstrap.difference(name, other, each) for each in _INTERVALS}
            for key, other in others.items()
        },
        drawdown_probability={
            depth: bootstrap.drawdown_probability(name, depth) for depth in DRAWDOWNS
        },
        ruin_probability={depth: bootstrap.ruin_probability(name, depth) for depth in DRAWDOWNS},
    )


# -- values of JSON back to what they were ---------------------------------------------------------


def _read_tests(values: Mapping[str, Any]) -> Tests:
    superiority, confidence = values["superiority"], values["confidence_set"]
    lists = {name: tuple(superiority[name]) for name in ("better", "left_out")}
    sets = {name: tuple(confidence[name]) for name in ("included", "left_out")}
    return SuperiorAbility(**{**superiority, **lists}), ConfidenceSet(**{**confidence, **sets})


def _read_intervals(values: Mapping[str, Any]) -> GroupIntervals:
    rules = {label: _read_rule(each) for label, each in values["rules"].items()}
    return GroupIntervals(values["block_length"], rules)


def _read_rule(values: Mapping[str, Any]) -> RuleIntervals:
    return RuleIntervals(
        _read_each(values["intervals"]),
        {other: _read_each(each) for other, each in values["differences"].items()},
        *({float(k): v for k, v in values[name].items()} for name in _PROBABILITIES),
    )


_PROBABILITIES = ("drawdown_probability", "ruin_probability")


def _read_each(values: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: Interval(**each) for name, each in values.items()}
