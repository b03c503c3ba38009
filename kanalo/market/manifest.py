"""The manifest of a data folder: which tables it holds and which markets they make up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from kanalo.errors import DataError, shorten, unknown_name
from kanalo.file_formats import DATA_MANIFEST

VERSION = DATA_MANIFEST.version
"""Version of the manifest that this code reads."""

FILE_NAME = "manifest.json"

LIQUIDATION_KINDS = ("liquidation_events", "liquidation_sums", "binance_force_orders")
"""Kinds of tables of reported liquidations."""

PANEL = "panel"
"""Folder of the panel's tables, with a manifest of its own; a data folder may lack it."""

IMPORTED = "imported"
"""Folder of the tables that a user has imported, with a manifest of their own."""

T = TypeVar("T")


@dataclass(frozen=True)
class TableEntry:
    """What the manifest says of one table.

    Attributes
    ----------
    name, file : str
        Key in the manifest and file beside it.
    what, source : str
        What the table holds and who published it.
    start, end : str
        First and last time (of bars: OPEN times), ISO 8601, UTC.
    rows, bytes : int
        Number of rows and size of the file.
    sha256 : str
        Digest of the file.
    kind : str or None
        What the rows are where a market must know: ``liquidation_events``, ``liquidation_sums``,
        ``binance_force_orders`` (events with the side of the ORDER), ``positioning``, ``funding``,
        ``bars``.
    windows : tuple of mapping
        Of events: ``exchange``, ``start`` and ``end`` of every recording; where there are none, a
        recording runs from its first to its last event.
    symbol : str or None
        Contract of all rows: own markets of that symbol join the table.
    terms : str or None
        Terms of use of the source, as far as they are known.
    fetched : str or None
        When the rows came, ISO 8601, UTC.
    request : mapping or None
        What was asked of which venue, so that it can be asked again for what came since.
    past : tuple of mapping
        Earlier vintages to which rows were only appended since; see `kanalo.market.vintage`.
    kept_in : tuple of str, optional
        Of an earlier vintage: the file that begins with its rows, and that file's sha256.
    """

    name: str
    file: str
    what: str
    source: str
    start: str
    end: str
    rows: int
    sha256: str
    bytes: int
    kind: str | None = None
    windows: tuple[Mapping[str, Any], ...] = ()
    symbol: str | None = None
    terms: str | None = None
    fetched: str | None = None
    request: Mapping[str, Any] | None = None
    past: tuple[Mapping[str, Any], ...] = ()
    kept_in: tuple[str, str] | None = None

    @property
    def is_own(self) -> bool:
        """Whether the user of a workspace brought the table."""
        return self.file.startswith(f"{IMPORTED}/")


@dataclass(frozen=True)
class DocumentEntry:
    """What the manifest says of a document, such as the article under test."""

    name: str
    file: str
    what: str
    source: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class MarketEntry:
    """Which tables make up a market.

    Attributes
    ----------
    name, symbol, interval : str
        Key in the manifest, traded pair, length of a bar.
    bars : str
        Table of the bars.
    venue : str or None
        Venue of all bars, or None where the table has a column ``venue``.
    funding, positioning, benchmark : str or None
        Tables that are joined to the bars.
    finer : tuple of str
        Tables of finer bars, in order of time.
    liquidations : tuple of str
        Tables of reported liquidations; of an exchange in several, the first that knows counts.
    """

    name: str
    bars: str
    symbol: str
    interval: str
    venue: str | None = None
    funding: str | None = None
    positioning: str | None = None
    benchmark: str | None = None
    finer: tuple[str, ...] = field(default=())
    liquidations: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Manifest:
    """The tables, markets and documents of a data folder."""

    tables: Mapping[str, TableEntry]
    markets: Mapping[str, MarketEntry]
    documents: Mapping[str, DocumentEntry]

    def table(self, name: str) -> TableEntry:
        """Return a table's entry; raise UnknownNameError where there is none."""
        return _look_up("table", name, self.tables)

    def market(self, name: str) -> MarketEntry:
        """Return a market's entry; raise UnknownNameError where there is none."""
        return _look_up("market", name, self.markets)

    def document(self, name: str) -> DocumentEntry:
        """Return a document's entry; raise UnknownNameError where there is none."""
        return _look_up("document", name, self.documents)


def read_manifest(data_dir: str | Path) -> Manifest:
    """Read the manifest of a data folder, that of its panel, and what its user has imported.

    Parameters
    ----------
    data_dir : path
        Folder with ``manifest.json`` and the tables beside it. Imported tables lie in ``imported``
        with a manifest of their own, which says which markets are to know them.

    Raises
    ------
    DataError
        If there is no manifest, one is not JSON, its version is another one, or an entry lacks a
        key or has one too many.
    """
    path = Path(data_dir, FILE_NAME)
    manifest = _to_manifest(path, _read_versioned(path))
    panel = Path(data_dir, PANEL, FILE_NAME)
    if panel.exists():
        more = _to_manifest(panel, _read_versioned(panel))
        manifest = replace(
            manifest,
            tables={**manifest.tables, **more.tables},
            markets={**manifest.markets, **more.markets},
        )
    own = Path(data_dir, IMPORTED, FILE_NAME)
    return add_imports(manifest, own, _read_versioned(own)) if own.exists() else manifest


def add_imports(manifest: Manifest, path: Path, content: Mapping[str, Any]) -> Manifest:
    """Return a manifest with imported tables, joined to the markets that are to know them.

    Parameters
    ----------
    manifest : Manifest
        Of the bundled tables.
    path : Path
        The file of the imports' manifest, for messages.
    content : mapping
        ``tables`` and ``markets``, as in a manifest, and ``joins``: by the name of a market which
        tables are its ``funding``, ``positioning`` and ``liquidations``. Own markets are joined by
        their symbol besides; Bitcoin at the same interval is their benchmark.

    Returns
    -------
    Manifest
        A copy with the tables and markets added.
    """
    tables = _entries(path, content, "tables", TableEntry)
    own_markets = _entries(path, content, "markets", MarketEntry)
    markets = dict(manifest.markets)
    for name, entry in own_markets.items():
        joined = join_by_symbol(entry, manifest, tables)
        benchmark = _find_benchmark(entry, manifest, own_markets)
        markets.setdefault(name, replace(joined, benchmark=benchmark))
    for name, joined in content.get("joins", {}).items():
        if name in markets:  # an update of the bundled tables may have renamed it
            own = tuple(joined.get("liquidations", ()))
            liquidations = (*own, *(each for each in markets[name].liquidations if each not in own))
            others = {key: joined[key] for key in ("funding", "positioning") if key in joined}
            markets[name] = replace(markets[name], liquidations=liquidations, **others)
    return replace(manifest, tables={**manifest.tables, **tables}, markets=markets)


def join_by_symbol(
    entry: MarketEntry, bundled: Manifest, own: Mapping[str, TableEntry]
) -> MarketEntry:
    """Return an own market with the tables of its symbol, own ones first, then the bundled ones.

    Parameters
    ----------
    entry : MarketEntry
        A market made of bars that were imported or downloaded.
    bundled : Manifest
        What kanalo brought along.
    own : mapping of str to TableEntry
        Imported and downloaded tables.

    Returns
    -------
    MarketEntry
        With the names of its funding, positioning and liquidations; None where there is no table.
    """
    twins = [each for each in bundled.markets.values() if each.symbol == entry.symbol]
    mine = [each for each in own.values() if each.symbol == entry.symbol]

    def find(kind: str) -> str | None:
        names = [each.name for each in mine if each.kind == kind]
        names += [getattr(twin, kind) for twin in twins if getattr(twin, kind)]
        return names[0] if names else None

    reported = [each.name for each in mine if each.kind in LIQUIDATION_KINDS]
    borrowed = [name for twin in twins for name in twin.liquidations if name not in reported]
    return replace(
        entry,
        funding=find("funding"),
        positioning=find("positioning"),
        liquidations=tuple(dict.fromkeys((*reported, *borrowed))),
    )


def _find_benchmark(
    entry: MarketEntry, bundled: Manifest, own: Mapping[str, MarketEntry]
) -> str | None:
    if entry.symbol.startswith("BTC"):
        return None
    mine = [each for each in own.values() if each.symbol == "BTCUSDT"]
    same = [each.bars for each in mine if each.interval == entry.interval]
    name = f"btc_{entry.interval}"
    return same[0] if same else (name if name in bundled.tables else None)


def read_imports(data_dir: str | Path) -> dict[str, Any]:
    """Read the manifest of what was imported as plain values; empty where nothing was."""
    path = Path(data_dir, IMPORTED, FILE_NAME)
    if not path.exists():
        return {"version": VERSION, "tables": {}, "markets": {}, "joins": {}}
    return {"markets": {}, **_read_versioned(path)}


def _to_manifest(path: Path, content: Mapping[str, Any]) -> Manifest:
    return Manifest(
        _entries(path, content, "tables", TableEntry),
        _entries(path, content, "markets", MarketEntry),
        _entries(path, content, "documents", DocumentEntry),
    )


def _read_versioned(path: Path) -> dict[str, Any]:
    content = _read_json(path)
    if content.get("version") != VERSION:
        raise DataError(
            f"{path}: expected a manifest of version {VERSION}; "
            f"received version {shorten(content.get('version'))}."
        )
    return content


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: the manifest cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise DataError(f"{path}: the manifest is not JSON ({shorten(error)}).") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object; received {type(content).__name__}.")
    return content


def _entries(
    path: Path, content: Mapping[str, Any], group: str, kind: Callable[..., T]
) -> dict[str, T]:
    entries = {}
    for name, values in content.get(group, {}).items():
        try:
            fields = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
            entries[name] = kind(name=name, **fields)
        except (AttributeError, TypeError) as error:
            raise DataError(
                f"{path}: the entry '{name}' of {group} is wrong: {shorten(error)}."
            ) from error
    return entries


def _look_up(kind: str, name: str, entries: Mapping[str, T]) -> T:
    if name not in entries:
        raise unknown_name(kind, name, entries)
    return entries[name]
