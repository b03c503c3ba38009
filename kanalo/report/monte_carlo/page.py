"""The report of a Monte Carlo of paths: places of the real result, fans, and what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from kanalo.analyzers.statistics import get_statistic
from kanalo.file_formats import MONTE_CARLO
from kanalo.report.monte_carlo.figures import draw_fans
from kanalo.report.toolkit.formats import format_count, format_percent, format_time, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page

if TYPE_CHECKING:
    from kanalo.monte_carlo import MonteCarlo

SHOWN = ("total_return", "cagr", "sharpe_ratio", "max_drawdown", "n_trades", "win_rate")
"""Statistics that the terminal shows; the page shows all."""

_MEANING = {
    "blocks": "Model blocks: stretches of the real history in another order. They show how much of "
    "the result depends on the order of events.",
    "signs": "Model signs: every move keeps its size and gets a random direction. No rule has "
    "skill here, and none earns anything on average before costs.",
    "garch": "Model garch: bars are redrawn with a fitted volatility. Volatility clusters remain; "
    "nothing else of the order of bars does.",
}


def to_monte_carlo_model(result: MonteCarlo) -> Model:
    """Reduce a Monte Carlo to plain values: what JSON holds and every face is drawn from.

    Returns
    -------
    dict
        ``schema manifest n_paths n_failed failures places sentence caveats fans``; ``places`` has
        an entry for each statistic, ``fans`` quantiles of equity and drawdown by day.
    """
    places = result.places()
    fans = {"equity": result.equity_fan(), "drawdown": result.drawdown_fan()}
    model: dict[str, Any] = to_plain(
        {
            "schema": MONTE_CARLO.schema,
            "manifest": result.manifest,
            "n_paths": len(result),
            "n_failed": len(result.failures),
            "failures": [result.failures[row] for row in sorted(result.failures)[:10]],
            "places": {key: dict(row) for key, row in places.iterrows()},
            "fans": {
                "days": [str(day) for day in result.days],
                **{
                    name: {str(column): fan[column].to_list() for column in fan.columns}
                    for name, fan in fans.items()
                },
            },
        }
    )
    model["sentence"] = _to_sentence(model)
    model["caveats"] = list(_to_caveats(model))
    return model


def _to_sentence(model: Model) -> str:
    place = model["places"]["sharpe_ratio"]
    if place["percentile"] is None:
        return "The Sharpe ratio of the real result, or of all paths, is not defined."
    return (
        f"The real Sharpe ratio of {format_value(place['actual'], 'ratio')} is above "
        f"{format_percent(place['percentile'])} of {format_count(place['n'], 'path')}; their "
        f"median is {format_value(place['median'], 'ratio')}, 90 % lie from "
        f"{format_value(place['low'], 'ratio')} to {format_value(place['high'], 'ratio')}."
    )


def _to_caveats(model: Model) -> list[str]:
    caveats = [_MEANING[model["manifest"]["model"]]]
    if model["n_failed"]:
        failed = format_count(model["n_failed"], "path")
        caveats.append(f"The rule failed on {failed}, the first: {model['failures'][0]}")
    return caveats


def to_places_table(model: Model, keys: tuple[str, ...] | None = None) -> Table:
    """Build the table of places.

    Parameters
    ----------
    model : mapping
        From `to_monte_carlo_model`.
    keys : tuple of str, optional
        Statistics to show; all by default.

    Returns
    -------
    Table
        A row for each statistic.
    """
    columns = ("Real", "5 %", "Median", "95 %", "Above", "p")
    rows = (_to_row(key, model["places"][key]) for key in keys or tuple(model["places"]))
    return Table("Statistic", columns, tuple(rows))


def _to_row(key: str, place: Model) -> Row:
    unit = get_statistic(key).unit
    figures = (place[name] for name in ("actual", "low", "median", "high"))
    cells = [Cell(format_value(value, unit), value) for value in figures]
    share = place["percentile"]
    cells.append(Cell(format_percent(share), share))
    cells.append(Cell(format_value(place["p_value"], "ratio"), place["p_value"]))
    return Row(get_statistic(key).label, tuple(cells))


def _to_title(model: Model) -> str:
    asked = model["manifest"]
    return f"Monte Carlo of {asked['strategy']} on {asked['market']['name']}"


def _to_facts(model: Model) -> str:
    asked, market = model["manifest"], model["manifest"]["market"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    paths = format_count(model["n_paths"], "path")
    block = f" of {asked['block']} on average" if asked["model"] == "blocks" else ""
    return (
        f"{market['symbol']}, {market['interval']} bars, {span}; {paths}, model "
        f"{asked['model']}{block}, seed {asked['seed']}"
    )


def print_monte_carlo(model: Model, console: Console) -> None:
    """Print the places of the statistics that decide.

    Parameters
    ----------
    model : mapping
        From `to_monte_carlo_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(_to_title(model), style="bold"))
    console.print(Text(_to_facts(model), style="dim"))
    console.print(to_rich(to_places_table(model, SHOWN)))
    console.print(Text(model["sentence"]))
    for each in model["caveats"]:
        console.print(Text(f"! {each}", style="yellow"))


def to_monte_carlo_page(model: Model, drawings: tuple[str, ...]) -> Page:
    """Build the document, for HTML and Markdown.

    Parameters
    ----------
    model : mapping
        From `to_monte_carlo_model`.
    drawings : tuple of str
        The fans as ``<svg>`` elements: for desks and for telephones.

    Returns
    -------
    Page
    """
    asked: dict[str, Any] = dict(model["manifest"])
    caption = "Bands hold 90 % and 50 % of the paths on each day; in red the real market."
    return Page(
        title=_to_title(model),
        facts=_to_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(
            Section("Fans", (), (Figure(drawings, caption),)),
            Section("Place of the real result", (), (), (to_places_table(model),)),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def write_monte_carlo_report(result: MonteCarlo, model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md``, ``report.json``, ``fans.png`` and ``paths.csv``.

    Parameters
    ----------
    result : MonteCarlo
        The paths.
    model : mapping
        From `to_monte_carlo_model`.
    folder : Path
        Where to.

    Returns
    -------
    list of Path
        The files, the page first.
    """
    drawings, png = draw_fans(result)
    page = to_monte_carlo_page(model, drawings)
    others: dict[str, str | bytes] = {
        "fans.png": png,
        "paths.csv": result.table.to_csv(index_label="path"),
    }
    return write_page(page, model, folder, others=others)
