"""``kanalo data download`` and ``update``: bring tables, and keep them up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import Json
from kanalo.cli.tables import new_table, plain, show
from kanalo.file_formats import DATA_DOWNLOAD

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.sources.download import Outcome, Progress
    from kanalo.sources.request import Request

Venue = Annotated[
    str,
    typer.Option(metavar="VENUE", help="binance, bybit, okx, kraken, bitfinex or hyperliquid."),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbol", metavar="SYMBOL", help="A contract, e.g. XMRUSDT; may be repeated."),
]
SymbolList = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="A file with a symbol a line; # begins a comment."),
]
What = Annotated[
    str,
    typer.Option(metavar="KINDS", help="Some of bars,funding,positioning,liquidations."),
]
Interval = Annotated[str, typer.Option(metavar="LENGTH", help="Of bars: 1m to 1d.")]
From = Annotated[
    str, typer.Option("--from", metavar="DATE", help="First time that is wanted (UTC).")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Rows before this (UTC); now by default.")
]
LiquidationSource = Annotated[
    str | None,
    typer.Option(
        "--liquidations",
        metavar="SOURCE",
        help="tardis (free first days of months), bitfinex, coinalyze or coinglass (with a key), "
        "hyperliquid.",
    ),
]
Name = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Name of the table; made of symbol and kind by default."),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME...", help="Tables; all with a source by default."),
]


def download(
    context: typer.Context,
    start: From,
    venue: Venue = "binance",
    symbol: Symbols = None,
    symbols: SymbolList = None,
    what: What = "bars",
    interval: Interval = "1h",
    end: To = None,
    liquidations: LiquidationSource = None,
    name: Name = None,
    json_path: Json = None,
) -> None:
    """Fetch tables of a venue into the workspace, or complete those that are there.

    Bars become a market such as ethusdt_1h; funding, positioning and liquidations of its symbol
    join it. What was interrupted goes on where it stopped. Needs the extra 'data'.
    """
    from kanalo.market.times import to_time
    from kanalo.sources.request import Request

    kinds = [each.strip() for each in what.split(",") if each.strip()]
    chosen = _read_symbols(context, symbol, symbols)
    if name is not None and len(kinds) * len(chosen) > 1:
        raise typer.BadParameter("--name goes with one symbol and one kind.", ctx=context)
    if liquidations is not None and "liquidations" not in kinds:
        raise typer.BadParameter("--liquidations goes with --what liquidations.", ctx=context)
    requests = [
        Request(
            venue,
            each,
            kind,
            to_time(start, "--from"),
            None if end is None else to_time(end, "--to"),
            interval=interval,
            source=_find_source(venue, liquidations) if kind == "liquidations" else "",
            name=name or "",
        )
        for each in chosen
        for kind in kinds
    ]
    _run(context, requests, json_path)


def update(context: typer.Context, names: Names = None, json_path: Json = None) -> None:
    """Let every table that has a source go on from its last row to now.

    Says what came, what is missing, and which rows the venue has revised. Recordings become tables.
    """
    from kanalo.cli.data_checks import check_workspace
    from kanalo.errors import unknown_name
    from kanalo.market.manifest import read_manifest
    from kanalo.recording.tables import find_symbols, to_table_name
    from kanalo.sources.request import from_dict

    folder = check_workspace(context.obj.workspace).data_dir
    tables = read_manifest(folder).tables
    fetched = {each.name: each.request for each in tables.values() if each.request}
    recorded = {to_table_name(each): each for each in find_symbols(folder)}
    for each in names or []:
        if each not in fetched and each not in recorded:
            raise unknown_name("table with a source", each, {**fetched, **recorded})
    chosen = names or [*fetched, *recorded]
    asked = [fetched[each] for each in chosen if each in fetched]
    requests = [
        from_dict({k: v for k, v in each.items() if k != "until"}) for each in asked if each
    ]
    if not chosen:
        raise typer.BadParameter(
            "no table has a source: `kanalo data download` makes one, `kanalo data record` begins "
            "one.",
            ctx=context,
        )
    symbols = [recorded[each] for each in chosen if each in recorded]
    _run(context, requests, json_path, symbols)


def _run(
    context: typer.Context,
    requests: list[Request],
    json_path: str | None,
    recordings: Sequence[str] = (),
) -> None:
    from kanalo.cli.data_checks import check_extra, check_workspace
    from kanalo.errors import SourceError
    from kanalo.sources.addresses import read_sources
    from kanalo.sources.download import download as fetch

    check_extra()
    workspace = check_workspace(context.obj.workspace)
    sources = read_sources(workspace.root)
    with rows_bar(context.obj.quiet) as progress:
        outcomes = fetch(workspace.data_dir, requests, sources, progress=progress)
    failed = [each for each in outcomes if each.error]
    if len(failed) == len(outcomes) == 1 and not recordings:
        raise SourceError(failed[0].error)
    stored = [_store_recordings(workspace.data_dir, each) for each in recordings]
    model = {
        "schema": DATA_DOWNLOAD.schema,
        "tables": [each.to_dict() for each in outcomes],
        "recordings": stored,
    }
    show(model, json_path, _draw(outcomes, stored))
    if failed or any(each["error"] for each in stored):
        raise typer.Exit(1)


def _store_recordings(folder: Path, symbol: str) -> dict[str, Any]:
    """Turn the recordings of a symbol into its table, and say what came of it."""
    from kanalo.errors import DataError
    from kanalo.recording.tables import store_recordings, to_table_name

    try:
        stored = store_recordings(folder, symbol)
    except DataError as error:
        return {"table": to_table_name(symbol), "symbol": symbol, "error": str(error)}
    return {
        "table": stored.table,
        "symbol": symbol,
        "rows": stored.rows,
        "hours": {name: round(hours, 3) for name, hours in stored.hours.items()},
        "error": "; ".join(stored.problems) or None,
    }


def _read_symbols(context: typer.Context, symbol: list[str] | None, path: Path | None) -> list[str]:
    from kanalo.errors import DataError

    symbols = list(symbol or [])
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: the list of symbols cannot be read ({error}).") from error
        symbols += [word for line in lines if (word := line.partition("#")[0].strip())]
    if not symbols:
        raise typer.BadParameter("name a symbol with --symbol or --list.", ctx=context)
    return list(dict.fromkeys(each.upper() for each in symbols))


def _find_source(venue: str, named: str | None) -> str:
    """Return the source of liquidations: the one named, else the venue's own, else Tardis."""
    return named or (venue if venue in ("bitfinex", "hyperliquid") else "tardis")


def _draw(
    outcomes: list[Outcome], stored: Sequence[dict[str, Any]] = ()
) -> Iterator[RenderableType]:
    table = new_table("Table", "Rows", "New", "Revised", "Missing", "Last")
    for each in outcomes:
        if not each.error:
            counts = (each.rows, each.added, len(each.revised), each.missing)
            table.add_row(each.request.table, *(f"{n:,}" for n in counts), each.end[:16])
    if table.rows:
        yield table
    for each in outcomes:
        if each.error:
            yield plain(f"{each.request.table}: {each.error}")
        if each.revised:
            times = ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in each.revised[:5])
            more = f" and {len(each.revised) - 5} more" if len(each.revised) > 5 else ""
            yield plain(f"{each.request.table}: the venue has revised {times}{more}.")
    for recording in stored:
        if "rows" in recording:
            hours = ", ".join(
                f"{name} {length:,.1f} h" for name, length in recording["hours"].items()
            )
            counted = f"{recording['rows']:,} liquidations recorded"
            yield plain(f"{recording['table']}: {counted}; heard: {hours}.")
        if recording["error"]:
            yield plain(f"{recording['table']}: {recording['error']}")
    for note in dict.fromkeys(note for each in outcomes for note in each.notes):
        yield plain(note)


@contextmanager
def rows_bar(quiet: bool) -> Iterator[Progress | None]:
    """Show a bar with rows, rows a second and the time that is left, where somebody looks at it.

    Parameters
    ----------
    quiet : bool
        Show none.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=24),
        progress.TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table, total=total, rate="")
            speed = bar.tasks[tasks[table]].speed
            rate = f"{speed:,.0f} rows/s" if speed else ""
            bar.update(tasks[table], completed=done, total=total, rate=rate)

        yield advance
