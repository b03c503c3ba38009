"""The judgement of a comparison as plain values, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kanalo.report.formats import format_percent, format_value
from kanalo.report.groups import Entry, Group
from kanalo.report.plain import to_plain
from kanalo.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from kanalo.judgement.judge import GroupJudgement, Judged, Judgement

CAVEAT = (
    "Lights say what may be claimed, as declared before anything was run: green better than luck, "
    "amber not to be told from luck or too little to say, red leaking, losing or no better than "
    "its own holding. All of it is about one past."
)
"""What every face says under the sentences where rules were judged."""

_MATCHED = "matched_hold"


# -- plain values ----------------------------------------------------------------------------------


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


# -- tables ----------------------------------------------------------------------------------------


def list_judged(group: Group) -> list[Entry]:
    """Return the results of a group that were judged, in order."""
    return [each for each in group.results if each.get("judgement")]


def to_lights(group: Group) -> Table:
    """Build the table of verdicts: a light and a sentence for each rule."""
    rows = (
        Row(each["label"], (Cell(found["light"]), Cell(found["sentence"])))
        for each in list_judged(group)
        for found in (each["judgement"],)
    )
    return Table("Strategy", ("Light", "Verdict"), tuple(rows))


def to_reasons(group: Group) -> Table:
    """Build the table of reasons: under each rule every condition, whether met, and the finding."""
    rows = []
    for each in list_judged(group):
        for number, reason in enumerate(each["judgement"]["reasons"]):
            cells = Cell(reason["status"]), Cell(reason["text"])
            rows.append(Row(reason["name"], cells, section="" if number else each["label"]))
    return Table("Condition", ("Status", "Finding"), tuple(rows))


def to_intervals(group: Group) -> Table:
    """Build the table of intervals: a rule's own figures, and less those of its holding."""
    columns = (
        "Growth a year",
        "Sharpe ratio",
        "Max drawdown",
        "Growth less holding",
        "Drawdown of half",
        "Half lost",
        "PSR",
        "DSR",
        "Among the best",
    )
    rows = (_to_interval_row(each) for each in list_judged(group) if each["judgement"]["intervals"])
    return Table("Strategy", columns, tuple(rows))


def to_differences(group: Group) -> Table:
    """Build the table of paired differences of growth a year: row less column."""
    labels = [each["label"] for each in list_judged(group) if each["judgement"]["differences"]]
    rows = []
    for each in list_judged(group):
        found = each["judgement"]["differences"]
        if found:
            cells = (_to_cell(found.get(other, {}).get("cagr"), "fraction") for other in labels)
            rows.append(Row(each["label"], tuple(cells)))
    return Table("Row less column", tuple(labels), tuple(rows))


def _to_interval_row(entry: Entry) -> Row:
    found = entry["judgement"]
    own, sharpe = found["intervals"], found["sharpe"] or {}
    held = found["differences"].get(_MATCHED, {})
    return Row(
        entry["label"],
        (
            _to_cell(own.get("cagr"), "fraction"),
            _to_cell(own.get("sharpe_ratio"), "ratio"),
            _to_cell(own.get("max_drawdown"), "fraction"),
            _to_cell(held.get("cagr"), "fraction"),
            _to_share(found["drawdown_probability"]),
            _to_share(found["ruin_probability"]),
            *(Cell(format_value(sharpe.get(key), "ratio"), sharpe.get(key)) for key in _RATIOS),
            Cell({True: "yes", False: "no"}.get(found["in_confidence_set"], "–")),
        ),
    )


_RATIOS = ("psr", "dsr")


def _to_cell(interval: Mapping[str, Any] | None, unit: str) -> Cell:
    if interval is None or interval["estimate"] is None:
        return Cell("–")
    estimate, low, high = (format_value(interval[key], unit) for key in ("estimate", "low", "high"))
    return Cell(f"{estimate} ({low} to {high})", interval["estimate"])


def _to_share(levels: list[dict[str, float]]) -> Cell:
    share = next((each["probability"] for each in levels if each["level"] == -0.5), None)
    return Cell(format_percent(share), share)
