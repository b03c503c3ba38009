"""Put what a reader found into a data folder: a Parquet file, and its entry in the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kanalo.errors import DataError, ParameterError
from kanalo.market.liquidations import EVENTS_KIND, SIDES, SUMS_KIND
from kanalo.market.manifest import FILE_NAME, read_manifest
from kanalo.market.readers.reading import FUNDING_KIND, POSITIONING_KIND, Reading

ORIGIN = "reported"
"""Origin of everything that is imported: a venue or an aggregator said it."""

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
    """

    name: str
    what: str
    source: str
    market: str | None = None
    replace: bool = False


def store_reading(data_dir: str | Path, reading: Reading, target: Target) -> Path:
    """Write a table as Parquet and register it in the manifest.

    Both are written beside their places and renamed there, the manifest last, so that no reader
    finds a half-written file.

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
        If the table exists and may not be replaced.
    UnknownNameError
        If there is no such market.
    """
    folder = Path(data_dir)
    _check_target(folder, target)
    content = _to_parquet(reading.frame)
    path = folder / f"{target.name}.parquet"
    manifest = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    manifest["tables"][target.name] = _to_entry(reading, target, path.name, content)
    if target.market is not None:
        _attach(manifest["markets"][target.market], reading.kind, target.name)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    staged = [_stage(path, content), _stage(folder / FILE_NAME, text.encode())]
    for temporary, final in zip(staged, (path, folder / FILE_NAME), strict=True):
        temporary.replace(final)
    return path


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
        "start": _to_text(frame["time"].iloc[0]),
        "end": _to_text(frame["time"].iloc[-1]),
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
            f"{target.name!r}."
        )
    manifest = read_manifest(folder)
    existing = manifest.tables.get(target.name)
    if existing is not None and not (target.replace and existing.kind):
        advice = "--replace overwrites it, --name" if existing.kind else "--name"
        raise DataError(
            f"The table '{target.name}' exists already: {advice} gives this one another name."
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
    }
    if reading.windows:
        entry["windows"] = [window.to_dict() for window in reading.windows]
    return entry


def _to_parquet(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _stage(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_bytes(content)
    return temporary


def _to_text(time: pd.Timestamp) -> str:
    return time.isoformat(timespec="milliseconds").replace(".000", "").replace("+00:00", "Z")
