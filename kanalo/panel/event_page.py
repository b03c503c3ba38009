"""The report of an own event on a panel: effects by horizon first, then a forest plot each."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from kanalo.panel.event import RAW
from kanalo.panel.page import WIDTHS, draw_forest
from kanalo.panel.plan import RELATIVE
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page

FILE = "study-panel"
CORNERS = {RAW: "Return within", RELATIVE: "Less the other coins"}


def to_study_table(model: Model, kind: str) -> Table:
    """Build the table of effects, a row a horizon.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.event.to_study_model`.
    kind : str
        ``"return"`` or ``"relative"``.

    Returns
    -------
    Table
        Effects in percent of log return.
    """
    columns = ("Events", "Effective", "Effect", "Low", "High", "p Holm", "Seen from")
    helps = (
        "Events with at least one control, of the other coins",
        "Their number after dependence between coins",
        "Mean log return of events less that of their controls, percent",
        "Lower end of the Holm-adjusted interval",
        "Upper end of it",
        "p-value of no effect, adjusted for the number of horizons",
        "Least effect that would be told from zero with 80 % power",
    )
    rows = tuple(_to_row(each) for each in model["effects"][kind])
    return Table(CORNERS[kind], columns, rows, helps)


def to_coin_table(model: Model, kind: str) -> Table:
    """Build the table of how far coins differ, a row a horizon.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.event.to_study_model`.
    kind : str
        ``"return"`` or ``"relative"``.

    Returns
    -------
    Table
        Effects in percent of log return.
    """
    columns = ("Coins", "I²", "p equal", "New coin, low", "High", "Monero", "Monero, shrunk")
    helps = (
        "Coins with at least eight events",
        "Share of the variance between estimates that is true difference",
        "p-value of equal coins, by null panels",
        "Lower end of the 95 % prediction interval of a new coin",
        "Upper end of it",
        "Effect on Monero's own events",
        "The same drawn to that of all coins",
    )
    rows = []
    for each in model["effects"][kind]:
        coins, monero = each["coins"], each["monero"] or {"own": None, "effect": None}
        sizes = (*coins["prediction"], monero["own"], monero["effect"])
        cells = (
            Cell(str(each["n_coins"]), each["n_coins"]),
            Cell(format_percent(coins["i_squared"]), coins["i_squared"]),
            Cell(format_value(coins["differ_p"], "ratio"), coins["differ_p"]),
            *(_to_cell(size) for size in sizes),
        )
        rows.append(Row(each["horizon"], cells))
    return Table(f"{CORNERS[kind]}: coins", columns, tuple(rows), helps)


def print_study(model: Model, console: Console) -> None:
    """Print effects and the answer; 80 columns are enough.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.event.to_study_model`.
    console : rich.console.Console
        Where to.
    """
    console.print(Text(to_title(model), style="bold"))
    console.print(Text(to_facts(model), style="dim"))
    for kind in _list_kinds(model):
        console.print()
        console.print(to_rich(to_study_table(model, kind)))
    console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_title(model: Model) -> str:
    """Name the study."""
    return f"After {model['condition']} on a panel of {model['panel']['n_coins']} coins"


def to_facts(model: Model) -> str:
    """Say on what data and how."""
    settings = model["settings"]
    return (
        f"{model['panel']['name']}; up to {settings['controls']} matched controls within a coin, "
        f"Holm's method over the horizons, blocks of {settings['block_hours']} hours of all coins"
    )


def to_study_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    kinds = _list_kinds(model)
    overview = Section(
        "What followed",
        (
            "Log returns from the close of the event's bar, less those of matched bars of the same "
            "coin on which the condition did not hold.",
        ),
        tables=tuple(to_study_table(model, kind) for kind in kinds),
    )
    coins = Section(
        "Do coins differ?", (), tables=tuple(to_coin_table(model, kind) for kind in kinds)
    )
    forests = [_to_forest(each) for each in model["effects"][RAW] if each["coins"]["rows"]]
    asked = {"condition": model["condition"], **model["variables"], **model["settings"]}
    digests = to_named(model["panel"]["sha256"], "Table", "sha256")
    tables = (to_named(asked, "What", "Value"), digests)
    planned = Section("What was asked", (), tables=tables, words=True)
    return Page(
        title=to_title(model),
        facts=to_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(overview, coins, *forests, planned),
    )


def write_study_report(model: Model, folder: Path) -> list[Path]:
    """Write ``study-panel.html``, ``.md`` and ``.json`` to a folder, all or none.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.event.to_study_model`.
    folder : Path
        Where to.

    Returns
    -------
    list of Path
        The page first.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    page = to_study_page(model)
    return write_page(page, model, folder, FILE)


def _list_kinds(model: Model) -> tuple[str, ...]:
    """Return the kinds of effects with any event: fewer than nine coins have none relative."""
    return tuple(
        kind
        for kind in (RAW, RELATIVE)
        if kind == RAW or any(e["n"] for e in model["effects"][kind])
    )


def _to_row(effect: Model) -> Row:
    sizes = (effect["effect"], *effect["interval"])
    effective = effect["effective_n"]
    cells = (
        Cell(format_value(effect["n"], "count"), effect["n"]),
        Cell(format_value(None if effective is None else round(effective), "count"), effective),
        *(_to_cell(size) for size in sizes),
        Cell(format_value(effect["p_holm"], "ratio"), effect["p_holm"]),
        _to_cell(effect["detectable"], signed=False),
    )
    return Row(effect["horizon"], cells)


def _to_cell(value: float | None, *, signed: bool = True) -> Cell:
    return Cell(format_percent(value, signed=signed), value)


def _to_forest(effect: Model) -> Section:
    drawings = tuple(draw_forest(effect, width) for width in WIDTHS)
    caption = (
        "A row a coin with its 95 % interval, Monero in its own colour, the diamond of all other "
        "coins, and where a new coin is expected."
    )
    return Section(f"Single coins within {effect['horizon']}", (), (Figure(drawings, caption),))
