"""The report of a search: the best sets, what the parameters decide, and what was asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from kanalo.analyzers.statistics import get_statistic
from kanalo.file_formats import SEARCH
from kanalo.report.search.figures import draw_contour, draw_importance
from kanalo.report.sweep.page import print_sweep, to_sweep_model, to_sweep_page
from kanalo.report.toolkit.formats import format_percent, format_plain, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table
from kanalo.report.toolkit.write import write_page
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.search.result import SearchResult


def to_search_model(result: SearchResult, *, n_top: int = 10) -> dict[str, Any]:
    """Reduce a search to plain values: what JSON holds and every face is drawn from.

    Parameters
    ----------
    result : SearchResult
        The search.
    n_top : int
        How many of the best are listed.

    Returns
    -------
    dict
        As `to_sweep_model`, with ``by``, ``importance`` and ``front`` (parameters and objectives
        of sets that no other beats in one objective without losing in another).
    """
    model = to_sweep_model(result.swept, result.manifest, statistic=result.by[0], n_top=n_top)
    front = [
        {
            "parameters": to_plain(result.swept.parameters(row)),
            "values": to_plain({key: result.table[key].iloc[row] for key in result.by}),
        }
        for row in (result.front() if len(result.by) > 1 else [])
    ]
    added = {
        "by": list(result.by),
        "importance": to_plain(result.importance),
        "front": front,
        "word": "Search",
    }
    return {**model, "schema": SEARCH.schema, **added}


def to_importance(model: Model) -> str:
    """Say in one line what the parameters decide; empty where that is not known."""
    shares = model["importance"].get(model["statistic"], {})
    ordered = sorted(shares, key=lambda name: -shares[name])
    each = ", ".join(f"{name} {format_percent(shares[name])}" for name in ordered)
    return f"What decides the {get_statistic(model['statistic']).label}: {each}." if each else ""


def to_front_table(model: Model) -> Table:
    """Build the table of the front of several objectives."""
    names = list(model["manifest"]["grid"]["axes"])
    statistics = [get_statistic(key) for key in model["by"]]
    rows = (
        Row(
            str(i + 1),
            (
                *(Cell(format_plain(entry["parameters"][name])) for name in names),
                *(Cell(format_value(entry["values"][each.key], each.unit)) for each in statistics),
            ),
        )
        for i, entry in enumerate(model["front"])
    )
    return Table("#", (*names, *(each.label for each in statistics)), tuple(rows))


def print_search(model: Model, console: Console) -> None:
    """Print the best sets and what the parameters decide.

    Parameters
    ----------
    model : mapping
        From `to_search_model`.
    console : rich.console.Console
        Where to print.
    """
    print_sweep(model, console)
    if model["front"]:
        text = f"{count(len(model['front']), 'set')} on the front of {', '.join(model['by'])}."
        console.print(Text(text))
    if to_importance(model):
        console.print(Text(to_importance(model)))


def to_search_page(
    model: Model, contour: tuple[Figure, ...] = (), importance: tuple[Figure, ...] = ()
) -> Page:
    """Build the document, for HTML and Markdown.

    Parameters
    ----------
    model : mapping
        From `to_search_model`.
    contour, importance : tuple of Figure
        Of the objective over two parameters, which stands over the best sets, and of what each
        parameter decides; empty where there is none.

    Returns
    -------
    Page
    """
    page = to_sweep_page({**model, "heatmaps": []})
    best, _, asked = page.sections
    best = replace(best, figures=(*best.figures, *contour))
    note = (to_importance(model),) if to_importance(model) else ()
    front = (Section("Front", (), (), (to_front_table(model),)),) if model["front"] else ()
    parameters = Section("What the parameters decide", note, importance)
    return replace(page, sections=(best, *front, parameters, asked))


def write_search_report(result: SearchResult, model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md``, ``report.json``, ``sets.csv`` and the figures.

    Parameters
    ----------
    result : SearchResult
        The search.
    model : mapping
        From `to_search_model`.
    folder : Path
        Where to.

    Returns
    -------
    list of Path
        The files, the page first.
    """
    drawn = {"importance": draw_importance(result), "contour": draw_contour(result)}
    captions = {
        "importance": "Share of each parameter in what tells the best tenth of the sets from "
        "the others (PED-ANOVA).",
        "contour": "The first objective over the two numeric parameters that decide most; at each "
        "point the best set, the cross marks the best of all.",
    }
    known = {name: each for name, each in drawn.items() if each is not None}
    figures = {
        name: (Figure(known[name][0], captions[name]),) if name in known else ()
        for name in captions
    }
    page = to_search_page(model, figures["contour"], figures["importance"])
    others: dict[str, str | bytes] = {
        "sets.csv": result.table.to_csv(index_label="set"),
        **{f"{name}.png": png for name, (_, png) in known.items()},
    }
    return write_page(page, model, folder, others=others)
