"""Tables of the judgement: verdicts, intervals, placebos, order within bars, other assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kanalo.analyzers.statistics import Statistic, get_statistic
from kanalo.report.compare.groups import Group, get_judged
from kanalo.report.compare.schema import LevelModel, ResultModel
from kanalo.report.compare.tornado_figure import NAMES, sort_variations
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.tables import Cell, Row, Table

PLACEBO_NOTE = (
    "Share of the placebos with a lower Sharpe ratio than the rule, and how many there were; "
    "few of them illustrate, and only random entries enter the verdict."
)
INTRABAR_NOTE = (
    "A bar that touches stop and target does not tell which came first. Total return under either "
    "order, and by finer bars where the market has them."
)
TORNADO_NOTE = (
    "The same decisions under one other assumption at a time, with the change from the run behind "
    "each figure. Delayed entries keep their prices; only rules that read estimated liquidations "
    "decide anew, under another leverage of traders. What can change nothing is given as run."
)
"""What stands over the tables."""

INTERVALS: Mapping[str, str] = {
    "Growth a year": "CAGR [%] with its interval.",
    "Sharpe ratio": "Mean daily return over its deviation, × √365, with its interval.",
    "Max drawdown": "Deepest fall from a peak [%] at daily closes, with its interval; on the bars "
    "themselves it is deeper.",
    "Growth less holding": "CAGR less that of holding the rule's average exposure, in percentage "
    "points.",
    "Drawdown of half": "Share of the resampled histories with a drawdown of 50 % or more.",
    "Half lost": "Share of the resampled histories that fell to half of the start or below.",
    "PSR": "Probabilistic Sharpe ratio: the chance that the true Sharpe ratio is above zero, given "
    "length, skewness and kurtosis of the daily returns.",
    "DSR": "Deflated Sharpe ratio: the same chance against the best Sharpe ratio that so many "
    "trials without skill would show; 0.95 is required.",
    "Among the best": "Whether the rule is in the model confidence set: those that no other rule "
    "compared here is shown to beat.",
}
"""Columns of the table of intervals, each with what it is."""

_MATCHED = "matched_hold"


def list_judged(group: Group) -> list[ResultModel]:
    """Return the results of a group that were judged, in order."""
    return [each for each in group.results if each.get("judgement")]


def to_lights(group: Group) -> Table:
    """Build the table of verdicts: a light and a sentence for each rule."""
    rows = (
        Row(each["label"], (Cell(found["light"]), Cell(found["sentence"])))
        for each in list_judged(group)
        for found in (get_judged(each),)
    )
    return Table("Strategy", ("Light", "Verdict"), tuple(rows))


def to_reasons(group: Group) -> Table:
    """Build the table of reasons: under each rule every condition, whether met, and the finding."""
    rows = []
    for each in list_judged(group):
        for number, reason in enumerate(get_judged(each)["reasons"]):
            cells = Cell(reason["status"]), Cell(reason["text"])
            rows.append(Row(reason["name"], cells, section="" if number else each["label"]))
    return Table("Condition", ("Status", "Finding"), tuple(rows))


def to_intervals(group: Group) -> Table:
    """Build the table of intervals: a rule's own figures, and less those of its holding."""
    rows = (_to_interval_row(each) for each in list_judged(group) if get_judged(each)["intervals"])
    return Table("Strategy", tuple(INTERVALS), tuple(rows), tuple(INTERVALS.values()))


def to_differences(group: Group) -> Table:
    """Build the table of paired CAGR differences: row − column."""
    labels = [each["label"] for each in list_judged(group) if get_judged(each)["differences"]]
    rows = []
    for each in list_judged(group):
        found = get_judged(each)["differences"]
        if found:
            cells = (_to_cell(found.get(other, {}).get("cagr"), "fraction") for other in labels)
            rows.append(Row(each["label"], tuple(cells)))
    return Table("Row − column", tuple(labels), tuple(rows))


def to_placebos(group: Group) -> Table:
    """Build the table of placebos: the share of each kind that a rule's Sharpe ratio beats.

    Only kinds that apply to one of the rules have a column.
    """
    judged = list_judged(group)
    kinds = dict.fromkeys(kind for each in judged for kind in get_judged(each)["placebo"]["kinds"])
    rows = (
        Row(
            each["label"],
            tuple(_to_standing(found["kinds"].get(kind)) for kind in kinds),
            help=found["note"],
        )
        for each in judged
        for found in (get_judged(each)["placebo"],)
    )
    return Table("Strategy", tuple(f"{kind[0].upper()}{kind[1:]}" for kind in kinds), tuple(rows))


def to_intrabar(group: Group) -> Table:
    """Build the table of the order within bars: how many exits it decides, and the returns."""
    columns = ("Ambiguous exits", "Of closed trades [%]", "Put in order by finer bars")
    readings = ("Stop first [%]", "Target first [%]", "By finer bars [%]")
    rows = []
    for each in list_judged(group):
        found = get_judged(each)["intrabar"]
        returns = (found["returns"].get(key) for key in ("stop", "target", "resolve"))
        cells = (
            _to_number(found["ambiguous"], "count"),
            _to_number(found["share"], "fraction"),
            _to_number(found["resolved"], "count"),
            *(_to_number(value, "fraction") for value in returns),
        )
        rows.append(Row(each["label"], cells, help=found["note"]))
    return Table("Strategy", (*columns, *readings), tuple(rows))


def list_varied(group: Group) -> list[ResultModel]:
    """Return the results whose assumptions were varied, in order."""
    return [each for each in list_judged(group) if get_judged(each)["tornado"]["variations"]]


def to_tornado(entry: ResultModel) -> Table:
    """Build the table of a tornado: a result as run, then under each other assumption."""
    found = get_judged(entry)["tornado"]
    shown = [get_statistic(key) for key in NAMES if key in found["base"]]
    as_run = Row("as run", tuple(_to_number(found["base"][each.key], each.unit) for each in shown))
    rows = (
        Row(row["label"], tuple(_to_changed(row, each) for each in shown))
        for row in sort_variations(found)
    )
    same = (
        Row(label, tuple(Cell("as run", None) for _ in shown), help=f"Changes nothing: {reason}.")
        for label, reason in found["unchanged"].items()
    )
    return Table("Assumption", tuple(each.label for each in shown), (as_run, *rows, *same))


def say_turns(group: Group) -> str:
    """Say for which rules the return changes sign under an assumption; empty if for none."""
    found = [
        f"{each['label']} ({', '.join(turns)})"
        for each in list_varied(group)
        for turns in (get_judged(each)["tornado"]["turns"],)
        if turns
    ]
    return f"The return changes sign under: {'; '.join(found)}." if found else ""


def _to_interval_row(entry: ResultModel) -> Row:
    found = get_judged(entry)
    own, sharpe = found["intervals"], found["sharpe"]
    psr, dsr = (None, None) if sharpe is None else (sharpe["psr"], sharpe["dsr"])
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
            *(Cell(format_value(value, "ratio"), value) for value in (psr, dsr)),
            Cell(_YES_NO[found["in_confidence_set"]]),
        ),
    )


_YES_NO = {True: "yes", False: "no", None: "–"}


def _to_cell(interval: Mapping[str, Any] | None, unit: str) -> Cell:
    if interval is None or interval["estimate"] is None:
        return Cell("–")
    estimate, low, high = (format_value(interval[key], unit) for key in ("estimate", "low", "high"))
    return Cell(f"{estimate} ({low} to {high})", interval["estimate"])


def _to_share(levels: list[LevelModel]) -> Cell:
    share = next((each["probability"] for each in levels if each["level"] == -0.5), None)
    return Cell(format_percent(share), share)


def _to_number(value: float | None, unit: str) -> Cell:
    return Cell(format_value(value, unit), value)


def _to_standing(standing: Mapping[str, Any] | None) -> Cell:
    if standing is None or standing["percentile"] is None:
        return Cell("–")
    share = format_percent(standing["percentile"])
    return Cell(f"{share} of {standing['n']:,}", standing["percentile"])


def _to_changed(row: Mapping[str, Any], shown: Statistic) -> Cell:
    """Write a value with its change behind it."""
    value, change = (row[key][shown.key] for key in ("statistics", "changes"))
    text = format_value(value, shown.unit)
    if value is None or change is None:
        return Cell(text, value)
    moved = format_value(change, shown.unit)
    plus = "+" if change > 0 and moved.strip("0.") else ""
    return Cell(f"{text} ({plus}{moved})", value)
