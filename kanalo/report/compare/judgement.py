"""The judgement of a comparison as plain values; `judgement_tables` draws them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kanalo.analyzers.returns import ANNUAL_RATES
from kanalo.report.toolkit.plain import to_plain

if TYPE_CHECKING:
    from kanalo.judgement.judge import GroupJudgement, JudgedStrategy, Judgement

CAVEAT = (
    "Ratings follow criteria fixed in advance: green: better than luck; amber: indistinguishable "
    "from luck, or too few trades; red: uses future data, lost money, or no better than holding "
    "the same exposure. All results describe one price history."
)
"""What every face says under the sentences where rules were judged."""


def to_judgement(judgement: Judgement) -> dict[str, Any]:
    """Reduce what holds for a whole comparison to plain values: the model's ``judgement``.

    Returns
    -------
    dict
        ``declaration``, ``trials`` (``count``, ``effective``, ``recorded``) and ``groups``: for
        each market and cost set the superiority test, the confidence set and what stood in their
        way.
    """
    from kanalo.judgement.verdict import DECLARATION

    trials = judgement.trials
    return {
        "declaration": DECLARATION,
        "trials": {
            "count": trials.count,
            "effective": to_plain(trials.n_effective),
            "recorded": trials.recorded,
        },
        "groups": [_to_group(each) for each in judgement.groups],
    }


def to_judged(judged: JudgedStrategy) -> dict[str, Any]:
    """Reduce what is known of one strategy to plain values: ``judgement`` of a result."""
    evidence, verdict = judged.evidence, judged.verdict
    placebo = asdict(evidence.placebo)
    del placebo["band"]  # see `to_random_band`
    plain = {
        **asdict(verdict),
        "look_ahead": asdict(evidence.look_ahead),
        "sharpe": None if evidence.sharpe is None else asdict(evidence.sharpe),
        "superior": evidence.superior,
        "in_confidence_set": evidence.in_confidence_set,
        "placebo": placebo,
        "intrabar": asdict(evidence.intrabar),
        "tornado": evidence.tornado.to_dict(),
        "pbo": evidence.pbo,
        "n_swept": evidence.n_swept,
        "intervals": _to_intervals(evidence.intervals, short=math.isnan(evidence.cagr)),
        "differences": {
            key: _to_intervals(each, short=math.isnan(evidence.cagr))
            for key, each in evidence.differences.items()
        },
        "drawdown_probability": _to_levels(evidence.drawdown_probability),
        "ruin_probability": _to_levels(evidence.ruin_probability),
    }
    return {key: to_plain(value) for key, value in plain.items()}


def to_random_band(judged: JudgedStrategy | None) -> dict[str, Any] | None:
    """Reduce the equity of a rule's random entries to plain values: ``random_band`` of a result."""
    if judged is None or judged.evidence.placebo.band is None:
        return None
    placebo = judged.evidence.placebo
    return {"n_draws": placebo.n_draws, **to_plain(asdict(judged.evidence.placebo.band))}


def find_judged(
    judgement: Judgement | None, market: str, costs: str, label: str
) -> JudgedStrategy | None:
    """Find the verdict on one result; None for a yardstick, or where nothing was judged.

    Parameters
    ----------
    judgement : Judgement or None
        Of the whole comparison.
    market, costs, label : str
        Names of the market, of the cost set and of the rule.

    Returns
    -------
    JudgedStrategy or None
        The verdict and its evidence.
    """
    for group in () if judgement is None else judgement.groups:
        if (group.market, group.costs) == (market, costs):
            return group.strategies.get(label)
    return None


def _to_group(group: GroupJudgement) -> dict[str, Any]:
    tests = {"superiority": group.superiority, "confidence_set": group.confidence_set}
    return {
        "market": group.market,
        "costs": group.costs,
        "problem": group.problem,
        "block_length": to_plain(group.block_length),
        **{key: None if test is None else to_plain(asdict(test)) for key, test in tests.items()},
    }


def _to_intervals(intervals: Mapping[str, Any], *, short: bool) -> dict[str, Any]:
    """Convert intervals; short spans have none of a rate a year."""
    return {
        key: asdict(each) for key, each in intervals.items() if not (short and key in ANNUAL_RATES)
    }


def _to_levels(probabilities: Mapping[float, float]) -> list[dict[str, float]]:
    return [{"level": level, "probability": each} for level, each in probabilities.items()]
