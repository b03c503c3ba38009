"""``kanalo data``: what tables there are, whether they are intact, what to know of each market."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import new_group
from kanalo.cli.options import End, Json, Start, Timezone
from kanalo.cli.tables import new_table, plain, show
from kanalo.file_formats import DATA_CHECK, DATA_LIST, PASSPORT

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.market import Market, Passport
    from kanalo.market.manifest import Manifest

SCHEMA_LIST = DATA_LIST.schema
SCHEMA_CHECK = DATA_CHECK.schema
SCHEMA_PASSPORT = PASSPORT.schema
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
        market = _open(context, name, data, timezone).between(start, end).traded
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
        ``light`` (the worst; little known funding of a coin of the panel counts as amber, for the
        panel is asked about prices), ``tables`` (with ``error``, None if intact) and ``markets``
        (passports, or ``error`` where one cannot be loaded).
    """
    from kanalo.market.findings import LIGHTS
    from kanalo.market.manifest import read_manifest

    manifest = read_manifest(folder)
    everything = (*manifest.tables.values(), *manifest.documents.values())
    entries = (manifest.table(name),) if name else everything
    tables = [_check_table(folder, entry) for entry in entries]
    markets = [] if name else [_check_named_market(folder, each) for each in manifest.markets]
    lights = [each["light"] for each in tables]
    lights += [_find_light(each, manifest) for each in markets]
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
    from dataclasses import replace

    from kanalo.errors import DataError
    from kanalo.market import load_market, make_passport
    from kanalo.market.suspect import compare_in_catalog

    try:
        market = load_market(folder, name)
        passport: Passport = make_passport(market)
        passport = replace(
            passport, findings=(*passport.findings, *compare_in_catalog(folder, market))
        )
    except DataError as error:
        return {"market": name, "light": "red", "error": str(error), "findings": []}
    return passport.to_dict()


def _find_light(passport: dict[str, Any], manifest: Manifest) -> str:
    """Return the light of a market; little known funding is amber for a coin of the panel."""
    from kanalo.market.findings import LIGHTS

    table = manifest.table(manifest.market(passport["market"]).bars)
    if not _is_of_panel(table.file) or passport.get("error"):
        return str(passport["light"])
    lights = [
        min(each["light"], "amber", key=LIGHTS.index)
        if each["name"] == "funding covered"
        else each["light"]
        for each in passport["findings"]
    ]
    return max(lights, key=LIGHTS.index, default="green")


def _check_market(market: Market) -> dict[str, Any]:
    from kanalo.market import make_passport

    digests = dict(market.digests)
    return {"schema": SCHEMA_PASSPORT, **make_passport(market).to_dict(), "digests": digests}


def _is_table(folder: Path, name: str) -> bool:
    """Tell a table from a market: what is both is looked at as a market."""
    from kanalo.market.manifest import read_manifest

    manifest = read_manifest(folder)
    return name in manifest.tables and name not in manifest.markets


def _open(context: typer.Context, name: str | None, data: Path | None, zone: str | None) -> Market:
    from kanalo.market import load_market, read_bars
    from kanalo.market.holdout import seal_market

    workspace = context.obj.workspace
    if data is not None:
        return seal_market(read_bars(data, timezone=zone), workspace.root)
    return load_market(str(workspace.data_dir), str(name))


def _draw_list(model: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.padding import Padding

    yield plain(f"{'Table':<32}{'Rows':>7}  {'First':<10}  {'Last':<10}")
    for each in model["tables"]:
        if _is_of_panel(each["file"]):
            continue
        start, end = each["start"][:10], each["end"][:10]
        yield plain(f"{each['name']:<32}{each['rows']:>7,}  {start}  {end}")
        yield Padding(_paint("dim", each["what"]), (0, 0, 0, 2))
    yield ""
    markets = new_table("Market", "Symbol", "Bars", "Joined to them")
    panel = {each["name"]: each for each in model["tables"] if _is_of_panel(each["file"])}
    for each in model["markets"]:
        if each["bars"] in panel:
            continue
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
    coins = [each["name"] for each in model["markets"] if each["bars"] in panel]
    if coins:
        start = min(panel[name]["start"] for name in coins)[:10]
        end = max(panel[name]["end"] for name in coins)[:10]
        yield ""
        yield plain(
            f"The panel: {len(coins)} hourly perpetuals, {start} to {end}, benchmark btc_perp_1h; "
            f"{len(panel)} tables with their funding and tiers (--json lists them)."
        )
        yield plain(", ".join(coins))


def _is_of_panel(file: str) -> bool:
    from kanalo.market.manifest import PANEL

    return file.startswith(f"{PANEL}/")


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


def _paint(light: str, text: str | None = None) -> RenderableType:
    from rich.text import Text

    return Text(text or light, style=STYLES.get(light, light))
