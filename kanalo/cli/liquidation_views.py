"""``kanalo liquidations map`` and ``flow``: figures with a table beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import CommandSettings
from kanalo.cli.options import Json, MarketName
from kanalo.file_formats import LIQUIDATION_FLOW, LIQUIDATION_MAP
from kanalo.signals.map_half_life import HALF_LIFE
from kanalo.text import count, escape_json

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.report.liquidations.palette import Draw
    from kanalo.report.liquidations.views import MapView
    from kanalo.report.toolkit.tables import Table

SCHEMA_MAP = LIQUIDATION_MAP.schema
SCHEMA_FLOW = LIQUIDATION_FLOW.schema
RECENT_DAYS = 30

From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="First bar (UTC).")]
To = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Bars that open before this (UTC).")
]
Figure = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="The figure, .png or .svg; by default a PNG in backtests/results/liquidations.",
    ),
]
HalfLife = Annotated[
    float,
    typer.Option(metavar="HOURS", min=1.0, help="Hours after which half of the levels are gone."),
]


@dataclass(frozen=True)
class Sheet:
    """A figure before it is drawn: how, how large, what it shows, and its file's name."""

    draw: Draw
    size: tuple[int, int]
    title: str
    stem: str


def show_map(
    context: typer.Context,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="OPEN time of a bar (UTC); the map is that known at its close.",
        ),
    ] = None,
    start: From = None,
    end: To = None,
    market: MarketName = None,
    half_life: HalfLife = HALF_LIFE,
    output: Figure = None,
    json_path: Json = None,
) -> None:
    """Draw the ESTIMATED liquidation map at a bar's close, or as a heatmap over a span.

    Without --at and --from the map after the last bar. The table lists the dense clusters: Share is
    that of a cluster in all levels within 20 % of the price, Away how far its nearer edge is.
    """
    from kanalo.report.liquidations.tables import to_cluster_table
    from kanalo.report.liquidations.views import to_map_dict

    if at is not None and (start or end):
        raise typer.BadParameter("give either --at, or --from and --to.", ctx=context)
    chosen = _load(context, market)
    if start or end:
        view, sheet = _over_time(chosen, start, end, half_life)
    else:
        view, sheet = _at_once(chosen, at, half_life)
    path = _write(context, sheet, output, json_path)
    notes = (
        f"Bar {view.bar:%Y-%m-%d %H:%M}, known at {view.known_at:%Y-%m-%d %H:%M} UTC, price "
        f"{view.close:,.6g}. Assumed: {view.assumed}; half-life {view.half_life:g} hours.",
        f"Asymmetry (above - below) / (above + below): {view.asymmetry:+.2f}",
    )
    model = {"schema": SCHEMA_MAP, "figure": path, **to_map_dict(view)}
    table = to_cluster_table(view)
    _show(model, json_path, (sheet.title, *notes), table if table.rows else None)


def _at_once(market: Market, at: str | None, half_life: float) -> tuple[MapView, Sheet]:
    from kanalo.report.liquidations import map_figure
    from kanalo.report.liquidations.views import view_map

    view = view_map(market, _to_time(at, "--at"), half_life=half_life)
    stem = f"map_{market.name}_{view.bar:%Y%m%dT%H%M}"
    title = map_figure.to_map_title(view)
    return view, Sheet(map_figure.draw_map(view), map_figure.SIZE, title, stem)


def _over_time(
    market: Market, start: str | None, end: str | None, half_life: float
) -> tuple[MapView, Sheet]:
    from kanalo.report.liquidations import heat_figure
    from kanalo.report.liquidations.views import view_heat

    view = view_heat(market, _to_time(start, "--from"), _to_time(end, "--to"), half_life=half_life)
    stem = f"heat_{market.name}_{view.market.index[0]:%Y%m%dT%H%M}"
    title = heat_figure.to_heat_title(view)
    return view.last, Sheet(heat_figure.draw_heat(view), heat_figure.SIZE, title, stem)


def show_flow(
    context: typer.Context,
    start: From = None,
    end: To = None,
    market: MarketName = None,
    output: Figure = None,
    json_path: Json = None,
) -> None:
    """Draw liquidations by exchange as REPORTED, and of the market as ESTIMATED, in own panels.

    Without --from the last 30 days. Reported sums are in USD and lower bounds where a feed shows
    one event a second; unknown hours are left out of them, never counted as zero. Estimated ones
    have no unit.
    """
    from kanalo.report.liquidations import flow_figure, flows
    from kanalo.report.liquidations.tables import to_flow_table

    chosen = _load(context, market)
    first, last = _to_time(start, "--from"), _to_time(end, "--to")
    view = flows.view_flow(chosen, first or _recent(chosen, last), last)
    sheet = Sheet(
        flow_figure.draw_flow(view),
        flow_figure.to_size(view),
        flow_figure.to_flow_title(view),
        f"flow_{chosen.name}_{view.market.index[0]:%Y%m%dT%H%M}",
    )
    path = _write(context, sheet, output, json_path)
    model = {"schema": SCHEMA_FLOW, "figure": path, **flows.to_flow_dict(view)}
    note = f"{count(len(view.market), 'bar')}. Reported: USD. Estimated: no unit, for ranks only."
    n_used = 0 if view.used is None else int(view.used.sum())
    said = f"Rules read what was reported on {n_used:,} bars, and the estimate on the others."
    _show(model, json_path, (sheet.title, note, said), to_flow_table(flows.to_sums(view)))


def _recent(market: Market, end: Any) -> Any:
    """Return the start of the last days before an end."""
    import pandas as pd

    stop = market.closes_at[-1] if end is None else end
    return max(market.index[0], stop - pd.Timedelta(days=RECENT_DAYS))


def _load(context: typer.Context, name: str | None) -> Market:
    workspace = context.obj.workspace
    market: Market = workspace.load_market(name or workspace.default_market)
    return market


def _to_time(text: str | None, name: str) -> Any:
    """Read the time of an option; UTC unless it carries a zone."""
    from kanalo.market.times import to_time

    return None if text is None else to_time(text, name)


def _write(
    context: typer.Context, sheet: Sheet, output: Path | None, json_path: str | None
) -> str | None:
    """Write the figure and return its path; with ``--json -`` only where a file is named."""
    from kanalo.cli.output import STDOUT, check_writable, note
    from kanalo.errors import WorkspaceError
    from kanalo.report.liquidations.palette import to_image
    from kanalo.report.toolkit.write import write_files

    settings: CommandSettings = context.obj
    if output is None and json_path == STDOUT:
        return None
    path = output or settings.workspace.results_dir / "liquidations" / f"{sheet.stem}.png"
    image = to_image(sheet.draw, sheet.size, sheet.title, path.suffix)
    try:
        check_writable(path.parent)
        write_files({path.name: image}, path.parent)
    except WorkspaceError as error:
        if output is not None:
            raise
        note(f"No figure was written: {error}")
        return None
    if not settings.quiet:
        note(f"Figure: {path}")
    return str(path)


def _show(
    model: dict[str, Any], json_path: str | None, lines: tuple[str, ...], table: Table | None
) -> None:
    import json

    from rich.text import Text

    from kanalo.cli.console import new_console
    from kanalo.cli.output import show_result
    from kanalo.report.toolkit.terminal import to_rich

    text = escape_json(json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False))

    def draw() -> None:
        console = new_console(highlight=False, markup=False)
        console.print(Text(lines[0], style="bold"))
        for line in lines[1:]:
            console.print(Text(line, style="dim"))
        console.print("No dense cluster on either side." if table is None else to_rich(table))

    show_result(lambda: text, json_path, draw)
