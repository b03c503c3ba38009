"""``kanalo data import``: put files of a venue or an aggregator into the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.data_checks import check_workspace
from kanalo.cli.options import Json
from kanalo.cli.tables import new_table, plain, show
from kanalo.file_formats import DATA_FORMATS, DATA_IMPORT

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from kanalo.market.readers.formats import Format
    from kanalo.market.readers.reading import Reading, ReadOptions

SCHEMA = DATA_IMPORT.schema
_NOT_FOR_BARS = {
    "market": "--market",
    "unit": "--unit",
    "contract_value": "--contract-value",
    "start": "--from",
    "end": "--to",
}


FormatName = Annotated[str, typer.Argument(metavar="FORMAT", help="See `kanalo data formats`.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of that format.")]
TableName = Annotated[
    str | None, typer.Option(metavar="NAME", help="Name of the table; made up by default.")
]
MarketName = Annotated[
    str | None, typer.Option(metavar="MARKET", help="Join the table to this market.")
]
Exchange = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The venue, where the files name none; of bars e.g. binance-perp, where funding is "
        "due, or kraken-spot.",
    ),
]
Symbol = Annotated[
    str | None,
    typer.Option(metavar="SYMBOL", help="The contract, or the one to take of several."),
]
Unit = Annotated[str | None, typer.Option(metavar="base|usd", help="What sizes are counted in.")]
ContractValue = Annotated[
    float | None,
    typer.Option(metavar="VALUE", min=0, help="Coins (inverse: USD) in one contract."),
]
Period = Annotated[
    str | None, typer.Option(metavar="LENGTH", help="Length of the intervals, e.g. 1h.")
]
RecordingStart = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="The recording began here (UTC).")
]
RecordingEnd = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="The recording ended here (UTC).")
]
TimeZone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Zone of times that are text without one, e.g. UTC."),
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Overwrite an imported table of that name.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, and write nothing.")]


def import_data(
    context: typer.Context,
    format_name: FormatName,
    files: Files,
    name: TableName = None,
    market: MarketName = None,
    exchange: Exchange = None,
    symbol: Symbol = None,
    unit: Unit = None,
    contract_value: ContractValue = None,
    period: Period = None,
    start: RecordingStart = None,
    end: RecordingEnd = None,
    timezone: TimeZone = None,
    replace: Replace = False,
    dry_run: DryRun = False,
    json_path: Json = None,
) -> None:
    """Read bars, liquidations, open interest, ratios or funding into the workspace's data.

    What the files do not say must be said: nothing is guessed. Bars become a market of their own,
    joined by their symbol to funding, positioning, liquidations and the benchmark.
    """
    from kanalo.market.readers.formats import find_format, read_files
    from kanalo.market.readers.reading import ReadOptions
    from kanalo.market.store import Target, check_reading, store_reading, summarise

    chosen = find_format(format_name)
    if chosen.name == "bars":
        _refuse_for_bars(context)
    options = ReadOptions(
        exchange=exchange,
        symbol=symbol,
        unit=unit,
        contract_value=contract_value,
        start=_to_time(start, "--from"),
        end=_to_time(end, "--to"),
        timezone=timezone,
        period=_to_length(period),
    )
    workspace = check_workspace(context.obj.workspace)
    reading = read_files(chosen.name, files, options)
    target = Target(
        name or _make_name(chosen, reading, symbol),
        _describe(chosen, reading, options),
        chosen.source,
        market,
        replace,
        symbol=_find_symbol(reading, options),
        venue=exchange,
    )
    if dry_run:
        check_reading(workspace.data_dir, reading, target)
        path = None
    else:
        path = store_reading(workspace.data_dir, reading, target)
    model = {
        "schema": SCHEMA,
        "format": chosen.name,
        "table": target.name,
        "file": None if path is None else str(path),
        "market": market,
        **summarise(reading),
        "sources": dict(reading.digests),
    }
    show(model, json_path, _draw(model))


def remove_data(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An imported table.")],
) -> None:
    """Remove an imported table; the markets that knew it know it no more."""
    from kanalo.cli.output import note
    from kanalo.market.store import remove_table

    workspace = check_workspace(context.obj.workspace)
    markets = remove_table(workspace.data_dir, name)
    where = f"; no longer known to {', '.join(markets)}" if markets else ""
    note(f"Removed the table {name}{where}.")


def list_formats(json_path: Json = None) -> None:
    """List the formats that `kanalo data import` reads."""
    from kanalo.market.readers.formats import FORMATS

    rows = [
        {"name": each.name, "what": each.what, "source": each.source} for each in FORMATS.values()
    ]
    show({"schema": DATA_FORMATS.schema, "formats": rows}, json_path, _draw_formats(rows))


def _to_time(text: str | None, name: str) -> pd.Timestamp | None:
    from kanalo.market.times import to_time

    return None if text is None else to_time(text, name)


def _to_length(text: str | None) -> pd.Timedelta | None:
    from kanalo import periods
    from kanalo.errors import DataError, ParameterError

    try:
        return None if text is None else periods.to_timedelta(text)
    except DataError as error:
        raise ParameterError(str(error)) from error


def _refuse_for_bars(context: typer.Context) -> None:
    """Refuse what bars have no use for, and bars whose symbol nobody says."""
    for parameter, option in _NOT_FOR_BARS.items():
        if context.params[parameter] is not None:
            raise typer.BadParameter(
                f"{option} does not go with bars, which are a market of their own.", ctx=context
            )
    if not context.params["symbol"]:
        raise typer.BadParameter(
            "bars need --symbol, the contract, e.g. XMRUSDT: it says what joins them.", ctx=context
        )


def _find_symbol(reading: Reading, options: ReadOptions) -> str | None:
    """Return the one contract that a table is of, by its neutral name; None where there are more.

    What is no pair of a coin and USD keeps the name that it was given.
    """
    from kanalo.market.liquidations import find_instrument

    symbols = {options.symbol} if options.symbol else set()
    if "symbol" in reading.frame.columns:
        symbols = set(reading.frame["symbol"].unique())
    if len(symbols) != 1:
        return None
    symbol = str(symbols.pop())
    instrument = find_instrument(symbol.replace("/", ""))
    return symbol if instrument is None else instrument.symbol


def _make_name(chosen: Format, reading: Reading, symbol: str | None) -> str:
    """Name a table after its coin, where it has one, and its format; bars after their interval."""
    from kanalo.market.liquidations import find_instrument

    if chosen.name == "bars":
        from kanalo.periods import find_interval

        pair = re.sub(r"[^a-z0-9]+", "", str(symbol).lower())
        return f"{pair}_{find_interval(_to_index(reading))}"
    words = chosen.name.replace("-", "_")
    if "symbol" not in reading.frame.columns:
        return words
    instruments = {find_instrument(symbol) for symbol in reading.frame["symbol"].unique()}
    coins = {each.base.lower() for each in instruments if each is not None}
    coin = coins.pop() if len(coins) == 1 else ""
    return f"{coin}_{words}" if coin[:1].isalpha() else words


def _to_index(reading: Reading) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(reading.frame["time"])


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
    if model["file"] is None:
        yield plain("Nothing was written: this was a dry run.")
    elif model["market"]:
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
