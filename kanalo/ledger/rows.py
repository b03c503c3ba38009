"""Values to and from the rows of the ledger's tables."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from kanalo.ledger.records import (
    Entry,
    Outcome,
    RunEntry,
    Trial,
    digest_settings,
    to_identity,
    to_json,
)


def to_settings_row(trial: Trial) -> tuple[str, ...]:
    """Return the columns of ``settings`` after the digest."""
    return (
        trial.strategy,
        trial.source,
        trial.market,
        trial.interval,
        to_json(trial.data),
        trial.start,
        trial.end,
        to_identity(trial.costs),
        to_identity(trial.execution),
    )


def store_settings(connection: sqlite3.Connection, trial: Trial) -> int:
    """Store what a trial is beside its parameters, once, and return its number.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction.
    trial : Trial
        Any of those that share it.

    Returns
    -------
    int
        At least 1.
    """
    digest = digest_settings(trial)
    connection.execute(
        "INSERT OR IGNORE INTO settings (digest, strategy, source, market, interval, data, "
        'start, "end", costs, execution) VALUES (?,?,?,?,?,?,?,?,?,?)',
        (digest, *to_settings_row(trial)),
    )
    query = "SELECT id FROM settings WHERE digest = ?"
    return int(connection.execute(query, (digest,)).fetchone()[0])


def to_outcome_rows(
    outcomes: Iterable[Outcome], folder: Path
) -> Iterator[tuple[str, float | None, int, str, int]]:
    """Yield the columns of ``outcomes`` between the run and the time.

    Parameters
    ----------
    outcomes : iterable of Outcome
        Outcomes in the order in which they are recorded.
    folder : Path
        The ledger's folder, absolute.

    Yields
    ------
    tuple of (status, Sharpe ratio or None, days, path, row)
        One for each outcome.
    """
    paths: dict[Path | str, str] = {}  # the sets of a sweep share one file
    for each in outcomes:
        if each.returns_path not in paths:
            paths[each.returns_path] = to_stored_path(each.returns_path, folder)
        sharpe = float(each.sharpe_ratio)
        known = None if math.isnan(sharpe) else sharpe
        path = paths[each.returns_path]
        yield each.status, known, int(each.n_days), path, int(each.returns_row)


def to_entry(row: sqlite3.Row, folder: Path) -> Entry:
    """Read a trial with its outcome; stored paths are relative to ``folder``.

    Parameters
    ----------
    row : sqlite3.Row
        Row of trials joined with their last outcome.
    folder : Path
        The ledger's folder, to which stored paths are relative.

    Returns
    -------
    Entry
        A Sharpe ratio of NULL is NaN.
    """
    trial = Trial(
        strategy=row["strategy"],
        source=row["source"],
        parameters=json.loads(row["parameters"]),
        market=row["market"],
        interval=row["interval"],
        data=json.loads(row["data"]),
        start=row["start"],
        end=row["end"],
        costs=json.loads(row["costs"]),
        execution=json.loads(row["execution"]),
    )
    outcome = Outcome(
        trial=trial,
        sharpe_ratio=to_float(row["sharpe"]),
        n_days=row["n_days"],
        status=row["status"],
        returns_path=folder / row["returns_path"] if row["returns_path"] else "",
        returns_row=row["returns_row"],
    )
    versions = json.loads(row["versions"])
    return Entry(
        row["trial"], outcome, row["kind"], row["run"], versions, row["created"], row["updated"]
    )


def to_run_entry(row: sqlite3.Row) -> RunEntry:
    """Read a run."""
    return RunEntry(
        id=row["id"],
        kind=row["kind"],
        status=row["status"],
        created=row["created"],
        ended=row["ended"] or "",
        versions=json.loads(row["versions"]),
        details=json.loads(row["details"]),
        n_trials=row["n_trials"],
    )


def to_stored_path(path: Path | str, folder: Path) -> str:
    """Return a path relative to the ledger's folder where it lies inside, absolute otherwise.

    Parameters
    ----------
    path : Path or str
        File of returns; empty if there is none.
    folder : Path
        The ledger's folder, absolute.

    Returns
    -------
    str
        Empty for an empty path.
    """
    if not str(path):
        return ""
    absolute = Path(path).absolute()
    return str(absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute)


def to_float(value: float | None) -> float:
    """Read a number; NULL is NaN."""
    return math.nan if value is None else float(value)
