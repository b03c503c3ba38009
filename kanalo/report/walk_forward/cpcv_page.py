"""The report of a combinatorial purged cross-validation: the Sharpe ratio over all paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from kanalo.file_formats import CPCV
from kanalo.report.toolkit.formats import format_plain, format_time, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Page, Section
from kanalo.report.toolkit.plain import to_iso, to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_blocks, to_rich
from kanalo.report.toolkit.write import write_page
from kanalo.text import count
from kanalo.walk_forward.cpcv import CrossValidation

SCHEMA = CPCV.schema
"""Name and version of the JSON report."""

CAVEATS = (
    "Trainings stand before, between and after the tests: a path is a history that could have been "
    "lived through only by somebody who knew later days. It says how much the result hangs on the "
    "stretch that was chosen on, and walk-forward says what following the past would have earned.",
    "Each set is simulated once over the whole history, so a position may be open where a group "
    "begins; the purge keeps such trades out of the training.",
)


def to_cpcv_model(result: CrossValidation) -> dict[str, Any]:
    """Reduce a cross-validation to plain values.

    Parameters
    ----------
    result : CrossValidation
        From `kanalo.walk_forward.cpcv.run_cross_validation`.

    Returns
    -------
    dict
        ``schema``, ``strategy``, ``grid``, ``costs``, ``execution``, ``market``, ``groups``,
        ``test``, ``purged_days``, ``embargoed_days``, ``n_sets``, ``splits``, ``paths`` (annual
        Sharpe ratios), ``distribution``, ``pbo``, ``sentence`` and ``caveats``.
    """
    market = result.market
    model: dict[str, Any] = {
        "schema": SCHEMA,
        "strategy": result.strategy,
        "grid": to_plain(result.grid.to_dict()),
        "costs": to_plain(result.costs),
        "execution": to_plain(result.execution),
        "market": {
            "name": market.name or market.symbol,
            "symbol": market.symbol,
            "interval": market.interval,
            "start": to_iso(market.index[market.first]),
            "end": to_iso(market.closes_at[-1]),
            "digests": to_plain(market.digests),
        },
        "groups": result.n_groups,
        "test": result.n_test,
        "purged_days": result.purged_days,
        "embargoed_days": result.embargoed_days,
        "n_sets": result.n_sets,
        "splits": [
            {
                "test_groups": list(each.groups),
                "train_days": each.n_train,
                "parameters": to_plain(each.parameters),
                "in_sample": to_plain(each.in_sample),
                "out_of_sample": to_plain(each.out_of_sample),
                "rank": to_plain(each.rank),
            }
            for each in result.choices
        ],
        "paths": [float(each) for each in result.sharpes],
        "distribution": _to_distribution(result),
        "pbo": to_plain(result.pbo),
        "caveats": list(CAVEATS),
    }
    return {**model, "sentence": _to_sentence(model)}


def _to_distribution(result: CrossValidation) -> dict[str, Any]:
    sharpes = result.sharpes
    low, median, high = np.quantile(sharpes, [0.05, 0.5, 0.95])
    figures = {
        "mean": sharpes.mean(),
        "deviation": sharpes.std(ddof=1) if len(sharpes) > 1 else np.nan,
        "low": low,
        "median": median,
        "high": high,
        "below_zero": (sharpes < 0).mean(),
    }
    return {name: to_plain(float(value)) for name, value in figures.items()}


def _to_sentence(model: Model) -> str:
    found = model["distribution"]
    values = [format_value(found[name], "ratio") for name in ("median", "low", "high")]
    below = sum(each < 0 for each in model["paths"])
    pbo = "not defined" if model["pbo"] is None else format_value(model["pbo"], "ratio")
    return (
        f"Over {count(len(model['paths']), 'path')} out of sample {model['strategy']} showed a "
        f"median Sharpe ratio of {values[0]} (90 % of the paths between {values[1]} and "
        f"{values[2]}; {below} below zero); the probability of backtest overfitting is {pbo}."
    )


def to_cpcv_title(model: Model) -> str:
    """Name the report."""
    return f"Cross-validation of {model['strategy']} on {model['market']['name']}"


def to_cpcv_facts(model: Model) -> str:
    """Say in one line how the days were cut."""
    market = model["market"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    return (
        f"{market['symbol']}, {market['interval']} bars, {span}; {model['groups']} groups, "
        f"{model['test']} in each test: {count(len(model['splits']), 'split')}; "
        f"{count(model['purged_days'], 'day')} purged beside each test, "
        f"{model['embargoed_days']:,} more embargoed; {count(model['n_sets'], 'set')}"
    )


def to_path_table(model: Model) -> Table:
    """Build the table of the distribution over the paths."""
    found = model["distribution"]
    names = {
        "mean": "Mean",
        "deviation": "Deviation",
        "low": "5 % quantile",
        "median": "Median",
        "high": "95 % quantile",
    }
    rows = [
        Row(label, (Cell(format_value(found[key], "ratio"), found[key]),))
        for key, label in names.items()
    ]
    below = Cell(f"{format_value(found['below_zero'], 'fraction')} %", found["below_zero"])
    rows += [
        Row("Paths below zero", (below,)),
        Row("PBO", (Cell(format_value(model["pbo"], "ratio"), model["pbo"]),)),
    ]
    return Table("Over the paths", ("Sharpe ratio",), tuple(rows))


def to_split_table(model: Model) -> Table:
    """Build the table of splits: what was chosen, and the Sharpe ratio in and out of sample."""
    names = list(model["grid"]["axes"])
    rows = (
        Row(
            ", ".join(str(each + 1) for each in split["test_groups"]),
            (
                *(Cell(format_plain((split["parameters"] or {}).get(name))) for name in names),
                *(
                    Cell(format_value(split[key], unit), split[key])
                    for key, unit in (
                        ("in_sample", "ratio"),
                        ("out_of_sample", "ratio"),
                        ("rank", "ratio"),
                        ("train_days", "count"),
                    )
                ),
            ),
        )
        for split in model["splits"]
    )
    columns = (*names, "Sharpe in training", "Sharpe in test", "Rank in test", "Days of training")
    return Table("Groups of test", columns, tuple(rows))


def print_cpcv(model: Model, console: Console) -> None:
    """Print the distribution over the paths, the splits, and the answer in a sentence.

    Parameters
    ----------
    model : mapping
        From `to_cpcv_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_cpcv_title(model), style="bold"))
    console.print(Text(to_cpcv_facts(model), style="dim"))
    for table in (to_path_table(model), to_split_table(model)):
        for block in to_blocks(table, console.width):
            console.print(to_rich(block))
            console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_cpcv_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    keys = ("grid", "costs", "execution", "market", "groups", "test", "purged_days")
    asked = {key: model[key] for key in (*keys, "embargoed_days")}
    paths = tuple(
        Row(f"Path {i + 1}", (Cell(format_value(each, "ratio"), each),))
        for i, each in enumerate(model["paths"])
    )
    return Page(
        title=to_cpcv_title(model),
        facts=to_cpcv_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(
            Section("Over all paths", (), (), (to_path_table(model),)),
            Section("Paths", (), (), (Table("Path", ("Sharpe ratio",), paths),)),
            Section("Splits", (), (), (to_split_table(model),)),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def write_cpcv_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``, and return them in this order.

    Parameters
    ----------
    model : mapping
        From `to_cpcv_model`.
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
    page = to_cpcv_page(model)
    return write_page(page, model, folder)
