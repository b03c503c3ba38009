"""Put what a reader found into a data folder: a Parquet file, and its entry in the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kanalo.errors import DataError, ParameterError, shorten, unknown_name
from kanalo.files import lock, sweep_drafts, write_file, write_files
from kanalo.market.catalog import compose, load_table
from kanalo.market.holdout import unsealed
from kanalo.market.liquidations import EVENTS_KIND, SIDES, SUMS_KIND
from kanalo.market.manifest import (
    FILE_NAME,
    IMPORTED,
    add_imports,
    read_imports,
    read_manifest,
)
from kanalo.market.readers.reading import BARS_KIND, FUNDING_KIND, POSITIONING_KIND, Reading
from kanalo.market.vintage import trace
from kanalo.periods import find_interval

ORIGIN = "reported"
"""Origin of everything that is imported: a venue or an aggregator said it."""

UNKNOWN_VENUE = "unknown"
"""Venue of bars whose user names none: no funding is due on them."""

_JOINED_AS = {FUNDING_KIND: "funding", POSITIONING_KIND: "positioning"}


@dataclass(frozen=True)
class Target:
    """Where a reading goes.

    Attributes
    ----------
    name : str
        Of the table and its file: lower case, digits and underscores.
    what, source : str
        For the manifest.
    market : str or None
        A market that is to know it.
    replace : bool
        Whether an imported table of that name may be replaced.
    symbol : str or None
        Contract of all rows, where the table is of one: own markets of that symbol join it.
    venue : str or None
        Of bars: where they were traded.
    notes : mapping of str to object
        Further keys of the table's entry: ``terms``, ``fetched``, ``request``.
    """

    name: str
    what: str
    source: str
    market: str | None = None
    replace: bool = False
    symbol: str | None = None
    venue: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


def store_reading(data_dir: str | Path, reading: Reading, target: Target) -> Path:
    """Write a table as Parquet and register it among the imports of a data folder.

    The market that is to know it is made with it first, so that a table which does not fit is
    refused before anything is written. The file's name carries a part of its digest, and the
    manifest is renamed last: whoever reads finds the old table or the new one, whole.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    reading : Reading
        What was read.
    target : Target
        Name, provenance and market.

    Returns
    -------
    Path
        The table's file.

    Raises
    ------
    ParameterError
        If the name is no name.
    DataError
        If the table exists and may not be replaced, or does not fit its market.
    UnknownNameError
        If there is no such market.
    WorkspaceError
        If the folder cannot be written, or another process writes to it.
    """
    folder = Path(data_dir)
    _check_target(folder, target)
    with lock(folder / IMPORTED / FILE_NAME):
        path, content, imports = _prepare(folder, reading, target)
        write_files({path: content, folder / IMPORTED / FILE_NAME: _to_text(imports)})
        _remove_orphans(folder, imports)
    return path


def check_reading(data_dir: str | Path, reading: Reading, target: Target) -> None:
    """Do all that `store_reading` does but write; raise what it would raise.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    reading : Reading
        What was read.
    target : Target
        Name, provenance and market.
    """
    _prepare(Path(data_dir), reading, target)


def remove_table(data_dir: str | Path, name: str) -> tuple[str, ...]:
    """Remove an imported table, and let no market know it any more.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    name : str
        The table.

    Returns
    -------
    tuple of str
        The markets that knew it.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    DataError
        If kanalo brought the table along.
    """
    folder = Path(data_dir)
    with lock(folder / IMPORTED / FILE_NAME):
        imports = read_imports(folder)
        if name in read_manifest(folder).tables and name not in imports["tables"]:
            raise DataError(f"The table '{name}' was not imported and cannot be removed.")
        if name not in imports["tables"]:
            raise unknown_name("imported table", name, imports["tables"])
        del imports["tables"][name]
        imports["markets"].pop(name, None)
        markets = _detach(imports["joins"], name)
        write_file(folder / IMPORTED / FILE_NAME, _to_text(imports))
        _remove_orphans(folder, imports)
    return markets


def _prepare(folder: Path, reading: Reading, target: Target) -> tuple[Path, bytes, dict[str, Any]]:
    """Check everything, and return the table's file, its content and the new imports."""
    _check_target(folder, target)
    content = _to_parquet(reading.frame)
    digest = hashlib.sha256(content).hexdigest()
    file = f"{IMPORTED}/{target.name}.{digest[:8]}.parquet"
    imports = read_imports(folder)
    past = _find_past(folder, reading, target, digest)
    imports["tables"][target.name] = _to_entry(reading, target, file, content) | past
    if reading.kind == BARS_KIND:
        imports["markets"][target.name] = _to_market(reading, target)
        _try_market(folder, imports, target, target.name, content)
    if target.market is not None:
        _attach(imports["joins"].setdefault(target.market, {}), reading.kind, target.name)
        _try_market(folder, imports, target, target.market, content)
    return folder / file, content, imports


def _find_past(folder: Path, reading: Reading, target: Target, digest: str) -> dict[str, Any]:
    """Return the earlier vintages of a table that only grows; nothing of one that is new."""
    entry = read_manifest(folder).tables.get(target.name)
    if entry is None or not entry.is_own:
        return {}
    try:
        with unsealed():
            old = load_table(folder, entry.name).reset_index()
    except DataError:  # it is damaged, and about to be replaced
        return {}
    past = trace(entry, old, reading.frame, reading.windows)
    past = [each for each in past if each["sha256"] != digest]
    return {"past": past} if past else {}


def _to_market(reading: Reading, target: Target) -> dict[str, Any]:
    """Return the manifest's entry of a market made of bars."""
    index = pd.DatetimeIndex(reading.frame["time"])
    return {
        "bars": target.name,
        "symbol": target.symbol,
        "interval": find_interval(index),
        "venue": target.venue or UNKNOWN_VENUE,
    }


def _try_market(
    folder: Path, imports: dict[str, Any], target: Target, market: str, content: bytes
) -> None:
    """Make the market with the new table in a file of its own; raise DataError if it cannot be."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "table.parquet")
        file.write_bytes(content)
        entry = {**imports["tables"][target.name], "file": str(file)}
        tables = {**imports["tables"], target.name: entry}
        path = folder / IMPORTED / FILE_NAME
        manifest = add_imports(read_manifest(folder), path, {**imports, "tables": tables})
        try:
            compose(folder, manifest, manifest.market(market))
        except DataError as error:
            said = str(error).replace(str(file), target.name)
            raise DataError(f"The table does not fit the market {market}: {said}") from error


def _detach(joins: dict[str, Any], name: str) -> tuple[str, ...]:
    """Take a table out of every market that knows it; return their names."""
    markets = []
    for market, joined in joins.items():
        known = {
            key: [each for each in value if each != name] if isinstance(value, list) else value
            for key, value in joined.items()
            if value != name
        }
        if known != joined:
            joins[market] = known
            markets.append(market)
    return tuple(markets)


def _remove_orphans(folder: Path, imports: dict[str, Any]) -> None:
    """Remove files that no import names: what was replaced, or left by a killed process."""
    known = {Path(each["file"]).name for each in imports["tables"].values()}
    for path in (folder / IMPORTED).glob("*.parquet"):
        if path.name not in known:
            path.unlink(missing_ok=True)
    sweep_drafts(folder / IMPORTED)


def _to_text(imports: dict[str, Any]) -> str:
    return json.dumps(imports, indent=2, ensure_ascii=False) + "\n"


def summarise(reading: Reading) -> dict[str, Any]:
    """Return what a reading holds as plain values, ready for JSON.

    Returns
    -------
    dict
        ``kind``, ``origin``, ``rows``, ``start``, ``end``, ``duplicates``, ``skipped``; of
        liquidations also ``censored`` (the share of rows) and ``exchanges`` with the number of
        events and the USD of each side, None where the source gives coins only.
    """
    frame = reading.frame
    summary = {
        "kind": reading.kind,
        "origin": ORIGIN,
        "rows": len(frame),
        "start": _to_iso(frame["time"].iloc[0]),
        "end": _to_iso(frame["time"].iloc[-1]),
        "duplicates": reading.duplicates,
        "skipped": reading.skipped,
    }
    if reading.kind in (EVENTS_KIND, SUMS_KIND):
        groups = {str(name): rows for name, rows in frame.groupby("exchange")}
        summary["censored"] = float(frame["censored"].mean())
        summary["windows"] = [window.to_dict() for window in reading.windows]
        summary["exchanges"] = {
            name: {side: _summarise_side(rows, side) for side in SIDES}
            for name, rows in groups.items()
        }
    return summary


def _summarise_side(rows: pd.DataFrame, side: str) -> dict[str, float | int | None]:
    if "side" in rows.columns:
        mine = rows[rows["side"] == side]
        return {"events": len(mine), "usd": float(mine["notional_usd"].sum())}
    usd = rows[f"{side}_usd"]
    return {
        "intervals": int((rows[[f"{side}_usd", f"{side}_quantity"]].max(axis=1) > 0).sum()),
        "usd": None if usd.isna().any() else float(usd.sum()),
    }


def _check_target(folder: Path, target: Target) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", target.name):
        raise ParameterError(
            "The 'name' of a table must be lower-case letters, digits and underscores; received "
            f"{shorten(target.name)}."
        )
    manifest = read_manifest(folder)
    existing = manifest.tables.get(target.name)
    imported = target.name in read_imports(folder)["tables"]
    if existing is not None and not (target.replace and imported):
        advice = "--replace overwrites it, --name" if imported else "--name"
        raise DataError(
            f"The table '{target.name}' exists already: {advice} gives this one another name."
        )
    if target.name in manifest.markets and not imported:
        raise DataError(
            f"The market '{target.name}' exists already: --name gives this one another name."
        )
    if target.market is not None:
        manifest.market(target.market)


def _attach(market: dict[str, Any], kind: str, name: str) -> None:
    """Let a market know a table; its newest liquidations come first."""
    if kind in _JOINED_AS:
        market[_JOINED_AS[kind]] = name
        return
    others = [each for each in market.get("liquidations", []) if each != name]
    market["liquidations"] = [name, *others]


def _to_entry(reading: Reading, target: Target, file: str, content: bytes) -> dict[str, Any]:
    summary = summarise(reading)
    entry = {
        "file": file,
        "what": target.what,
        "source": target.source,
        **{key: summary[key] for key in ("start", "end", "rows")},
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "kind": reading.kind,
        **({"symbol": target.symbol} if target.symbol else {}),
        **target.notes,
    }
    if reading.windows:
        entry["windows"] = [window.to_dict() for window in reading.windows]
    return entry


def _to_parquet(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _to_iso(time: pd.Timestamp) -> str:
    return time.isoformat(timespec="milliseconds").replace(".000", "").replace("+00:00", "Z")
