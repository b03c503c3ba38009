"""The manifest of a data folder: which tables it holds and which markets they make up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kanalo.errors import DataError, unknown_name

VERSION = 1
"""Version of the manifest that this code reads."""

FILE_NAME = "manifest.json"

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
        ``binance_force_orders`` (events with the side of the ORDER), ``positioning``, ``funding``.
    windows : tuple of mapping
        Of events: ``exchange``, ``start`` and ``end`` of every recording; where there are none, a
        recording runs from its first to its last event.
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
    windows: tuple[Mapping[str, str], ...] = ()


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
    """Read the manifest of a data folder.

    Parameters
    ----------
    data_dir : path
        Folder with ``manifest.json`` and the tables beside it.

    Raises
    ------
    DataError
        If there is no manifest, it is not JSON, its version is another one, or an entry lacks a key
        or has one too many.
    """
    path = Path(data_dir, FILE_NAME)
    content = _read_json(path)
    if content.get("version") != VERSION:
        raise DataError(
            f"{path}: expected a manifest of version {VERSION}; "
            f"received version {content.get('version')!r}."
        )
    return Manifest(
        _entries(path, content, "tables", TableEntry),
        _entries(path, content, "markets", MarketEntry),
        _entries(path, content, "documents", DocumentEntry),
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: the manifest cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise DataError(f"{path}: the manifest is not JSON ({error}).") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object; received {type(content).__name__}.")
    return content


def _entries(
    path: Path, content: dict[str, Any], group: str, kind: Callable[..., T]
) -> dict[str, T]:
    entries = {}
    for name, values in content.get(group, {}).items():
        try:
            fields = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
            entries[name] = kind(name=name, **fields)
        except (AttributeError, TypeError) as error:
            raise DataError(f"{path}: the entry '{name}' of {group} is wrong: {error}.") from error
    return entries


def _look_up(kind: str, name: str, entries: Mapping[str, T]) -> T:
    if name not in entries:
        raise unknown_name(kind, name, entries)
    return entries[name]
