"""``kanalo data``: what tables there are, whether they are intact, what to know of each market."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import new_group
from kanalo.cli.options import End, Json, Start, Timezone

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from kanalo.market import Market, Passport

SCHEMA_LIST = "kanalo.data-list/1"
SCHEMA_CHECK = "kanalo.data-check/1"
SCHEMA_PASSPORT = "kanalo.passport/1"
STYLES = {"green": "green", "amber": "yellow", "red": "bold red"}

app = new_group(help="List the tables and markets, or check that they are intact.")


@app.command("list")
def list_data(context: typer.Context, json_path: Json = None) -> None:
    """List the tables and the markets they make up."""
    from dataclasses import asdict

    from kanalo.market import list_markets, list_tables

    folder: Path = context.obj.workspace.data_dir
    tables, markets = list_tables(folder), list_markets(folder)
    model = {
        "schema": SCHEMA_LIST,
        "tables": [asdict(each) for each in tables],
        "markets": [asdict(each) for each in markets],
    }
    show(model, json_path, _draw_list(model))


@app.command("check")
def check(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A market or table; all by default.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="A file of bars (CSV, Parquet, feather)."),
    ] = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    json_path: Json = None,
) -> None:
    """Verify the tables, and show the passport of a market or of a file.

    Exit code 1 if a table differs from the manifest or a finding is red.
    """
    if name and data:
        raise typer.BadParameter("name a market or --data, not both", ctx=context)
    folder = None if data else context.obj.workspace.data_dir
    if folder is not None and (name is None or _is_table(folder, name)):
        model = check_folder(folder, name)
        show(model, json_path, _draw_check(model))
    else:
        market = _open(folder, name, data, timezone).between(start, end).traded
        model = _check_market(market)
        show(model, json_path, _draw_passport(model))
    if model["light"] == "red":
        raise typer.Exit(1)


def check_folder(folder: Path, name: str | None = None) -> dict[str, Any]:
    """Verify every table of a data folder, or the one named, and look at every market.

    Parameters
    ----------
    folder : Path
        Folder with the manifest.
    name : str, optional
        A table; then no market is looked at.

    Returns
    -------
    dict
        ``light`` (the worst), ``tables`` (with ``error``, None if intact) and ``markets``
        (passports, or ``error`` where one cannot be loaded).
    """
    from kanalo.market.findings import LIGHTS
    from kanalo.market.manifest import read_manifest

    manifest = read_manifest(folder)
    everything = (*manifest.tables.values(), *manifest.documents.values())
    entries = (manifest.table(name),) if name else everything
    tables = [_check_table(folder, entry) for entry in entries]
    markets = [] if name else [_check_named_market(folder, each) for each in manifest.markets]
    lights = [each["light"] for each in (*tables, *markets)]
    return {
        "schema": SCHEMA_CHECK,
        "light": max(lights, key=LIGHTS.index, default="green"),
        "tables": tables,
        "markets": markets,
    }


def _check_table(folder: Path, entry: Any) -> dict[str, Any]:
    from kanalo.errors import DataError
    from kanalo.market.catalog import verify

    try:
        verify(folder, entry)
    except DataError as error:
        return {"name": entry.name, "file": entry.file, "light": "red", "error": str(error)}
    return {"name": entry.name, "file": entry.file, "light": "green", "error": None}


def _check_named_market(folder: Path, name: str) -> dict[str, Any]:
    from kanalo.errors import DataError
    from kanalo.market import load_market, make_passport

    try:
        passport: Passport = make_passport(load_market(folder, name))
    except DataError as error:
        return {"market": name, "light": "red", "error": str(error), "findings": []}
    return passport.to_dict()


def _check_market(market: Market) -> dict[str, Any]:
    from kanalo.market import make_passport

    digests = dict(market.digests)
    return {"schema": SCHEMA_PASSPORT, **make_passport(market).to_dict(), "digests": digests}


def _is_table(folder: Path, name: str) -> bool:
    """Tell a table from a market: what is both is looked at as a market."""
    from kanalo.market.manifest import read_manifest

    manifest = read_manifest(folder)
    return name in manifest.tables and name not in manifest.markets


def _open(folder: Path | None, name: str | None, data: Path | None, zone: str | None) -> Market:
    from kanalo.market import load_market, read_bars

    if data is not None:
        return read_bars(data, timezone=zone)
    return load_market(str(folder), str(name))


def show(model: dict[str, Any], json_path: str | None, drawing: Iterator[RenderableType]) -> None:
    """Print a model as a drawing, or its JSON on stdout, and write the JSON where it is wanted."""
    import json

    from rich.console import Console

    from kanalo.cli.output import STDOUT, write_text

    text = json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False)
    if json_path == STDOUT:
        typer.echo(text)
        return
    if json_path is not None:
        write_text(Path(json_path), text + "\n")
    console = Console(highlight=False)
    for part in drawing:
        console.print(part)


def _draw_list(model: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.padding import Padding

    yield plain(f"{'Table':<32}{'Rows':>7}  {'First':<10}  {'Last':<10}")
    for each in model["tables"]:
        start, end = each["start"][:10], each["end"][:10]
        yield plain(f"{each['name']:<32}{each['rows']:>7,}  {start}  {end}")
        yield Padding(_paint("dim", each["what"]), (0, 0, 0, 2))
    yield ""
    markets = new_table("Market", "Symbol", "Bars", "Joined to them")
    for each in model["markets"]:
        joined = [each[key] for key in ("funding", "positioning", "benchmark") if each[key]]
        joined += each["liquidations"]
        cells = (
            each["name"],
            each["symbol"],
            each["interval"],
            ", ".join([*joined, *each["finer"]]),
        )
        markets.add_row(*cells)
    yield markets


def _draw_check(model: dict[str, Any]) -> Iterator[RenderableType]:
    tables = new_table("Table", "State")
    for each in model["tables"]:
        tables.add_row(each["name"], _paint(each["light"], each["error"] or "intact"))
    yield tables
    yield ""
    markets = new_table("Market", "Light", "Read before use")
    for each in model["markets"]:
        notes = [f["name"] for f in each["findings"] if f["light"] != "green"]
        text = each.get("error") or ", ".join(notes)
        markets.add_row(each["market"], _paint(each["light"]), plain(text))
    if model["markets"]:
        yield markets


def _draw_passport(model: dict[str, Any]) -> Iterator[RenderableType]:
    light = model["light"]
    yield plain(
        f"{model['market']}: {model['symbol']}, {model['n_bars']:,} bars of {model['interval']}"
    )
    table = new_table("Check", "Light", "Finding")
    for each in model["findings"]:
        table.add_row(each["name"], _paint(each["light"]), plain(each["note"]))
    yield table
    yield _paint(light, f"Overall: {light}")


def new_table(*columns: str) -> Table:
    """Make a table in the house's form."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _paint(light: str, text: str | None = None) -> RenderableType:
    from rich.text import Text

    return Text(text or light, style=STYLES.get(light, light))


def plain(text: str) -> RenderableType:
    """Keep names of files from being read as rich's markup."""
    from rich.text import Text

    return Text(text)
