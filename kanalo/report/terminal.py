"""The report in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from kanalo.report.groups import Entry, Group, Model, to_groups
from kanalo.report.judgement_tables import list_judged, say_turns
from kanalo.report.tables import Cell, Row, Table, to_headline, to_market_facts

LIGHTS = {"green": "green", "amber": "yellow", "red": "bold red"}
BEST = "*"
"""Follows the best value of a column, so that it shows without colours too."""

_NAME_WIDTH = 25


def print_report(model: Model, console: Console) -> None:
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
    verdicts = {(each["market"], each["costs"]): each for each in model["verdicts"]}
    for group in to_groups(model):
        console.print()
        _print_group(model, group, verdicts[group.market["name"], group.costs["name"]], console)
    console.print()
    console.print(Text(f"{BEST} best of its column. {model['caveat']}", style="dim"))


def _print_group(model: Model, group: Group, verdict: Model, console: Console) -> None:
    console.print(Text(group.title, style="bold"), _to_light(group), sep="  ")
    console.print(Text(to_market_facts(group.market), style="dim"))
    console.print(to_rich(to_headline(model, group)))
    console.print(Text(verdict["sentence"]))
    for caveat in verdict["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))
    for entry in list_judged(group):
        console.print(_to_verdict(entry), no_wrap=True, overflow="ellipsis")
    turns = say_turns(group)
    if turns:
        console.print(Text(turns, style="dim"))


def _to_light(group: Group) -> Text:
    light = str(group.market["passport"].get("light", "unknown"))
    return Text(f"data: {light}", style=LIGHTS.get(light, ""))


def _to_verdict(entry: Entry) -> Text:
    """Put a light, the name and a few words on one line."""
    found = entry["judgement"]
    light = Text(f"{found['light']:5} ", style=LIGHTS.get(found["light"], ""))
    return light.append(f"{entry['label']}: {found['short']}", style="not bold default")


def to_rich(table: Table) -> RichTable:
    """Draw a table of the report as one of rich's, 80 columns wide at most.

    Names are shortened with an ellipsis, and headings wrap, so that figures never do.
    """
    drawn = RichTable(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    drawn.add_column(Text(table.corner), no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH)
    for column in table.columns:
        drawn.add_column(Text(_break(column)), justify="right", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*_to_texts(row))
    return drawn


def _to_texts(row: Row) -> Iterable[Text]:
    yield Text("  ↳ at random", style="dim") if row.matches else Text(row.name)
    yield from map(_to_text, row.cells)


def _to_text(cell: Cell) -> Text:
    if cell.best:
        return Text(f"{cell.text}{BEST}", style="bold green")
    return Text(f"{cell.text} ")


def _break(heading: str) -> str:
    """Put one word on a line, so that a column is as wide as its figures."""
    return "\n".join(heading.split()).replace("#\n", "# ")
