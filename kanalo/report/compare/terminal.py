"""The comparison in a terminal of 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from kanalo.report.compare.groups import Group, get_judged, to_groups
from kanalo.report.compare.judgement_tables import list_judged, say_turns
from kanalo.report.compare.notes import say_costs, say_holding, say_lights
from kanalo.report.compare.schema import ComparisonModel, ResultModel, VerdictModel
from kanalo.report.compare.sections import tell_sections
from kanalo.report.compare.tables import to_headline, to_market_facts
from kanalo.report.toolkit.terminal import BEST, LIGHTS, to_rich


def print_report(model: ComparisonModel, console: Console) -> None:
    """Print one table per market and cost set, each under its answer in a sentence.

    Parameters
    ----------
    model : mapping
        From `to_model`.
    console : rich.console.Console
        Where to print; 80 columns are enough.
    """
    console.print(Text(model["title"], style="bold"))
    if model["question"]:
        console.print(Text(model["question"], style="italic"))
    console.print(Text(say_lights(model), style="dim"))
    verdicts = {(each["market"], each["costs"]): each for each in model["verdicts"]}
    for group in to_groups(model):
        console.print()
        _print_group(model, group, verdicts[group.market["name"], group.costs["name"]], console)
    console.print()
    for line in tell_sections(model):
        console.print(Text(line, style="dim"))
    starred = f"{BEST} best of its column. " if len(model["results"]) > 1 else ""
    console.print(Text(f"{starred}{model['caveat']}", style="dim"))


def _print_group(
    model: ComparisonModel, group: Group, verdict: VerdictModel, console: Console
) -> None:
    console.print(Rule(Text(f"━━ {group.title}", style="bold"), characters="━", align="left"))
    console.print(Text(to_market_facts(group.market), style="dim"))
    console.print(_to_light(group), Text(say_costs(group.costs), style="dim"), sep="  ")
    console.print(Text(verdict["headline"], style="bold"))
    console.print(to_rich(to_headline(model, group)))
    odd = say_holding(group)
    if odd:
        console.print(Text(odd, style="dim"))
    console.print(Text(verdict["sentence"]))
    for caveat in verdict["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))
    for entry in list_judged(group):
        console.print(_to_verdict(entry))
    turns = say_turns(group)
    if turns:
        console.print(Text(turns, style="dim"))


def _to_light(group: Group) -> Text:
    light = str(group.market["passport"].get("light", "unknown"))
    return Text(f"data quality: {light}", style=LIGHTS.get(light, ""))


def _to_verdict(entry: ResultModel) -> Text:
    """Put a light, the name and a few words together; a long reason goes on in the next line."""
    found = get_judged(entry)
    light = Text(f"{found['light']:5} ", style=LIGHTS.get(found["light"], ""))
    return light.append(f"{entry['label']}: {found['short']}", style="not bold default")
