"""`Ledger`: append outcomes, count trials, list runs."""

from __future__ import annotations

import contextlib
import datetime
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Unpack

from kanalo.errors import ParameterError, UnknownNameError, WorkspaceError, suggestion
from kanalo.ledger.records import (
    OTHER_KINDS,
    STATUSES,
    TRIAL_KINDS,
    Entry,
    Filters,
    Outcome,
    RunEntry,
    Trial,
    digest_settings,
    find_shared,
    to_json,
)
from kanalo.ledger.rows import (
    to_entry,
    to_float,
    to_outcome_rows,
    to_run_entry,
    to_settings_row,
)
from kanalo.ledger.schema import check, prepare

_PATIENCE = 30.0  # seconds to wait for another process

_JOINED = (
    "FROM outcomes JOIN trials ON trials.id = outcomes.trial "
    "JOIN settings ON settings.id = trials.setting JOIN runs ON runs.id = outcomes.run"
)

# In SQLite the other columns of a query with one MAX come from the row that has it: here the latest
# finished outcome of a trial, or the latest of all where none has finished.
_LATEST = f"""SELECT trials.id AS trial, trials.parameters, trials.created, settings.strategy,
    settings.source, settings.market, settings.interval, settings.data, settings.start,
    settings."end", settings.costs, settings.execution, runs.kind, runs.versions, outcomes.run,
    outcomes.status, outcomes.sharpe, outcomes.n_days, outcomes.returns_path, outcomes.returns_row,
    outcomes.created AS updated,
    MAX((outcomes.status = 'finished') * {1 << 62} + outcomes.id) {_JOINED}"""

_CONDITIONS = {
    "market": "settings.market = ?",
    "strategy": "settings.strategy = ?",
    "source": "settings.source = ?",
    "status": "outcomes.status = ?",
    "run": "outcomes.run = ?",
    "since": "outcomes.created >= ?",
    "position": "outcomes.id <= ?",
}


class Ledger:
    """The ledger of one workspace.

    Parameters
    ----------
    path : Path or str
        The SQLite file; it and its folder are made when needed.
    read_only : bool
        Whether only to look; the file must exist.

    Raises
    ------
    WorkspaceError
        If the file cannot be opened, made or written, is no ledger, or has a schema version that
        this kanalo does not know.

    Notes
    -----
    A ledger is used by the process and thread that opened it; workers of a pool open their own.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = Path(path).absolute()
        with self._guarded("opened"):
            self._connection = _connect(self.path, read_only)
            try:
                self._prepare(read_only)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def begin(
        self,
        kind: str,
        *,
        versions: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Note that a command has begun and return the number of its run.

        Parameters
        ----------
        kind : str
            One of `TRIAL_KINDS` or `OTHER_KINDS`; the latter's outcomes are no trials.
        versions : mapping of str to str, optional
            Versions of the packages.
        details : mapping, optional
            Whatever it takes to do the same again: the spec, the command line, the report's folder.

        Raises
        ------
        ParameterError
            If there is no such kind.
        WorkspaceError
            If the ledger cannot be written.
        """
        _check_choice("kind", kind, (*TRIAL_KINDS, *OTHER_KINDS))
        row = (kind, "started", _now(), to_json(versions or {}), to_json(details or {}))
        with self._writing():
            cursor = self._connection.execute(
                "INSERT INTO runs (kind, status, created, versions, details) VALUES (?,?,?,?,?)",
                row,
            )
        return int(cursor.lastrowid or 0)

    def finish(self, run: int, status: str = "finished") -> None:
        """Note how a run ended.

        Raises
        ------
        UnknownNameError
            If there is no such run.
        ParameterError
            If the status is not one of `STATUSES`.
        """
        _check_choice("status", status, STATUSES)
        with self._writing():
            self._check_run(run)
            self._connection.execute(
                "UPDATE runs SET status = ?, ended = ? WHERE id = ?", (status, _now(), run)
            )

    @contextlib.contextmanager
    def run(
        self,
        kind: str,
        *,
        versions: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Iterator[int]:
        """Begin a run and note its end: finished, or aborted by an error or Ctrl-C.

        Parameters as in `begin`; gives the run's number. A killed process leaves ``"started"``.
        """
        number = self.begin(kind, versions=versions, details=details)
        try:
            yield number
        except BaseException:
            self.finish(number, "aborted")
            raise
        self.finish(number)

    def record(self, outcome: Outcome, *, run: int) -> int:
        """Append one outcome; see `record_many`."""
        return self.record_many([outcome], run=run)

    def record_many(self, outcomes: Iterable[Outcome], *, run: int) -> int:
        """Append outcomes in one transaction: all of them or none.

        Parameters
        ----------
        outcomes : iterable of Outcome
            What was tried.
        run : int
            Number of the run, from `begin`.

        Returns
        -------
        int
            The ledger's position after them.

        Raises
        ------
        UnknownNameError
            If there is no such run.
        ParameterError
            If a status is not one of `STATUSES`.
        WorkspaceError
            If the ledger cannot be written; then nothing was.
        """
        todo = list(outcomes)
        for each in todo:
            _check_choice("status", each.status, STATUSES)
        with self._writing():
            self._check_run(run)
            now = _now()
            keys = self._find_keys(todo)
            self._connection.executemany(
                "INSERT OR IGNORE INTO trials (setting, parameters, created) VALUES (?,?,?)",
                [(*key, now) for key in keys],
            )
            self._connection.executemany(
                "INSERT INTO outcomes (trial, run, status, sharpe, n_days, returns_path, "
                "returns_row, created) SELECT id, ?, ?, ?, ?, ?, ?, ? FROM trials "
                "WHERE setting = ? AND parameters = ?",
                [
                    (run, *row, now, *key)
                    for row, key in zip(to_outcome_rows(todo, self.path.parent), keys, strict=True)
                ],
            )
            return self._read_position()

    def position(self) -> int:
        """Return the number of the last outcome; what is recorded later has higher ones."""
        with self._guarded("read"):
            return self._read_position()

    def count_trials(self, **filters: Unpack[Filters]) -> int:
        """Count distinct trials, finished or not: what was begun and dropped was tried as well.

        Parameters
        ----------
        **filters : Filters
            E.g. ``market="xmr_1h"``; all markets by default.
        """
        where, values = _to_where(filters)
        with self._guarded("read"):
            query = f"SELECT COUNT(DISTINCT outcomes.trial) {_JOINED} {where}"
            return int(self._connection.execute(query, values).fetchone()[0])

    def trials(self, **filters: Unpack[Filters]) -> list[Entry]:
        """Return distinct trials in the order in which they were first made.

        Parameters
        ----------
        **filters : Filters
            E.g. ``strategy="sma_cross", status="finished"``. Without a filter every trial is there,
            each with its latest finished outcome.
        """
        return [to_entry(row, self.path.parent) for row in self._find_latest(filters)]

    def sharpes(self, **filters: Unpack[Filters]) -> list[float]:
        """Return the annual Sharpe ratio of each distinct trial; NaN where there is none.

        As long as `count_trials` says, in the order of `trials`.
        """
        return [to_float(row["sharpe"]) for row in self._find_latest(filters)]

    def runs(self, *, kind: str | None = None, status: str | None = None) -> list[RunEntry]:
        """Return the runs in order, those of every kind unless one is named."""
        query = (
            "SELECT runs.*, COUNT(DISTINCT outcomes.trial) AS n_trials FROM runs "
            "LEFT JOIN outcomes ON outcomes.run = runs.id "
            "WHERE runs.kind = COALESCE(?, runs.kind) AND runs.status = COALESCE(?, runs.status) "
            "GROUP BY runs.id ORDER BY runs.id"
        )
        with self._guarded("read"):
            rows = self._connection.execute(query, (kind, status)).fetchall()
        return [to_run_entry(row) for row in rows]

    def _prepare(self, read_only: bool) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA synchronous = FULL")
        if read_only:
            check(self._connection, self.path)
        else:
            prepare(self._connection, self.path, _PATIENCE)

    def _find_latest(self, filters: Filters) -> list[sqlite3.Row]:
        where, values = _to_where(filters)
        query = f"{_LATEST} {where} GROUP BY outcomes.trial ORDER BY outcomes.trial"
        with self._guarded("read"):
            return self._connection.execute(query, values).fetchall()

    def _find_keys(self, outcomes: Iterable[Outcome]) -> list[tuple[int, str]]:
        """Return number of the settings and parameters of each trial, storing new settings."""
        numbers: dict[tuple[object, ...], int] = {}
        keys = []
        for each in outcomes:
            shared = find_shared(each.trial)
            if shared not in numbers:
                numbers[shared] = self._store_settings(digest_settings(each.trial), each.trial)
            keys.append((numbers[shared], to_json(each.trial.parameters)))
        return keys

    def _store_settings(self, digest: str, trial: Trial) -> int:
        self._connection.execute(
            "INSERT OR IGNORE INTO settings (digest, strategy, source, market, interval, data, "
            'start, "end", costs, execution) VALUES (?,?,?,?,?,?,?,?,?,?)',
            (digest, *to_settings_row(trial)),
        )
        query = "SELECT id FROM settings WHERE digest = ?"
        return int(self._connection.execute(query, (digest,)).fetchone()[0])

    def _read_position(self) -> int:
        query = "SELECT COALESCE(MAX(id), 0) FROM outcomes"
        return int(self._connection.execute(query).fetchone()[0])

    def _check_run(self, run: int) -> None:
        if not self._connection.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone():
            raise UnknownNameError(f"The ledger {self.path} has no run {run}.")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the one write lock until the block is committed or rolled back."""
        with self._guarded("written"), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    @contextlib.contextmanager
    def _guarded(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, WorkspaceError):
                raise
            raise WorkspaceError(f"The ledger {self.path} cannot be {verb}: {error}.") from error


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    """Open the file in autocommit mode: transactions are begun by hand."""
    if read_only:
        if not path.is_file():
            raise WorkspaceError(f"There is no ledger at {path}; the first run or sweep makes one.")
        target = f"{path.as_uri()}?{_find_read_mode(path)}"
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.as_uri()
    return sqlite3.connect(target, timeout=_PATIENCE, isolation_level=None, uri=True)


def _find_read_mode(path: Path) -> str:
    """Choose how to read: in a folder that cannot be written SQLite cannot make its shared memory.

    Where nobody can write and no log is left, the file cannot change under the reader either.
    """
    effective = os.access in os.supports_effective_ids
    writable = os.access(path.parent, os.W_OK, effective_ids=effective)
    return "mode=ro" if writable or Path(f"{path}-wal").exists() else "immutable=1"


def _check_choice(what: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ParameterError(
            f"The {what} of a run or an outcome cannot be {value!r}.{suggestion(value, choices)}"
        )


def _to_where(filters: Filters) -> tuple[str, list[Any]]:
    """Turn filters into a WHERE clause and its values."""
    chosen: dict[str, Any] = dict(filters)
    kinds = tuple(chosen.pop("kinds", TRIAL_KINDS))
    clauses = [f"runs.kind IN ({','.join('?' * len(kinds))})"]
    for name in chosen:
        if name not in _CONDITIONS:
            raise ParameterError(
                f"The ledger cannot be filtered by {name!r}.{suggestion(name, _CONDITIONS)}"
            )
        clauses.append(_CONDITIONS[name])
    return f"WHERE {' AND '.join(clauses)}", [*kinds, *chosen.values()]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
