"""``kanalo study``: what follows a condition, and whether projected prices are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli import options, sweeping
from kanalo.cli.options import End, Json, Output, PanelFolder, Start, Timezone
from kanalo.cli.output import check_folder, keep_report, show_model

if TYPE_CHECKING:
    from rich.console import Console

    from kanalo.market import Market

Event = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION",
        help='What begins to hold, such as "short_imbalance > 0.6 & size_pct > 0.9"; '
        "comparisons joined by & | ~ and parentheses over the variables of --variables.",
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "--measured-move",
        metavar="PATTERN",
        help="Instead: how often projected prices are reached. channel: breakouts of rising "
        "channels; zone: the next support after one is lost.",
    ),
]
Variables = Annotated[bool, typer.Option("--variables", help="List the variables and end.")]
Horizons = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTHS", help="Times after the event.  [default: 1h,6h,1d,3d,7d, if they fit]"
    ),
]
Spacing = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTH",
        help="Least time from one event to the next.  [default: the longest horizon]",
    ),
]
EveryBar = Annotated[
    bool, typer.Option("--every-bar", help="Take every bar on which it holds, not only onsets.")
]
Controls = Annotated[int, typer.Option(min=1, max=20, help="Most matched controls of an event.")]
Caliper = Annotated[
    float, typer.Option(help="Most difference within a pair, in standard deviations.")
]
Wake = Annotated[
    str, typer.Option(metavar="LENGTH", help="Time after the condition that gives no control.")
]
Draws = Annotated[int, typer.Option(min=100, help="Draws of the bootstrap.")]
Seed = Annotated[int, typer.Option(help="Seed of the bootstrap.")]
Within = Annotated[
    str, typer.Option(metavar="LENGTH", help="Longest time that a measured move is watched for.")
]

_Shown = tuple[
    Mapping[str, Any],
    Callable[[Mapping[str, Any], "Console"], None],
    Callable[[Mapping[str, Any], Path], list[Path]],
]
"""A model, what prints it and what writes its report."""


def study(
    context: typer.Context,
    event: Event = None,
    measured_move: Pattern = None,
    variables: Variables = False,
    horizons: Horizons = None,
    spacing: Spacing = None,
    every_bar: EveryBar = False,
    controls: Controls = 3,
    caliper: Caliper = 1.0,
    wake: Wake = "1d",
    draws: Draws = 2000,
    seed: Seed = 0,
    within: Within = "90d",
    market: options.MarketName = None,
    panel: PanelFolder = None,
    data: options.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Study what follows an event, against matched bars, or calibrate measured moves.

    Controls are bars of the same volatility regime, trend and third of the day, with a return and a
    volume like the event's own, on which the condition does not hold. With --panel the event is
    studied on many coins at once, with blocks of four weeks of all coins as the unit of inference.
    """
    if variables:
        _list_variables()
        return
    if (event is None) == (measured_move is None):
        raise typer.BadParameter("give either --event or --measured-move.")
    workspace, quiet = context.obj.workspace, context.obj.quiet
    if panel is not None:
        from kanalo.cli.panel_study import study_on_panel

        study_on_panel(context, panel)
        return
    opened = sweeping.open_market(workspace, market, data, timezone=timezone, start=start, end=end)
    name = "event-study" if event is not None else f"measured-move-{measured_move}"
    folder = output or workspace.results_dir / name
    check_folder(folder, asked=output is not None)
    options = {
        "horizons": None if horizons is None else [each.strip() for each in horizons.split(",")],
        "spacing": spacing,
        "onset": not every_bar,
        "n_controls": controls,
        "caliper": caliper,
        "wake": wake,
        "n_draws": draws,
        "seed": seed,
    }
    if event is None:
        model, draw, write = _calibrate(opened, str(measured_move), within)
    else:
        model, draw, write = _study_event(opened, event, options)
    show_model(model, json_path, draw)
    keep_report(lambda: write(model, folder), asked=output is not None, quiet=quiet)


def _study_event(market: Market, condition: str, options: dict[str, Any]) -> _Shown:
    from kanalo.report.study.events import print_event_study, to_event_model, write_event_report
    from kanalo.study.events.study import run_event_study

    model = to_event_model(run_event_study(market, condition, **options))
    return model, print_event_study, write_event_report


def _calibrate(market: Market, pattern: str, within: str) -> _Shown:
    from kanalo.report.study.moves import print_moves, to_move_model, write_move_report
    from kanalo.study.moves.study import calibrate_moves

    model = to_move_model(calibrate_moves(market, pattern, within=within))
    return model, print_moves, write_move_report


def _list_variables() -> None:
    from rich import box
    from rich.table import Table

    from kanalo.cli.console import new_console
    from kanalo.study.variables import VARIABLES

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Variable", "Origin", "What it is"):
        table.add_column(column, overflow="fold")
    for each in VARIABLES.values():
        words = f"{'true or false: ' if each.truth else ''}{each.help}"
        table.add_row(each.name, each.origin, words)
    new_console(highlight=False, markup=False).print(table)
