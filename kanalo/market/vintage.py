"""Vintages: what a table of one's own held before rows were appended to it.

A table that grows keeps in the manifest what it was: for each earlier file its sha256 and number of
rows, and of liquidations the time until which they had been covered. As long as rows were only
appended, the table begins with the earlier one, so an old run can be repeated on it. Rows that a
venue revised, or an import replaced, end the list: what they were is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kanalo.market.liquidations import Window
from kanalo.market.manifest import IMPORTED, Manifest, MarketEntry, TableEntry

MOST = 500
"""Earlier vintages that a table keeps."""


@dataclass(frozen=True)
class Grown:
    """A table that has more rows now than it had.

    Attributes
    ----------
    table : str
        Its name.
    then, now : int
        Numbers of rows.
    """

    table: str
    then: int
    now: int


def trace(
    entry: TableEntry, old: pd.DataFrame, new: pd.DataFrame, windows: Iterable[Window]
) -> list[dict[str, Any]]:
    """Return the earlier vintages of a table that is about to be replaced.

    Parameters
    ----------
    entry : TableEntry
        What the manifest says of it until now.
    old, new : DataFrame
        Its rows until now and from now on, with a column ``time``.
    windows : iterable of Window
        Of the new table.

    Returns
    -------
    list of dict
        ``sha256``, ``rows`` and ``until`` of each, the oldest first.
    """
    same = count_same(old, new)
    until = max((str(each["end"]) for each in entry.windows), default=None)
    if until is not None:
        until = pd.Timestamp(until).isoformat()
        kept = clip([each.to_dict() for each in windows], until)
        same = same if kept == [dict(each) for each in entry.windows] else 0
    mine = {"sha256": entry.sha256, "rows": entry.rows, "until": until}
    return [dict(each) for each in (*entry.past, mine) if each["rows"] <= same][-MOST:]


def count_same(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """Count the leading rows that two tables have in common; NaN is the same as NaN.

    Parameters
    ----------
    old, new : DataFrame
        Of the same columns, else no row is the same.

    Returns
    -------
    int
        At most the length of the shorter one.
    """
    if set(old.columns) != set(new.columns):
        return 0
    n_rows = min(len(old), len(new))
    same = np.ones(n_rows, dtype=np.bool_)
    for name in old.columns:
        a, b = (_to_array(each[name].iloc[:n_rows]) for each in (old, new))
        same &= np.asarray((a == b) | (pd.isna(a) & pd.isna(b)), dtype=np.bool_)
    return n_rows if same.all() else int(np.argmin(same))


def go_back(manifest: Manifest, digests: Mapping[str, str]) -> tuple[Manifest, tuple[Grown, ...]]:
    """Return a manifest as it was when a run was made of files with these digests.

    Parameters
    ----------
    manifest : Manifest
        As it is now.
    digests : mapping of str to str
        sha256 by file, as a run has recorded them.

    Returns
    -------
    Manifest, tuple of Grown
        Tables that have grown since are cut to what they were when they are read; own tables that
        have come since are joined to no market.
    """
    wanted = set(digests.values())
    tables, grown = dict(manifest.tables), []
    for name, entry in manifest.tables.items():
        match = [each for each in entry.past if each["sha256"] in wanted]
        if entry.sha256 not in wanted and match:
            tables[name] = cut_entry(entry, match[-1])
            grown.append(Grown(name, match[-1]["rows"], entry.rows))
    now = {entry.sha256 for entry in tables.values()}
    own = {sha256 for file, sha256 in digests.items() if file.startswith(f"{IMPORTED}/")}
    if not own <= now:
        return manifest, ()  # something was revised or removed: what differs will be said
    markets = {name: _leave_out(each, tables, wanted) for name, each in manifest.markets.items()}
    return replace(manifest, tables=tables, markets=markets), tuple(grown)


def cut_entry(entry: TableEntry, past: Mapping[str, Any]) -> TableEntry:
    """Return the entry of an earlier vintage, whose rows are the first ones of today's file.

    Parameters
    ----------
    entry : TableEntry
        As it is now.
    past : mapping of str to object
        One of ``entry.past``.

    Returns
    -------
    TableEntry
        With the file, digest, rows and windows of then.
    """
    folder, _, file = entry.file.rpartition("/")
    name = f"{file.split('.')[0]}.{past['sha256'][:8]}.parquet"
    windows = entry.windows if past["until"] is None else tuple(clip(entry.windows, past["until"]))
    return replace(
        entry,
        file=f"{folder}/{name}",
        sha256=past["sha256"],
        rows=past["rows"],
        windows=windows,
        kept_in=(entry.file, entry.sha256),
    )


def clip(windows: Iterable[Mapping[str, Any]], until: str) -> list[dict[str, Any]]:
    """Return windows as they were at a time: those that had begun, none longer than until then.

    Parameters
    ----------
    windows : iterable of mapping
        As `Window.to_dict` writes them.
    until : str
        The time.

    Returns
    -------
    list of dict
        In their order.
    """
    limit = pd.Timestamp(until)
    return [
        replace(each, end=min(each.end, limit)).to_dict()
        for each in map(Window.from_dict, windows)
        if each.start < limit
    ]


def _to_array(column: pd.Series) -> np.ndarray[Any, Any]:
    """Return the values of a column; times without their zone, which is UTC."""
    is_time = isinstance(column.dtype, pd.DatetimeTZDtype)
    return column.to_numpy("datetime64[ns]") if is_time else column.to_numpy()


def _leave_out(
    entry: MarketEntry, tables: Mapping[str, TableEntry], wanted: set[str]
) -> MarketEntry:
    """Return a market without the own tables that have come since, where it is of the run."""
    if tables[entry.bars].sha256 not in wanted:
        return entry

    def was_there(name: str | None) -> bool:
        table = tables.get(name or "")
        return table is None or not table.is_own or table.sha256 in wanted

    return replace(
        entry,
        funding=entry.funding if was_there(entry.funding) else None,
        positioning=entry.positioning if was_there(entry.positioning) else None,
        benchmark=entry.benchmark if was_there(entry.benchmark) else None,
        liquidations=tuple(each for each in entry.liquidations if was_there(each)),
    )
