"""Load the tables and markets of a data folder, verified against its manifest."""

from __future__ import annotations

import hashlib
import io
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kanalo.errors import ChecksumError, DataError, MissingFileError
from kanalo.market.alignment import align_benchmark, align_positioning
from kanalo.market.bars import COLUMNS
from kanalo.market.funding import join_funding
from kanalo.market.holdout import seal_market, seal_table
from kanalo.market.liquidation_bars import align_events, align_sums, combine
from kanalo.market.liquidations import (
    EVENTS_KIND,
    ORDERS_KIND,
    SUMS_KIND,
    Window,
    find_windows,
    from_force_orders,
)
from kanalo.market.manifest import (
    DocumentEntry,
    Manifest,
    MarketEntry,
    TableEntry,
    read_manifest,
)
from kanalo.market.market import Market
from kanalo.market.ticks import decode_ticks, is_ticks
from kanalo.market.vintage import go_back

T = TypeVar("T")


def list_tables(data_dir: str | Path) -> list[TableEntry]:
    """List the tables of a data folder in the order of its manifest."""
    return list(read_manifest(data_dir).tables.values())


def list_markets(data_dir: str | Path) -> list[MarketEntry]:
    """List the markets of a data folder in the order of its manifest."""
    return list(read_manifest(data_dir).markets.values())


def load_table(data_dir: str | Path, name: str) -> pd.DataFrame:
    """Load a table, indexed by its UTC times.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    name : str
        Name of the table in the manifest.

    Returns
    -------
    DataFrame
        The columns as the manifest's README explains them, on a DatetimeIndex named ``time`` (ns,
        UTC; of bars: OPEN times).

    Raises
    ------
    UnknownNameError
        If the manifest has no such table.
    ChecksumError
        If the file differs from what the manifest says.
    DataError
        If the file is missing or is not Parquet.
    """
    folder = Path(data_dir)
    frame = _read_current(folder, lambda manifest: _read_table(folder, manifest.table(name)))
    return seal_table(frame, folder.absolute().parent)


def load_article(data_dir: str | Path) -> dict[str, Any]:
    """Load the figures and claims of the article under test, verified like a table."""
    folder = Path(data_dir)
    content = _read_verified(folder, read_manifest(folder).document("article"))
    return tomllib.loads(content.decode())


def load_market(
    data_dir: str | Path,
    name: str,
    *,
    context: bool = True,
    as_of: Mapping[str, str] | None = None,
) -> Market:
    """Load a market: bars, venues, and everything that was known beside them.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    name : str
        Name of the market in the manifest.
    context : bool
        Whether to join funding, positioning, reported liquidations, benchmark and finer bars;
        without them loading is quicker and those fields are empty.
    as_of : mapping of str to str, optional
        Digests that a run has recorded, sha256 by file: own tables that have grown since are cut to
        what they were.

    Returns
    -------
    Market
        Validated; `Market.digests` holds the sha256 of every file it was made from. Without the
        bars that the workspace seals (`kanalo.market.holdout`).

    Raises
    ------
    UnknownNameError
        If the manifest has no such market, with the names it has.
    ChecksumError, DataError
        If a table is not what the manifest says or its bars are not valid.
    """
    folder = Path(data_dir)

    def load(manifest: Manifest) -> Market:
        if as_of is not None:
            manifest, _ = go_back(manifest, as_of)
        return compose(folder, manifest, manifest.market(name), context=context)

    return seal_market(_read_current(folder, load), folder.absolute().parent)


def verify(data_dir: str | Path, entry: TableEntry | DocumentEntry) -> None:
    """Compare a file with its entry in the manifest.

    Parameters
    ----------
    data_dir : str or Path
        Folder with the manifest.
    entry : TableEntry or DocumentEntry
        Entry of the manifest, with the file's name and SHA-256.

    Raises
    ------
    ChecksumError
        If the file differs.
    DataError
        If it cannot be read.
    """
    folder = Path(data_dir)

    def read(manifest: Manifest) -> bytes:
        if isinstance(entry, DocumentEntry):
            return _read_verified(folder, entry)
        return _read_verified(folder, manifest.tables.get(entry.name, entry))

    _read_current(folder, read)


def _read_current(folder: Path, read: Callable[[Manifest], T]) -> T:
    """Read by the manifest; by the new one where it was replaced, with its files, meanwhile.

    A table that is replaced loses its old file right after the manifest was renamed. Whoever holds
    the old manifest then misses the file, and begins again: what is read is of one manifest.
    """
    manifest = read_manifest(folder)
    while True:
        try:
            return read(manifest)
        except MissingFileError:
            newer = read_manifest(folder)
            if newer == manifest:
                raise
            manifest = newer


def compose(
    folder: Path, manifest: Manifest, entry: MarketEntry, *, context: bool = True
) -> Market:
    """Make a market of the tables that an entry of a manifest names; see `load_market`.

    Parameters
    ----------
    folder : Path
        Where the tables are.
    manifest : Manifest
        Describes them.
    entry : MarketEntry
        The market.
    context : bool
        See `load_market`.

    Returns
    -------
    Market
        Bars, funding and context that were known at each close.
    """
    table = manifest.table(entry.bars)
    market = _plain_market(entry, table, _read_table(folder, table))
    if not context:
        return market
    names = [
        *(entry.funding, entry.positioning, entry.benchmark),
        *(*entry.liquidations, *entry.finer),
    ]
    used = [manifest.table(name) for name in names if name is not None]
    return replace(
        market,
        context=_context(folder, manifest, entry, market),
        benchmark=_benchmark(folder, manifest, entry, market),
        finer=_finer(folder, manifest, entry, str(market.venue[-1])),
        digests=dict(market.digests) | {table.file: table.sha256 for table in used},
        vintages=dict(market.vintages) | _find_vintages(used),
    )


def _plain_market(entry: MarketEntry, table: TableEntry, frame: pd.DataFrame) -> Market:
    bars = frame.loc[:, [c for c in COLUMNS if c in frame.columns]]
    if entry.venue is None:
        venue = frame["venue"].to_numpy(str)
    else:
        venue = np.full(len(frame), entry.venue)
    checks = frame.loc[:, [c for c in ("sources", "spread") if c in frame.columns]]
    return Market(
        entry.symbol,
        entry.interval,
        bars,
        venue,
        name=entry.name,
        context=checks.astype(np.float64),
        digests={table.file: table.sha256},
        vintages=_find_vintages([table]),
    )


def _find_vintages(tables: Iterable[TableEntry]) -> dict[str, str]:
    """Say of each own table up to when its rows go and when they were fetched."""
    vintages = {}
    for each in tables:
        if each.is_own:
            fetched = f", fetched {each.fetched[:16]}Z" if each.fetched else ""
            came = "" if each.kept_in else f" to {each.end[:16]}{fetched}"
            vintages[each.name] = f"{each.rows:,} rows{came} ({each.sha256[:8]})"
    return vintages


def _context(folder: Path, manifest: Manifest, entry: MarketEntry, market: Market) -> pd.DataFrame:
    context = market.context
    if entry.funding is not None:
        funding = _read_table(folder, manifest.table(entry.funding))
        context = context.join(join_funding(market, funding))
    if entry.positioning is not None:
        positioning = _read_table(folder, manifest.table(entry.positioning))
        context = context.join(align_positioning(market, positioning))
    if entry.liquidations:
        tables = [manifest.table(name) for name in entry.liquidations]
        aligned = [_align_liquidations(folder, table, market) for table in tables]
        context = context.join(reduce(combine, aligned))
    return context


def _align_liquidations(folder: Path, table: TableEntry, market: Market) -> pd.DataFrame:
    """Return a table of reported liquidations on the bars of a market."""
    frame = _read_table(folder, table)
    if table.kind == SUMS_KIND:
        return align_sums(market, frame.reset_index())
    if table.kind == ORDERS_KIND:
        events = from_force_orders(frame)
    elif table.kind == EVENTS_KIND:
        events = frame.reset_index()
    else:
        raise DataError(
            f"The table '{table.name}' must hold liquidations ({EVENTS_KIND}, {SUMS_KIND} or "
            f"{ORDERS_KIND}); received {table.kind or 'no kind'}."
        )
    windows = [Window.from_dict(window) for window in table.windows]
    return align_events(market, events, windows or find_windows(events))


def _benchmark(
    folder: Path, manifest: Manifest, entry: MarketEntry, market: Market
) -> pd.DataFrame | None:
    if entry.benchmark is None:
        return None
    return align_benchmark(market, _read_table(folder, manifest.table(entry.benchmark)))


def _finer(folder: Path, manifest: Manifest, entry: MarketEntry, venue: str) -> Market | None:
    if not entry.finer:
        return None
    tables = [manifest.table(name) for name in entry.finer]
    bars = pd.concat([_read_table(folder, table).loc[:, list(COLUMNS)] for table in tables])
    return Market.from_bars(
        bars,
        symbol=entry.symbol,
        venue=venue,
        name="+".join(entry.finer),
        digests={table.file: table.sha256 for table in tables},
    )


def _read_table(folder: Path, entry: TableEntry) -> pd.DataFrame:
    content = _read_verified(folder, entry)
    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{folder / entry.file}: this is not a Parquet file ({error}).") from error
    frame: pd.DataFrame = decode_ticks(table) if is_ticks(table) else table.to_pandas()
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.as_unit("ns")
    frame = frame if entry.kept_in is None else frame.iloc[: entry.rows]
    return frame.set_index("time")


def _read_verified(folder: Path, entry: TableEntry | DocumentEntry) -> bytes:
    file, sha256 = getattr(entry, "kept_in", None) or (entry.file, entry.sha256)
    path = folder / file
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: the file cannot be read ({error.strerror}).") from error
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise ChecksumError(
            f"{path}: the file differs from the manifest: expected {entry.bytes:,} bytes with "
            f"sha256 {sha256[:12]}…; received {len(content):,} bytes with {received[:12]}…."
        )
    return content
