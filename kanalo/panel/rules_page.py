"""The report of rules on a panel: the table of all rules first, then each with its portfolio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from rich.console import Console
from rich.text import Text

from kanalo.report.toolkit.axes import NARROW, WIDE, dress_dates
from kanalo.report.toolkit.canvas import MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.ticks import find_log_ticks
from kanalo.report.toolkit.write import write_page

FILE = "compare-panel"
STATISTICS = {
    "excess": ("Beyond holding, a year [%]", "fraction"),
    "cagr": ("CAGR [%]", "fraction"),
    "sharpe_ratio": ("Sharpe Ratio", "ratio"),
    "max_drawdown": ("Max. Drawdown [%]", "fraction"),
    "exposure_time": ("Exposure Time [%]", "fraction"),
    "n_trades": ("# Trades", "count"),
}


def to_rules_table(model: Model) -> Table:
    """Build the table of all rules: generality, portfolio, and Monero's rank."""
    columns = ("Generality", "Coins", "Low", "High", "Portfolio", "A year", "Low", "High", "Monero")
    helps = (
        "Whether the rule beats holding at its own mean exposure on most coins",
        "Share of the coins on which it does",
        "Lower end of the 95 % interval",
        "Upper end of it",
        "All coins in equal parts, against holding each at the rule's exposure",
        "Log growth beyond that, a year",
        "Lower end of the 95 % interval",
        "Upper end of it",
        "Monero's rank by growth beyond holding, among all coins",
    )
    return Table("Rule", columns, tuple(_to_row(each) for each in model["rules"]), helps)


def to_distribution_table(rule: Model) -> Table:
    """Build the table of how statistics are distributed over coins, without Monero."""
    rows = []
    for key, (label, unit) in STATISTICS.items():
        values = rule["distribution"][key]
        cells = tuple(Cell(_format(each, unit), each) for each in values.values())
        rows.append(Row(label, cells))
    return Table(
        "Over the coins", ("Least", "Quarter", "Median", "Three quarters", "Most"), tuple(rows)
    )


def to_coins_table(rule: Model) -> Table:
    """Build the table of single coins, the best first."""
    ordered = sorted(rule["coins"], key=lambda each: -each["excess"])
    rows = tuple(
        Row(
            each["coin"],
            tuple(
                Cell(_format(each[key], unit), each[key]) for key, (_, unit) in STATISTICS.items()
            ),
        )
        for each in ordered
    )
    return Table("Coin", tuple(label for label, _ in STATISTICS.values()), rows)


def draw_portfolio(rule: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the portfolio of all coins and the same coins held at the rule's exposure.

    Parameters
    ----------
    rule : mapping
        One of the model's rules.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    portfolio = rule["portfolio"]
    days = np.array(portfolio["days"], dtype="datetime64[D]")
    with open_figure(*size) as figure:
        axes = figure.subplots()
        axes.plot(days, portfolio["held"], color=MUTED, label="held at its exposure")
        axes.plot(days, portfolio["wealth"], color=SERIES[0], label=rule["label"])
        axes.set_yscale("log")
        both = np.array([*portfolio["held"], *portfolio["wealth"]])
        both = both[both > 0]
        ticks = find_log_ticks(float(both.min()), float(both.max()))
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        dress_dates(axes, days, 4 if size == NARROW else 8)
        axes.set_ylabel("Wealth, multiple of start (log)")
        axes.legend()
        return to_svg(figure, f"{rule['label']}: all coins in equal parts")


def print_rules(model: Model, console: Console) -> None:
    """Print the table and a sentence for each rule; 80 columns are enough.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.rules_model.to_rules_model`.
    console : rich.console.Console
        Where to.
    """
    console.print(Text(to_title(model), style="bold"))
    full = to_rules_table(model)
    kept = (0, 1, 2, 3, 5, 8)
    rows = tuple(Row(row.name, tuple(row.cells[i] for i in kept)) for row in full.rows)
    console.print(to_rich(Table(full.corner, tuple(full.columns[i] for i in kept), rows)))
    console.print()
    for rule in model["rules"]:
        console.print(Text(f"{_to_name(rule)}: ", style="bold"), Text(rule["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_title(model: Model) -> str:
    """Name the report."""
    return f"{model['title']} (on a panel of {model['panel']['n_coins']} coins)"


def to_rules_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    general = [_to_name(each) for each in model["rules"] if each["verdict"] == "general"]
    answer = (
        f"General: {', '.join(general)}."
        if general
        else "No rule is told to beat holding at its own exposure on most coins."
    )
    overview = Section(
        "All rules",
        (
            "Each coin has an account of its own. The yardstick of a coin is holding it at the "
            "rule's own mean exposure, rebalanced daily and free of costs. Intervals: blocks of "
            "four weeks, all coins together.",
        ),
        tables=(to_rules_table(model),),
    )
    asked = {**model["execution"], **{f"costs {k}": v for k, v in model["costs"].items()}}
    planned = Section(
        "What was run",
        (),
        tables=(
            to_named(asked, "What", "Value"),
            to_named(model["panel"]["sha256"], "Table", "sha256"),
        ),
        words=True,
    )
    return Page(
        title=to_title(model),
        facts=f"{model['panel']['name']}, hourly bars",
        answer=answer,
        caveats=tuple(model["caveats"]),
        sections=(overview, *map(_to_card, model["rules"]), planned),
    )


def write_rules_report(model: Model, folder: Path) -> list[Path]:
    """Write ``compare-panel.html``, ``.md`` and ``.json`` to a folder, all or none.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.rules_model.to_rules_model`.
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
    page = to_rules_page(model)
    return write_page(page, model, folder, FILE)


def _to_card(rule: Model) -> Section:
    drawings = tuple(draw_portfolio(rule, size) for size in (WIDE, NARROW))
    caption = (
        "All coins but Monero in equal parts, rebalanced daily with costs; beside it the same "
        "coins held at the rule's own mean exposure."
    )
    portfolio = rule["portfolio"]
    rows = tuple(
        Row(label, (Cell(_format(portfolio[key], unit), portfolio[key]),))
        for key, (label, unit) in {
            **{key: STATISTICS[key] for key in ("excess", "cagr")},
            "cagr_held": ("CAGR of the coins held [%]", "fraction"),
            **{key: STATISTICS[key] for key in ("sharpe_ratio", "max_drawdown")},
        }.items()
    )
    tables = (
        to_distribution_table(rule),
        Table("Portfolio", ("Value",), rows),
        to_coins_table(rule),
    )
    return Section(_to_name(rule), (rule["sentence"],), (Figure(drawings, caption),), tables)


def _to_name(rule: Model) -> str:
    return rule["label"] if rule["cost"] == "standard" else f"{rule['label']}, {rule['cost']}"


def _to_row(rule: Model) -> Row:
    share, portfolio, monero = rule["generality"], rule["portfolio"], rule["monero"]
    shares = (share["share"], *share["interval"])
    growth = (portfolio["excess"], *portfolio["interval"])
    cells = (
        Cell(rule["verdict"]),
        *(Cell(format_percent(each), each) for each in shares),
        Cell(portfolio["verdict"]),
        *(Cell(format_percent(each, signed=True), each) for each in growth),
        Cell("–" if monero is None else f"{monero['rank']} of {monero['of']}"),
    )
    return Row(_to_name(rule), cells)


def _format(value: float | None, unit: str) -> str:
    return format_value(value, unit)
