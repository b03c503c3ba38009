"""The judgement of a comparison as plain values; `kanalo.report.judgement_tables` draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kanalo.report.plain import to_plain

if TYPE_CHECKING:
    from kanalo.judgement.judge import GroupJudgement, Judged, Judgement

CAVEAT = (
    "Lights say what may be claimed, as declared before anything was run: green better than luck, "
    "amber not to be told from luck or too little to say, red leaking, losing or no better than "
    "its own holding. All of it is about one past."
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


def to_judged(judged: Judged) -> dict[str, Any]:
    """Reduce what is known of one strategy to plain values: ``judgement`` of a result."""
    evidence, verdict = judged.evidence, judged.verdict
    plain = {
        **asdict(verdict),
        "look_ahead": asdict(evidence.look_ahead),
        "sharpe": None if evidence.sharpe is None else asdict(evidence.sharpe),
        "superior": evidence.superior,
        "in_confidence_set": evidence.in_confidence_set,
        "placebo": asdict(evidence.placebo),
        "intrabar": asdict(evidence.intrabar),
        "tornado": evidence.tornado.to_dict(),
        "pbo": evidence.pbo,
        "n_swept": evidence.n_swept,
        "intervals": _to_intervals(evidence.intervals),
        "differences": {key: _to_intervals(each) for key, each in evidence.differences.items()},
        "drawdown_probability": _to_levels(evidence.drawdown_probability),
        "ruin_probability": _to_levels(evidence.ruin_probability),
    }
    return {key: to_plain(value) for key, value in plain.items()}


def find_judged(judgement: Judgement | None, market: str, costs: str, label: str) -> Judged | None:
    """Find the verdict on one result; None for a yardstick, or where nothing was judged."""
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


def _to_intervals(intervals: Mapping[str, Any]) -> dict[str, Any]:
    return {key: asdict(each) for key, each in intervals.items()}


def _to_levels(probabilities: Mapping[float, float]) -> list[dict[str, float]]:
    return [{"level": level, "probability": each} for level, each in probabilities.items()]
