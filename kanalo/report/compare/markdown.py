"""The report as Markdown: for papers, issues and pull requests."""

from __future__ import annotations

from collections.abc import Iterable

from kanalo.report.compare.answer import to_answer
from kanalo.report.compare.groups import Group, get_judged, to_groups
from kanalo.report.compare.judgement_tables import (
    INTRABAR_NOTE,
    PLACEBO_NOTE,
    TORNADO_NOTE,
    list_judged,
    list_varied,
    say_turns,
    to_intervals,
    to_intrabar,
    to_lights,
    to_placebos,
    to_tornado,
)
from kanalo.report.compare.notes import DATA_LIGHTS, say_costs, say_holding
from kanalo.report.compare.schema import ComparisonModel, VerdictModel
from kanalo.report.compare.sections import show_sections
from kanalo.report.compare.tables import (
    to_headline,
    to_market_facts,
    to_passport,
    to_side_by_side,
)
from kanalo.report.toolkit.markdown import escape, to_rows
from kanalo.report.toolkit.page import section_to_markdown
from kanalo.report.toolkit.tables import to_named


def to_markdown(model: ComparisonModel) -> str:
    """Write a model as Markdown (GitHub's flavour) with the best values in bold.

    Parameters
    ----------
    model : mapping
        From `to_model`.

    Returns
    -------
    str
        Text that ends with a newline. Names from data and users are escaped.
    """
    groups = to_groups(model)
    lines = [f"# {escape(model['title'])}", "", escape(model["question"]), ""]
    lines += [line for verdict in model["verdicts"] for line in _to_answer(verdict)]
    odd = (say_holding(each) for each in groups)
    notes = [*map(say_costs, model["costs"]), DATA_LIGHTS, *filter(None, dict.fromkeys(odd))]
    lines += [*to_rows(to_answer(model)), "", *(f"- {escape(each)}" for each in notes)]
    lines += ["", f"*{escape(model['caveat'])}*", ""]
    lines += _to_judgement(model, groups)
    for group in groups:
        lines += _to_group(model, group)
    for section in show_sections(model, {}):
        lines += section_to_markdown(section)
    lines += _to_passports(model)
    lines += _to_appendix(model)
    return "\n".join(lines).rstrip() + "\n"


def _to_answer(verdict: VerdictModel) -> Iterable[str]:
    yield f"- **{escape(verdict['headline'])}**"
    yield f"  - {escape(verdict['sentence'])}"
    for caveat in verdict["caveats"]:
        yield f"  - {escape(caveat)}"
    yield ""


def _to_judgement(model: ComparisonModel, groups: Iterable[Group]) -> Iterable[str]:
    if model["judgement"] is None:
        return
    yield from ("## Is it luck?", "", escape(model["judgement"]["declaration"]), "")
    for group in groups:
        if list_judged(group):
            yield from (f"### Verdicts: {escape(group.title)}", "")
            yield from (*to_rows(to_lights(group), align="---"), "")
            yield from (*to_rows(to_intervals(group)), "")
            yield from (*_to_findings(group), "")
            yield from _to_tests(group)


def _to_findings(group: Group) -> Iterable[str]:
    for entry in list_judged(group):
        yield f"- {escape(entry['label'])}"
        for reason in get_judged(entry)["reasons"]:
            words = f"{reason['name']}: {reason['status']}; {reason['text']}"
            yield f"  - {escape(words)}"


def _to_tests(group: Group) -> Iterable[str]:
    """Write what stands behind the reasons: placebos, order within bars, other assumptions."""
    placebos = to_placebos(group)
    if placebos.columns:
        yield from (f"### Placebos: {escape(group.title)}", "", escape(PLACEBO_NOTE), "")
        yield from (*to_rows(placebos), "")
    yield from (f"### Order within bars: {escape(group.title)}", "", escape(INTRABAR_NOTE), "")
    yield from (*to_rows(to_intrabar(group)), "")
    for number, entry in enumerate(list_varied(group)):
        if not number:
            yield from (f"### Other assumptions: {escape(group.title)}", "")
            yield from (escape(f"{TORNADO_NOTE} {say_turns(group)}".rstrip()), "")
        yield from (f"#### {escape(entry['label'])}", "")
        yield from (*to_rows(to_tornado(entry)), "")


def _to_group(model: ComparisonModel, group: Group) -> list[str]:
    return [
        f"## {escape(group.title)}",
        "",
        escape(to_market_facts(group.market)),
        "",
        *to_rows(to_headline(model, group)),
        "",
        "### All statistics",
        "",
        *to_rows(to_side_by_side(model, group)),
        "",
    ]


def _to_passports(model: ComparisonModel) -> Iterable[str]:
    for market in model["markets"]:
        light = str(market["passport"].get("light", "unknown"))
        yield f"## Passport of {escape(market['name'])}: {escape(light)}"
        yield ""
        yield from to_rows(to_passport(market), align="---")
        yield ""


def _to_appendix(model: ComparisonModel) -> Iterable[str]:
    for costs in model["costs"]:
        values = {**costs["values"], "account": costs["account"]}
        yield f"## Costs: {escape(costs['name'])}"
        yield ""
        yield from to_rows(to_named(values, "Cost", "Value"), align="---")
        yield ""
    yield "## Provenance"
    yield ""
    yield from to_rows(to_named(model["provenance"], "What", "Value"), align="---")
