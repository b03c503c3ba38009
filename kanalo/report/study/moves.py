"""The report of calibrated measured moves: how often, how soon and how far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from kanalo.file_formats import MEASURED_MOVE
from kanalo.report.study.figures import NARROW, WIDE, draw_shares, draw_waiting
from kanalo.report.toolkit.formats import (
    format_count,
    format_percent,
    format_time,
    format_value,
)
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page
from kanalo.study.moves.study import MoveCalibration
from kanalo.text import count

SCHEMA = MEASURED_MOVE.schema
"""Name and version of the JSON report."""

_TITLES = {
    "channel": "Measured moves of channel breakouts",
    "zone": "The next support after one is lost",
}
_WHAT = {
    "channel": "Bought at the close that breaks out of a rising channel, or through a resistance "
    "zone inside it; the target is the height of the pattern projected from what broke, the stop "
    "one average daily range below it: what RisingChannelBreakout does.",
    "zone": "Sold at the close that falls below the nearest support zone; the target is the upper "
    "edge of the next zone below, the stop one average daily range above the lost edge.",
}


def to_move_model(calibration: MoveCalibration) -> dict[str, Any]:
    """Reduce a calibration to plain values: what JSON holds and every face is drawn from.

    Returns
    -------
    dict
        Everything of `MoveCalibration.to_dict` beside ``schema``, ``sentence`` and ``caveats``.
    """
    model: dict[str, Any] = {"schema": SCHEMA, **to_plain(calibration.to_dict())}
    return {**model, "sentence": _to_sentence(model), "caveats": _to_caveats(model)}


def _to_sentence(model: Model) -> str:
    every = model["groups"][0]
    if every["share"] is None:
        return "No setup came to an end in these bars."
    low, high, chance = every["share_low"], every["share_high"], every["driftless"]
    verdict = "as often as" if low <= chance <= high else "more often than" if low > chance else ""
    return (
        f"{every['n_target']} of {count(every['n_target'] + every['n_stop'], 'setup')} reached "
        f"the target "
        f"before the stop: {format_percent(every['share'])} (95 %: {format_percent(low)} to "
        f"{format_percent(high)}), {verdict or 'less often than'} a driftless walk with the same "
        f"distances would ({format_percent(chance)}). Half of the targets were touched within "
        f"{format_value(every['median_days'], 'ratio')} days, whatever the stop; the best "
        f"excursion before the stop was {format_value(every['best'][1], 'ratio')} projections at "
        "the median."
    )


def _to_caveats(model: Model) -> list[str]:
    counts, every = model["counts"], model["groups"][0]
    caveats = []
    if counts["overlapping"]:
        caveats.append(
            f"{counts['overlapping']:,} of {count(counts['found'], 'setup')} began while another "
            "was running and not counted: the outcome is the same."
        )
    if every["n_open"]:
        caveats.append(
            f"{format_count(every['n_open'], 'setup')} reached neither price within "
            f"{model['within']} or before the data ended; no share counts them."
        )
    if counts["both_in_one_bar"]:
        caveats.append(
            f"In {format_count(counts['both_in_one_bar'], 'setup')} one bar touched both prices; "
            "they count as stopped."
        )
    return caveats


def to_move_title(model: Model) -> str:
    """Name the calibration, e.g. ``Measured moves of channel breakouts on xmr_1h``."""
    return f"{_TITLES[model['pattern']]} on {model['market']['name']}"


def to_move_facts(model: Model) -> str:
    """Say in one line what was studied."""
    market = model["market"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    counted = format_count(model["counts"]["setups"], "setup")
    return f"{market['symbol']}, {market['interval']} bars, {span}; {counted}, one at a time"


def to_group_table(model: Model) -> Table:
    """Build the table of groups: shares, times and excursions."""
    columns = (
        "Setups", "Stop", "Open", "Target [%]", "Low [%]", "High [%]", "Walk [%]", "Median days",
        "MFE ×",
    )  # fmt: skip
    help_texts = (
        "Number of setups",
        "Stopped first",
        "Neither reached",
        "Share that reached the target before the stop",
        "Lower end of the 95 % interval",
        "Upper end of the 95 % interval",
        "Share of a driftless walk with the same distances",
        "Kaplan-Meier median of the days to the target, whatever the stop",
        "Median of the best excursion before the stop, in projections",
    )
    shares = ("share", "share_low", "share_high", "driftless")
    rows = (
        Row(
            label,
            (
                *(_to_cell(each[key], "count") for key in ("n", "n_stop", "n_open")),
                *(_to_cell(each[key], "fraction") for key in shares),
                _to_cell(each["median_days"], "ratio"),
                _to_cell(each["best"][1], "ratio"),
            ),
        )
        for label, each in zip(to_labels(model), model["groups"], strict=True)
    )
    return Table("Setups", columns, tuple(rows), help_texts)


def to_labels(model: Model) -> list[str]:
    """Name the groups: ``width 0.41 to 0.43``, ``upper line``, ``all``."""
    return [_to_label(each) for each in model["groups"]]


def _to_label(group: Model) -> str:
    if group["low"] is None:
        return str(group["group"])
    low, high = (f"{group[key]:.3g}" for key in ("low", "high"))
    return f"{group['trait']} {low}" if low == high else f"{group['trait']} {low} to {high}"


def _to_cell(value: float | None, unit: str) -> Cell:
    return Cell(format_value(value, unit), value)


def print_moves(model: Model, console: Console) -> None:
    """Print the groups and the answer; 80 columns are enough.

    Parameters
    ----------
    model : mapping
        A model of moves.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_move_title(model), style="bold"))
    console.print(Text(to_move_facts(model), style="dim"))
    console.print()
    console.print(to_rich(to_group_table(model)))
    console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_move_page(model: Model) -> Page:
    """Build the document of a calibration, for HTML and Markdown."""
    labels = to_labels(model)
    figures = (
        Figure(
            tuple(draw_shares(model, labels, size) for size in (WIDE, NARROW)),
            "Share of setups that reach the target before the stop (Wilson's 95 % interval) and of "
            "a driftless walk with the same distances.",
        ),
        Figure(
            tuple(draw_waiting(model, size) for size in (WIDE, NARROW)),
            "Share of targets touched by a time, whatever the stop (Kaplan-Meier, 95 % interval); "
            "setups whose target was not touched while they were watched are censored.",
        ),
    )
    asked = {key: model[key] for key in ("pattern", "within", "counts", "market")}
    return Page(
        title=to_move_title(model),
        facts=to_move_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(
            Section(
                "How often, how soon, how far",
                (_WHAT[model["pattern"]],),
                figures if model["counts"]["setups"] else (),
                (to_group_table(model),),
            ),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def write_move_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``, and return them in this order.

    Parameters
    ----------
    model : mapping
        A model of moves.
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
    page = to_move_page(model)
    return write_page(page, model, folder)
