"""``kanalo liquidations map`` and ``flow``: figures with a table beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import Settings
from kanalo.cli.options import Json

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.report.liquidations.palette import Draw
    from kanalo.report.liquidations.views import MapView
    from kanalo.report.tables import Table

SCHEMA_MAP = "kanalo.liquidation-map/1"
SCHEMA_FLOW = "kanalo.liquidation-flow/1"
DEFAULT_MARKET = "xmr_1h"
RECENT_DAYS = 30

MarketName = Annotated[str, typer.Option("--market", metavar="NAME", help="A market of the data.")]
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
        typer.Option(metavar="TIME", help="The map as it was known at this time (UTC)."),
    ] = None,
    start: From = None,
    end: To = None,
    market: MarketName = DEFAULT_MARKET,
    half_life: HalfLife = 24.0,
    output: Figure = None,
    json_path: Json = None,
) -> None:
    """Draw the ESTIMATED liquidation map at a time, or as a heatmap over a span.

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
        f"At {view.known_at:%Y-%m-%d %H:%M} UTC, price {view.close:,.6g}. Assumed: {view.assumed}; "
        f"half-life {view.half_life:g} hours.",
        f"Asymmetry (above - below) / (above + below): {view.asymmetry:+.2f}",
    )
    model = {"schema": SCHEMA_MAP, "figure": path, **to_map_dict(view)}
    table = to_cluster_table(view)
    _show(model, json_path, (sheet.title, *notes), table if table.rows else None)


def _at_once(market: Market, at: str | None, half_life: float) -> tuple[MapView, Sheet]:
    from kanalo.report.liquidations import map_figure
    from kanalo.report.liquidations.views import view_map

    view = view_map(market, _to_time(at), half_life=half_life)
    stem = f"map_{market.name}_{view.known_at:%Y%m%dT%H%M}"
    title = map_figure.to_map_title(view)
    return view, Sheet(map_figure.draw_map(view), map_figure.SIZE, title, stem)


def _over_time(
    market: Market, start: str | None, end: str | None, half_life: float
) -> tuple[MapView, Sheet]:
    from kanalo.report.liquidations import heat_figure
    from kanalo.report.liquidations.views import view_heat

    view = view_heat(market, _to_time(start), _to_time(end), half_life=half_life)
    stem = f"heat_{market.name}_{view.market.index[0]:%Y%m%dT%H%M}"
    title = heat_figure.to_heat_title(view)
    return view.last, Sheet(heat_figure.draw_heat(view), heat_figure.SIZE, title, stem)


def show_flow(
    context: typer.Context,
    start: From = None,
    end: To = None,
    market: MarketName = DEFAULT_MARKET,
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
    first, last = _to_time(start), _to_time(end)
    view = flows.view_flow(chosen, first or _recent(chosen, last), last)
    sheet = Sheet(
        flow_figure.draw_flow(view),
        flow_figure.to_size(view),
        flow_figure.to_flow_title(view),
        f"flow_{market}_{view.market.index[0]:%Y%m%dT%H%M}",
    )
    path = _write(context, sheet, output, json_path)
    model = {"schema": SCHEMA_FLOW, "figure": path, **flows.to_flow_dict(view)}
    note = f"{len(view.market):,} bars. Reported: USD. Estimated: no unit, for ranks only."
    _show(model, json_path, (sheet.title, note), to_flow_table(flows.to_sums(view)))


def _recent(market: Market, end: Any) -> Any:
    """Return the start of the last days before an end."""
    import pandas as pd

    stop = market.closes_at[-1] if end is None else end
    return max(market.index[0], stop - pd.Timedelta(days=RECENT_DAYS))


def _load(context: typer.Context, name: str) -> Market:
    market: Market = context.obj.workspace.load_market(name)
    return market


def _to_time(text: str | None) -> Any:
    """Read a time; UTC unless it carries a zone."""
    import pandas as pd

    if text is None:
        return None
    try:
        time = pd.Timestamp(text)
    except ValueError as error:
        message = f"a time must look like 2026-01-31 or 2026-01-31T12:00; received {text!r}."
        raise typer.BadParameter(message) from error
    return time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")


def _write(
    context: typer.Context, sheet: Sheet, output: Path | None, json_path: str | None
) -> str | None:
    """Write the figure and return its path; with ``--json -`` only where a file is named."""
    from kanalo.cli.output import STDOUT, check_writable, note
    from kanalo.report.liquidations.palette import to_image
    from kanalo.report.write import write_files

    settings: Settings = context.obj
    if output is None and json_path == STDOUT:
        return None
    path = output or settings.workspace.results_dir / "liquidations" / f"{sheet.stem}.png"
    check_writable(path.parent)
    image = to_image(sheet.draw, sheet.size, sheet.title, path.suffix)
    write_files({path.name: image}, path.parent)
    if not settings.quiet:
        note(f"Figure: {path}")
    return str(path)


def _show(
    model: dict[str, Any], json_path: str | None, lines: tuple[str, ...], table: Table | None
) -> None:
    import json

    from rich.console import Console
    from rich.text import Text

    from kanalo.cli.output import STDOUT, write_text
    from kanalo.report.terminal import to_rich

    text = json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False)
    if json_path == STDOUT:
        typer.echo(text)
        return
    if json_path is not None:
        write_text(Path(json_path), text + "\n")
    console = Console(highlight=False, markup=False)
    console.print(Text(lines[0], style="bold"))
    for line in lines[1:]:
        console.print(Text(line, style="dim"))
    console.print("No dense cluster on either side." if table is None else to_rich(table))
