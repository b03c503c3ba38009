"""The report of `kanalo judge` on every face: terminal, page, Markdown and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.text import Text

from kanalo.report.compare.groups import Group
from kanalo.report.compare.judgement_tables import (
    INTERVALS,
    to_differences,
    to_intervals,
    to_lights,
    to_placebos,
    to_reasons,
)
from kanalo.report.outside.figures import draw_records, list_drawn
from kanalo.report.toolkit.axes import NARROW, WIDE
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.tables import Cell, Row, Table
from kanalo.report.toolkit.terminal import to_blocks, to_rich
from kanalo.report.toolkit.write import write_page
from kanalo.text import count


def to_title(model: Model) -> str:
    """Name the report, e.g. ``Judgement of 2 results of other engines``."""
    return f"Judgement of {count(len(model['results']), 'result')} of other engines"


def to_facts(model: Model) -> str:
    """Say how many trials are allowed for and what the results are compared with."""
    trials = model["judgement"]["trials"]["count"]
    known = "an unknown number of trials" if trials is None else count(trials, "trial")
    market = "" if model["market"] == "not given" else f"; market {model['market']}"
    return f"After {known}; compared with {model['benchmark']}{market}"


def to_answer_table(model: Model) -> Table:
    """Build the table that answers first: each result with its light and the key figures."""
    columns = (
        "Verdict",
        "Return [%]",
        "CAGR [%]",
        "Max. Drawdown [%]",
        "Sharpe Ratio",
        "# Trades",
        "DSR",
    )
    return Table(
        "Result",
        columns,
        tuple(map(_to_answer_row, model["results"])),
        (
            "What the criteria below say of it.",
            "Growth over the whole record.",
            "Compound growth a year; none below 90 days.",
            "Deepest fall from a peak, at daily closes.",
            "Mean daily return over its deviation, times the root of the returns of a year.",
            "Closed trades; missing where the record lists none.",
            INTERVALS["DSR"],
        ),
    )


def _to_answer_row(each: Model) -> Row:
    judged = each["judgement"]
    dsr = None if judged["sharpe"] is None else judged["sharpe"]["dsr"]
    figures = [
        (each["total_return"], "fraction"),
        *(
            ((judged["intervals"].get(key) or {}).get("estimate"), unit)
            for key, unit in (
                ("cagr", "fraction"),
                ("max_drawdown", "fraction"),
                ("sharpe_ratio", "ratio"),
            )
        ),
        (each["n_trades"], "count"),
        (dsr, "ratio"),
    ]
    cells = (Cell(format_value(value, unit), value) for value, unit in figures)
    return Row(each["label"], (Cell(judged["light"]), *cells), help=judged["short"])


def to_read_table(model: Model) -> Table:
    """Build the table of what was read."""
    rows = [
        Row(
            each["label"],
            (
                Cell(each["layout"]),
                Cell(f"{each['start'] or '–'} to {each['end'] or '–'}"),
                Cell(format_value(each["n_days"], "count"), each["n_days"]),
                Cell(format_value(each["n_trades"], "count"), each["n_trades"]),
                Cell(format_percent(each["total_return"]), each["total_return"]),
                Cell(format_value(each["psr"], "ratio"), each["psr"]),
            ),
            help=each["source"],
        )
        for each in model["results"]
    ]
    columns = ("Layout", "Span", "Days", "# Trades", "Total return", "PSR")
    return Table("Result", columns, tuple(rows))


def to_drawdown_table(model: Model) -> Table:
    """Build the table of the probabilities of drawdowns and of falls below the start."""
    rows = []
    levels: list[float] = []
    for each in model["results"]:
        for name, key in (
            ("drawdown", "drawdown_probability"),
            ("below start", "ruin_probability"),
        ):
            found = each["judgement"][key]
            levels = [row["level"] for row in found] or levels
            if found:
                cells = (
                    Cell(format_percent(row["probability"]), row["probability"]) for row in found
                )
                rows.append(Row(f"{each['label']}: {name}", tuple(cells)))
    return Table("Reached", tuple(format_percent(level) for level in levels), tuple(rows))


def say_superiority(model: Model) -> str:
    """Say what the test over all results found; empty where it was not run."""
    found = model["judgement"]["groups"][0]["superiority"]
    if found is None or found["p_value"] is None:
        return ""
    better = ", ".join(found["better"]) or "none"
    return (
        f"Test of superior predictive ability over {count(found['n_models'], 'result')} against "
        f"{model['benchmark']}: p = {found['p_value']:.3f}; better at 5 % for all together: "
        f"{better}."
    )


def list_missing(model: Model) -> list[str]:
    """Return what cannot be said: a line for each reason, with the conditions left open by it."""
    found: dict[str, dict[str, None]] = {}
    for each in model["results"]:
        for reason in each["judgement"]["reasons"]:
            if reason["status"] == "not run":
                found.setdefault(reason["text"], {})[reason["name"]] = None
    return [f"{', '.join(names)}: {text}." for text, names in found.items()]


def _to_group(model: Model) -> Group:
    """Let the tables of a comparison draw these results."""
    return Group(cast(Any, {"name": ""}), cast(Any, {"name": ""}), tuple(model["results"]))


def print_outside(model: Model, console: Console) -> None:
    """Print verdicts, what was read, and what cannot be said.

    Parameters
    ----------
    model : mapping
        From `to_outside_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_title(model), style="bold"))
    console.print(Text(to_facts(model), style="dim"))
    group = _to_group(model)
    for each in model["results"]:
        console.print(Text(f"{each['judgement']['light']}: {each['judgement']['sentence']}"))
    console.print()
    tables = [to_read_table(model)]
    if to_intervals(group).rows:
        tables += [to_intervals(group), to_drawdown_table(model)]
    for table in tables:
        for block in to_blocks(table, console.width):
            console.print(to_rich(block))
            console.print()
    if say_superiority(model):
        console.print(Text(say_superiority(model)))
    for line in list_missing(model):
        console.print(Text(f"Not said: {line}", style="yellow"))
    for each in model["results"]:
        for note in each["notes"]:
            console.print(Text(f"{each['label']}: {note}", style="dim"))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_outside_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    group = _to_group(model)
    notes = tuple(f"{each['label']}: {note}" for each in model["results"] for note in each["notes"])
    superiority = tuple(filter(None, (say_superiority(model),)))
    declaration = (model["judgement"]["declaration"],)
    sections = [
        Section("Key figures", (), _draw(model), (to_answer_table(model),)),
        Section("Verdicts", declaration, (), (to_lights(group),), True),
        Section("What was read", notes, (), (to_read_table(model),), True),
        Section("Conditions", (), (), (to_reasons(group),), words=True),
        Section("What cannot be said", tuple(list_missing(model))),
    ]
    if to_intervals(group).rows:
        tables = (to_intervals(group), to_drawdown_table(model), to_differences(group))
        sections.append(Section("Intervals and probabilities", superiority, (), tables))
    if any(row.cells for row in to_placebos(group).rows):
        notes = tuple(each["judgement"]["placebo"]["note"] for each in model["results"])
        sections.append(Section("Placebos", notes, (), (to_placebos(group),)))
    return Page(
        title=to_title(model),
        facts=to_facts(model),
        answer=" ".join(model["sentences"]),
        caveats=tuple(model["caveats"]),
        sections=tuple(sections),
    )


def _draw(model: Model) -> tuple[Figure, ...]:
    if not list_drawn(model):
        return ()
    drawings = tuple(draw_records(model, size) for size in (WIDE, NARROW))
    caption = (
        "Growth of each result as a multiple of its start, at the end of each day (log scale), "
        "and the fall from its highest day."
    )
    return (Figure(drawings, caption),)


def write_outside_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``, and return them in this order.

    Parameters
    ----------
    model : mapping
        From `to_outside_model`.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The three files.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    page = to_outside_page(model)
    return write_page(page, model, folder)
