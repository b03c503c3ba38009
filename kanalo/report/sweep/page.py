"""The report of a sweep: its best sets, how stable they are, and how much of it may be luck."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text

from kanalo.analyzers.statistics import STATISTICS, get_statistic
from kanalo.file_formats import SWEEP_REPORT
from kanalo.judgement import calc_expected_max_sharpe
from kanalo.report.sweep.figures import draw_heatmap, draw_neighbours
from kanalo.report.sweep.neighbours import to_curves
from kanalo.report.toolkit.axes import NARROW, WIDE
from kanalo.report.toolkit.formats import format_count, format_plain, format_time, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_files, write_page
from kanalo.sweep import SweepResult, find_plateau, rank
from kanalo.sweep.grid import Span
from kanalo.sweep.plateau import sort_axis
from kanalo.sweep.result import to_columns
from kanalo.text import count

SCHEMA = SWEEP_REPORT.schema
"""Name and version of the JSON report."""

N_FAILURES = 10
"""Sets that could not be decided on whose reason the model holds."""

SHOWN = ("sharpe_ratio", "total_return", "cagr", "max_drawdown", "n_trades", "win_rate")
"""Statistics that the table of the best sets shows."""

_MAX_POINTS = 5_000


def to_sweep_model(
    result: SweepResult,
    manifest: Mapping[str, Any],
    *,
    statistic: str = "sharpe_ratio",
    n_top: int = 10,
) -> dict[str, Any]:
    """Reduce a sweep to plain values: what JSON holds and every face is drawn from.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    manifest : mapping
        What was asked, from `Plan.to_manifest`.
    statistic : str
        What sets are ranked by.
    n_top : int
        How many of the best are listed.

    Returns
    -------
    dict
        ``schema``, ``manifest``, ``statistic``, ``n_sets``, ``n_refused``, ``n_traded`` (sets that
        can be ranked), ``top`` (row, parameters, statistics), ``plateau``, ``luck`` and
        ``heatmaps`` (the statistic over each pair of parameters) and ``curves`` (equity of the best
        set and of those one step away; None where there are none).
    """
    order = rank(result.table, statistic)
    return {
        "schema": SCHEMA,
        "manifest": to_plain(manifest),
        "statistic": statistic,
        "n_sets": len(result),
        "n_refused": result.n_refused,
        "n_failed": len(result.failures),
        "failures": [result.failures[row] for row in sorted(result.failures)[:N_FAILURES]],
        "n_traded": len(order),
        "top": [_to_entry(result, int(row)) for row in order[:n_top]],
        "plateau": _to_plateau(result, statistic),
        "luck": _to_luck(result),
        "heatmaps": _to_heatmaps(result, statistic),
        "curves": to_curves(result, statistic),
        "folder": str(result.folder or ""),
    }


def _to_entry(result: SweepResult, row: int) -> dict[str, Any]:
    figures = result.table.iloc[row]
    return {
        "row": row,
        "parameters": to_plain(result.parameters(row)),
        "statistics": to_plain({each.key: figures[each.key] for each in STATISTICS}),
    }


def _to_plateau(result: SweepResult, statistic: str) -> dict[str, Any]:
    found = find_plateau(result, statistic)
    centre = result.parameters(found.centre) if found.centre >= 0 else None
    words = {"word": found.word, "sentence": found.sentence}
    plain: dict[str, Any] = to_plain({**asdict(found), **words, "centre_parameters": centre})
    return plain


def _to_luck(result: SweepResult) -> dict[str, Any]:
    """Return the expected best Sharpe ratio of as many sets without skill."""
    order = rank(result.table, "sharpe_ratio")
    sharpes = result.table["sharpe_ratio"].to_numpy(np.float64)[order]
    spread = float(sharpes.std(ddof=1)) if len(sharpes) > 1 else float("nan")
    expected = calc_expected_max_sharpe(max(len(sharpes), 1), spread)
    best = float(sharpes[0]) if len(sharpes) else float("nan")
    return {
        "n_sets": len(sharpes),
        "deviation": to_plain(spread),
        "expected_best": expected,
        "best": to_plain(best),
        "sentence": (
            f"Best Sharpe ratio of {count(len(sharpes), 'set')}: "
            f"{format_value(to_plain(best), 'ratio')}. Expected best of as many independent "
            f"trials without skill: {format_value(expected, 'ratio')}."
        ),
    }


# -- heatmaps --------------------------------------------------------------------------------------


def _to_heatmaps(result: SweepResult, statistic: str) -> list[dict[str, Any]]:
    """Return the statistic over each pair of parameters that vary, or over the only one."""
    order = rank(result.table, statistic)
    if not len(order):
        return []
    able = result.table.iloc[np.sort(order)]
    best = result.parameters(int(order[0]))
    names = [
        name for name, axis in result.grid.axes.items() if isinstance(axis, Span) or len(axis) > 1
    ]
    pairs = list(itertools.combinations(names, 2)) or [(name, name) for name in names]
    return [_to_heatmap(result, able, pair, statistic, best) for pair in pairs]


def _to_heatmap(
    result: SweepResult,
    able: pd.DataFrame,
    pair: tuple[str, str],
    statistic: str,
    best: Mapping[str, Any],
) -> dict[str, Any]:
    columns = dict(to_columns(tuple(result.grid.axes)))
    x, y = pair
    axes = [result.grid.axes[name] for name in pair]
    common = {"x": x, "y": "" if x == y else y, "best": [best[x], best[y]], "summed": False}
    if any(isinstance(axis, Span) for axis in axes):
        points = able[[columns[x], columns[y], statistic]].to_numpy()[:_MAX_POINTS]
        return {**common, "kind": "points", "points": to_plain(points)}
    values = able[statistic].groupby([able[columns[y]], able[columns[x]]]).median()
    common["summed"] = len(values) < len(able)
    xs, ys = (list(sort_axis(axis)) for axis in axes)
    if x == y:
        column = [values.get((each, each)) for each in xs]
        return {**common, "kind": "line", "x_values": xs, "values": to_plain(column)}
    cells = values.unstack().reindex(index=ys, columns=xs).to_numpy(np.float64)
    return {**common, "kind": "cells", "x_values": xs, "y_values": ys, "values": to_plain(cells)}


# -- faces -----------------------------------------------------------------------------------------


def to_sweep_title(model: Model) -> str:
    """Name the sweep, e.g. ``Sweep of donchian_breakout on xmr_1h``."""
    word = model.get("word", "Sweep")  # a search has a table of the same kind
    return f"{word} of {model['manifest']['strategy']} on {model['manifest']['market']['name']}"


def to_sweep_facts(model: Model) -> str:
    """Say in one line what was swept on what."""
    market = model["manifest"]["market"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    refused = (
        f", {model['n_refused']:,} refused by the strategy or a constraint"
        if model["n_refused"]
        else ""
    )
    idle = model["n_sets"] - model["n_traded"]
    without = f", {idle:,} of them without a trade" if idle else ""
    return (
        f"{market['symbol']}, {market['interval']} bars, {span} ({market['n_bars']:,}); "
        f"{format_count(model['n_sets'], 'set')}{without}{refused}"
    )


def to_top_table(model: Model) -> Table:
    """Build the table of the best sets: what varies, then the statistics that decide."""
    names = list(model["manifest"]["grid"]["axes"])
    keys = list(dict.fromkeys([model["statistic"], *SHOWN]))
    shown = [get_statistic(key) for key in keys]
    rows = (
        Row(
            str(i + 1),
            (
                *(Cell(format_plain(entry["parameters"][name])) for name in names),
                *(_to_cell(entry, each.key, each.unit) for each in shown),
            ),
        )
        for i, entry in enumerate(model["top"])
    )
    return Table("#", (*names, *(each.label for each in shown)), tuple(rows))


def _to_cell(entry: Model, key: str, unit: str) -> Cell:
    value = entry["statistics"][key]
    return Cell(format_value(value, unit), value)


def print_sweep(model: Model, console: Console) -> None:
    """Print the best sets and what to think of them.

    Parameters
    ----------
    model : mapping
        From `to_sweep_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_sweep_title(model), style="bold"))
    console.print(Text(to_sweep_facts(model), style="dim"))
    if model["top"]:
        console.print(to_rich(to_top_table(model)))
    console.print(Text(model["plateau"]["sentence"]))
    if model["top"]:
        console.print(Text(to_centre(model)))
    for each in _to_caveats(model):
        console.print(Text(f"! {each}", style="yellow"))


def _to_caveats(model: Model) -> tuple[str, ...]:
    """Say what luck may have done, and which sets could not be decided on."""
    caveats = (model["luck"]["sentence"],) if model["luck"]["n_sets"] > 1 else ()
    if not model["n_failed"]:
        return caveats
    failed = format_count(model["n_failed"], "set")
    return (*caveats, f"The rule failed with {failed}, the first: {model['failures'][0]}")


def to_centre(model: Model) -> str:
    """Name the set whose neighbourhood does best."""
    plateau = model["plateau"]
    names = model["manifest"]["grid"]["axes"]
    chosen = {name: plateau["centre_parameters"][name] for name in names}
    statistic = get_statistic(model["statistic"])
    mean = format_value(plateau["centre_mean"], statistic.unit)
    return (
        f"Best neighbourhood: around {format_plain(chosen)}, with a mean {statistic.label} of "
        f"{mean}."
    )


def to_sweep_page(model: Model) -> Page:
    """Build the document of a sweep, for HTML and Markdown."""
    manifest = model["manifest"]
    caveats = _to_caveats(model)
    best = Section(
        "Best sets",
        (to_centre(model),) if model["top"] else (),
        _draw_curves(model),
        (to_top_table(model),),
    )
    drawn = tuple(
        Figure((drawing.svg, drawing.narrow), to_caption(each, model["statistic"]))
        for each in model["heatmaps"]
        for drawing in (draw_heatmap(each, model["statistic"]),)
    )
    asked = {key: manifest[key] for key in ("fixed", "costs", "execution", "market", "kanalo")}
    return Page(
        title=to_sweep_title(model),
        facts=to_sweep_facts(model),
        answer=model["plateau"]["sentence"],
        caveats=caveats,
        sections=(
            best,
            Section("Parameters in pairs", (), drawn),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def _draw_curves(model: Model) -> tuple[Figure, ...]:
    if model["curves"] is None:
        return ()
    drawings = tuple(draw_neighbours(model["curves"], size) for size in (WIDE, NARROW))
    steps = count(len(model["curves"]["neighbours"]), "set")
    caption = (
        f"Equity of the best set, a multiple of its start (log scale); dashed: the {steps} one "
        "step of one parameter away."
    )
    return (Figure(drawings, caption),)


def write_sweep_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md``, ``report.json`` and ``heatmaps/*.png``.

    Parameters
    ----------
    model : mapping
        From `to_sweep_model`.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The reports, in the order above.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    page = to_sweep_page(model)
    pictures = {
        f"{'-'.join(filter(None, (each['x'], each['y'])))}.png": draw_heatmap(
            each, model["statistic"]
        ).png
        for each in model["heatmaps"]
    }
    write_files(pictures, folder / "heatmaps")
    return write_page(page, model, folder)


def to_caption(heatmap: Model, statistic: str) -> str:
    """Say what a heatmap shows.

    Parameters
    ----------
    heatmap : mapping
        One element of the ``heatmaps`` of a sweep model.
    statistic : str
        Key of the statistic that its cells hold.

    Returns
    -------
    str
        One sentence.
    """
    names = " and ".join(filter(None, (heatmap["x"], heatmap["y"])))
    over = ", the median over all other parameters" if heatmap["summed"] else ""
    mark = "frame" if heatmap["kind"] == "cells" else "ring"
    return f"{get_statistic(statistic).label} over {names}{over}; the {mark} marks the best set."
