"""``kanalo data import``: put files of a venue or an aggregator into the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.data import new_table, plain, show
from kanalo.cli.options import Json

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from kanalo.market.readers.formats import Format
    from kanalo.market.readers.reading import Reading, ReadOptions
    from kanalo.workspace import Workspace

SCHEMA = "kanalo.data-import/1"


def import_data(
    context: typer.Context,
    format_name: Annotated[
        str, typer.Argument(metavar="FORMAT", help="See `kanalo data formats`.")
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of that format.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the table; made up by default.")
    ] = None,
    market: Annotated[
        str | None, typer.Option(metavar="MARKET", help="Join the table to this market.")
    ] = None,
    exchange: Annotated[
        str | None, typer.Option(metavar="NAME", help="The venue, where the files name none.")
    ] = None,
    symbol: Annotated[
        str | None,
        typer.Option(metavar="SYMBOL", help="The contract, or the one to take of several."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="base|usd", help="What sizes are counted in.")
    ] = None,
    contract_value: Annotated[
        float | None,
        typer.Option(metavar="VALUE", min=0, help="Coins (inverse: USD) in one contract."),
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Length of the intervals, e.g. 1h.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="The recording began here (UTC).")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="The recording ended here (UTC).")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Zone of times that are text without one, e.g. UTC."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite an imported table of that name.")
    ] = False,
    json_path: Json = None,
) -> None:
    """Read liquidations, open interest, ratios or funding into the workspace's data.

    What the files do not say must be said: nothing is guessed.
    """
    from kanalo.market.readers.formats import find_format, read_files
    from kanalo.market.readers.reading import ReadOptions
    from kanalo.market.store import Target, store_reading, summarise

    chosen = find_format(format_name)
    options = ReadOptions(
        exchange=exchange,
        symbol=symbol,
        unit=unit,
        contract_value=contract_value,
        start=_to_time(start),
        end=_to_time(end),
        timezone=timezone,
        period=_to_length(period),
    )
    workspace = _check_workspace(context.obj.workspace)
    reading = read_files(chosen.name, files, options)
    target = Target(
        name or _make_name(chosen, reading),
        _describe(chosen, reading, options),
        chosen.source,
        market,
        replace,
    )
    path = store_reading(workspace.data_dir, reading, target)
    model = {
        "schema": SCHEMA,
        "format": chosen.name,
        "table": target.name,
        "file": str(path),
        "market": market,
        **summarise(reading),
        "sources": dict(reading.digests),
    }
    show(model, json_path, _draw(model))


def list_formats(json_path: Json = None) -> None:
    """List the formats that `kanalo data import` reads."""
    from kanalo.market.readers.formats import FORMATS

    rows = [
        {"name": each.name, "what": each.what, "source": each.source} for each in FORMATS.values()
    ]
    show({"schema": "kanalo.data-formats/1", "formats": rows}, json_path, _draw_formats(rows))


def _check_workspace(workspace: Workspace) -> Workspace:
    """Refuse the starter, which is read-only, before files are read."""
    from kanalo.cli.output import check_writable
    from kanalo.errors import WorkspaceError

    if workspace.starter:
        raise WorkspaceError(
            "The tables that kanalo brings along are read-only: `kanalo init DIR` makes a "
            "workspace of your own to import into."
        )
    check_writable(workspace.data_dir)
    return workspace


def _to_time(text: str | None) -> pd.Timestamp | None:
    import pandas as pd

    from kanalo.errors import ParameterError

    if text is None:
        return None
    try:
        time = pd.Timestamp(text)
    except ValueError as error:
        raise ParameterError(
            f"A time looks like 2026-01-31 or 2026-01-31T12:00; received {text!r}."
        ) from error
    time = time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")
    return time.as_unit("ns")


def _to_length(text: str | None) -> pd.Timedelta | None:
    from kanalo import periods
    from kanalo.errors import DataError, ParameterError

    try:
        return None if text is None else periods.to_timedelta(text)
    except DataError as error:
        raise ParameterError(str(error)) from error


def _make_name(chosen: Format, reading: Reading) -> str:
    """Name a table after its coin, where it has one, and its format."""
    from kanalo.market.liquidations import find_instrument

    words = chosen.name.replace("-", "_")
    if "symbol" not in reading.frame.columns:
        return words
    found = {find_instrument(symbol) for symbol in reading.frame["symbol"].unique()}
    coins = {each.base.lower() for each in found if each is not None}
    coin = coins.pop() if len(coins) == 1 else ""
    return f"{coin}_{words}" if coin[:1].isalpha() else words


def _describe(chosen: Format, reading: Reading, options: ReadOptions) -> str:
    symbols = [options.symbol] if options.symbol else []
    if "symbol" in reading.frame.columns:
        symbols = sorted(map(str, reading.frame["symbol"].unique()))
    of = f" of {', '.join(symbols[:5])}{' and others' if len(symbols) > 5 else ''}"
    return f"Imported: {chosen.what}{of if symbols else ''}"


def _draw(model: dict[str, Any]) -> Iterator[RenderableType]:
    kind = model["kind"].replace("_", " ")
    yield plain(f"{model['table']}: {model['rows']:,} rows of {kind}, {model['origin']}")
    yield plain(f"{model['start']} to {model['end']}, UTC")
    dropped = f"{model['duplicates']:,} exact duplicates dropped"
    yield plain(f"{dropped}, {model['skipped']:,} rows left out")
    if "exchanges" in model:
        yield _draw_sides(model["exchanges"])
        if model["censored"]:
            share = f"{100 * model['censored']:.0f} %"
            yield plain(f"{share} of the rows from throttled feeds: sums are lower bounds")
    if model["market"]:
        yield plain(f"Joined to the market {model['market']}")


def _draw_sides(exchanges: dict[str, Any]) -> RenderableType:
    table = new_table("Exchange", "Longs liquidated", "USD", "Shorts liquidated", "USD")
    for name, sides in exchanges.items():
        cells = [name]
        for side in sides.values():
            usd = side["usd"]
            count = side.get("events", side.get("intervals", 0))
            cells += [f"{count:,}", "in coins" if usd is None else f"{usd:,.0f}"]
        table.add_row(*cells)
    return table


def _draw_formats(rows: list[dict[str, str]]) -> Iterator[RenderableType]:
    for each in rows:
        yield plain(f"{each['name']:<30}{each['what']}")
