"""The report of a walk-forward test: what was chosen when, and what was left of it afterwards."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text

from kanalo.analyzers import returns
from kanalo.analyzers.relative import calc_hold_return
from kanalo.analyzers.statistics import get_statistic
from kanalo.file_formats import WALK_FORWARD
from kanalo.report.toolkit.formats import (
    format_count,
    format_plain,
    format_time,
    format_value,
)
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_column, to_dates, to_iso, to_plain, to_records
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page
from kanalo.report.walk_forward.figures import NARROW, WIDE, draw_drift, draw_equity
from kanalo.sweep.plateau import is_ordered, sort_axis
from kanalo.text import count
from kanalo.walk_forward import EFFICIENCIES, Fold, WalkForward

SCHEMA = WALK_FORWARD.schema
"""Name and version of the JSON report."""

SHOWN = (
    "total_return",
    "cagr",
    "max_drawdown",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "profit_factor",
    "n_trades",
    "win_rate",
)
"""Statistics of all tests together that the table shows."""


def to_walk_forward_model(result: WalkForward) -> dict[str, Any]:
    """Reduce a walk-forward test to plain values: what JSON holds and every face is drawn from.

    Parameters
    ----------
    result : WalkForward
        The test.

    Returns
    -------
    dict
        ``schema``, ``strategy``, ``select``, ``anchored``, ``train``, ``test``, ``grid``,
        ``costs``, ``execution``, ``market``, ``windows`` (spans, parameters, statistics in and out
        of sample, efficiency), ``out_of_sample`` (statistics of all tests together), ``in_sample``
        (means), ``efficiency``, ``drift``, ``equity`` (daily), ``hold`` (the market, daily, from
        the same start), ``hold_return``, ``trades``, ``sentence`` and ``caveats``.
    """
    span = result.market.bars.loc[result.equity.index]
    cash = float(result.execution["cash"])
    model: dict[str, Any] = {
        "schema": SCHEMA,
        "strategy": result.strategy,
        "select": result.select,
        "anchored": result.anchored,
        "train": result.train,
        "test": result.test,
        "grid": to_plain(result.grid.to_dict()),
        "costs": to_plain(result.costs),
        "execution": to_plain(result.execution),
        "market": _to_market(result),
        "windows": [_to_window(fold, result.select) for fold in result.folds],
        "out_of_sample": to_plain(result.figures),
        "in_sample": {key: to_plain(result.in_sample(key)) for key in _keys(result.select)},
        "efficiency": {key: to_plain(result.efficiency(key)) for key in EFFICIENCIES},
        "drift": [_to_drift(result, name) for name in result.grid.axes],
        "equity": _to_daily(result.equity),
        "hold": _to_daily(span["close"] / span["open"].iloc[0] * cash),
        "hold_return": to_plain(calc_hold_return(span)),
        "trades": to_records(result.trades),
    }
    return {**model, "sentence": _to_sentence(model), "caveats": _to_caveats(model)}


def _keys(select: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([select, *EFFICIENCIES]))


def _to_market(result: WalkForward) -> dict[str, Any]:
    market = result.market
    return {
        "name": market.name or market.symbol,
        "symbol": market.symbol,
        "interval": market.interval,
        "start": to_iso(market.index[market.first]),
        "end": to_iso(market.closes_at[-1]),
        "digests": to_plain(market.digests),
    }


def _to_window(fold: Fold, select: str) -> dict[str, Any]:
    n_open = int((fold.trades["exit_bar"] < 0).sum())
    return {
        "train_start": to_iso(fold.train_start),
        "train_end": to_iso(fold.train_end),
        "test_start": to_iso(fold.test_start),
        "test_end": to_iso(fold.test_end),
        "purged_bars": fold.purged_bars,
        "parameters": to_plain(fold.parameters),
        "in_sample": to_plain(fold.in_sample),
        "out_of_sample": to_plain(fold.out_of_sample),
        "efficiency": {key: to_plain(fold.efficiency(key)) for key in _keys(select)},
        "n_open_at_end": n_open,
    }


def _to_drift(result: WalkForward, name: str) -> dict[str, Any]:
    """Tell how often and how far the choice of one parameter moved from window to window."""
    axis = result.grid.axes[name]
    chosen = [value for value in result.to_drift()[name] if value is not None]
    moves = [(a, b) for a, b in itertools.pairwise(chosen) if a != b]
    steps = float("nan")
    values = sort_axis(axis)
    if values and is_ordered(axis) and len(chosen) > 1:
        places = [values.index(value) for value in chosen]
        steps = float(np.abs(np.diff(places)).mean())
    return {
        "name": name,
        "n_values": len(values),
        "n_chosen": len(set(chosen)),
        "n_changes": len(moves),
        "mean_steps": to_plain(steps),
    }


def _to_daily(marks: pd.Series[float]) -> dict[str, Any]:
    daily = returns.to_daily_equity(marks)
    return {"dates": to_dates(pd.DatetimeIndex(daily.index)), "values": to_column(daily)}


def _to_sentence(model: Model) -> str:
    after, before = (model[key]["sharpe_ratio"] for key in ("out_of_sample", "in_sample"))
    kept = model["efficiency"]["sharpe_ratio"]
    words = "" if kept is None else f"; {format_value(kept, 'fraction')}\N{NO-BREAK SPACE}% kept"
    n_up = sum((each["out_of_sample"]["total_return"] or 0) > 0 for each in model["windows"])
    return (
        f"{model['strategy']}: out-of-sample Sharpe ratio {format_value(after, 'ratio')} "
        f"(in-sample {format_value(before, 'ratio')}{words}). {n_up} of "
        f"{count(len(model['windows']), 'test window')} had a positive return. Total return "
        f"{format_value(model['out_of_sample']['total_return'], 'fraction')}\N{NO-BREAK SPACE}%, "
        f"buy and hold {format_value(model['hold_return'], 'fraction')}\N{NO-BREAK SPACE}%."
    )


def _to_caveats(model: Model) -> list[str]:
    windows = model["windows"]
    cut = sum(each["n_open_at_end"] for each in windows)
    idle = sum(each["parameters"] is None for each in windows)
    caveats = []
    if cut:
        caveats.append(
            f"{cut} of {count(len(windows), 'test')} ended with a position: it is marked at the "
            f"last close "
            "without the costs of closing it, and the next test starts flat."
        )
    if idle:
        windows_without = format_count(idle, "window")
        caveats.append(f"In {windows_without} no set could be chosen; nothing was traded then.")
    return caveats


# -- faces -----------------------------------------------------------------------------------------


def to_title(model: Model) -> str:
    """Name the test, e.g. ``Walk-forward of donchian_breakout on xmr_1h``."""
    return f"Walk-forward of {model['strategy']} on {model['market']['name']}"


def to_walk_facts(model: Model) -> str:
    """Say in one line how the windows were cut and what chose."""
    market = model["market"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    kind = "anchored" if model["anchored"] else "rolling"
    return (
        f"{market['symbol']}, {market['interval']} bars, {span}; {len(model['windows'])} {kind} "
        f"windows of {model['train']} and {model['test']}, chosen by "
        f"{get_statistic(model['select']).label}"
    )


def to_window_table(model: Model) -> Table:
    """Build the table of windows: what was chosen, and the statistic in and out of sample."""
    statistic = get_statistic(model["select"])
    names = list(model["grid"]["axes"])
    rows = (
        Row(
            format_time(each["test_start"]),
            (
                *(Cell(format_plain((each["parameters"] or {}).get(name))) for name in names),
                _to_cell(each["in_sample"].get(statistic.key), statistic.unit),
                _to_cell(each["out_of_sample"][statistic.key], statistic.unit),
                _to_cell(each["efficiency"][statistic.key], "fraction"),
                _to_cell(each["out_of_sample"]["total_return"], "fraction"),
                _to_cell(each["out_of_sample"]["n_trades"], "count"),
                _to_cell(each["purged_bars"], "bars"),
            ),
            f"{format_time(each['train_start'])} to {format_time(each['train_end'])}",
        )
        for each in model["windows"]
    )
    columns = (
        *names,
        f"{statistic.label} in training",
        f"{statistic.label} in test",
        "Kept [%]",
        "Return in test [%]",
        "# Trades",
        "Purged bars",
    )
    return Table("Test from", columns, tuple(rows))


def to_total_table(model: Model) -> Table:
    """Build the table of all tests together."""
    rows = []
    for key in SHOWN:
        each = get_statistic(key)
        before = model["in_sample"].get(key)
        cells = (
            _to_cell(model["out_of_sample"][key], each.unit),
            _to_cell(before, each.unit),
            _to_cell(model["efficiency"].get(key), "fraction"),
        )
        rows.append(Row(each.label, cells, each.help))
    return Table("Statistic", ("Tests", "Mean in training", "Kept [%]"), tuple(rows))


def to_drift_table(model: Model) -> Table:
    """Build the table of how the choices moved."""
    rows = (
        Row(
            each["name"],
            (
                _to_cell(each["n_chosen"], "count"),
                _to_cell(each["n_changes"], "count"),
                _to_cell(each["mean_steps"], "ratio"),
            ),
        )
        for each in model["drift"]
    )
    return Table("Parameter", ("Values chosen", "Changes", "Mean steps"), tuple(rows))


def _to_cell(value: float | None, unit: str) -> Cell:
    return Cell(format_value(value, unit), value)


def print_walk_forward(model: Model, console: Console) -> None:
    """Print the windows, what all tests came to, and the answer in a sentence.

    Parameters
    ----------
    model : mapping
        From `to_walk_forward_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_title(model), style="bold"))
    console.print(Text(to_walk_facts(model), style="dim"))
    for table in (to_window_table(model), to_total_table(model), to_drift_table(model)):
        console.print(to_rich(table))
        console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_walk_forward_page(model: Model) -> Page:
    """Build the document of a walk-forward test, for HTML and Markdown."""
    equity = Figure(
        tuple(draw_equity(model, size) for size in (WIDE, NARROW)),
        "Equity over all tests as a multiple of its start, at the close of each UTC day (log "
        "scale), and the fall from its highest daily close; grey: holding. Vertical lines: a new "
        "choice of parameters.",
    )
    drift = Figure(
        tuple(draw_drift(model, size) for size in (WIDE, NARROW)),
        "The chosen value of each parameter from test to test.",
    )
    asked = {key: model[key] for key in ("grid", "costs", "execution", "market")}
    return Page(
        title=to_title(model),
        facts=to_walk_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(
            Section("All tests together", (), (equity,), (to_total_table(model),)),
            Section("Windows", (), (), (to_window_table(model),)),
            Section("Parameter drift", (), (drift,), (to_drift_table(model),)),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def write_walk_forward_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``, and return them in this order.

    Parameters
    ----------
    model : mapping
        A walk-forward model.
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
    page = to_walk_forward_page(model)
    return write_page(page, model, folder)
