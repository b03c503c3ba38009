"""`Ledger`: append outcomes, count trials, list runs."""

from __future__ import annotations

import contextlib
import datetime
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from kanalo.errors import (
    UnknownNameError,
    WorkspaceError,
)
from kanalo.files import lock
from kanalo.ledger.connection import PATIENCE, connect
from kanalo.ledger.damage import set_aside_damaged
from kanalo.ledger.queries import JOINED, LATEST, check_choice, to_where
from kanalo.ledger.records import (
    OTHER_KINDS,
    STATUSES,
    TRIAL_KINDS,
    Entry,
    Filters,
    Outcome,
    RunEntry,
    find_shared,
    to_json,
    to_set_identity,
)
from kanalo.ledger.rows import (
    store_settings,
    to_entry,
    to_float,
    to_outcome_rows,
    to_run_entry,
)
from kanalo.ledger.schema import check, prepare


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
            if read_only:
                self._open(read_only=True)
                return
            with lock(self.path):  # no other process is making it meanwhile
                set_aside_damaged(self.path)
                self._open(read_only=False)

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

        Returns
        -------
        int
            The run's number, ≥ 1.

        Raises
        ------
        ParameterError
            If there is no such kind.
        WorkspaceError
            If the ledger cannot be written.
        """
        check_choice("kind", kind, (*TRIAL_KINDS, *OTHER_KINDS))
        row = (kind, "started", _now(), to_json(versions or {}), to_json(details or {}))
        with self._writing():
            cursor = self._connection.execute(
                "INSERT INTO runs (kind, status, created, versions, details) VALUES (?,?,?,?,?)",
                row,
            )
        return int(cursor.lastrowid or 0)

    def finish(self, run: int, status: str = "finished") -> None:
        """Note how a run ended.

        Parameters
        ----------
        run : int
            Number of the run, from `begin`.
        status : str
            One of `STATUSES`.

        Raises
        ------
        UnknownNameError
            If there is no such run.
        ParameterError
            If the status is not one of `STATUSES`.
        """
        check_choice("status", status, STATUSES)
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

        A killed process leaves ``"started"``.

        Parameters
        ----------
        kind : str
            One of `TRIAL_KINDS` or `OTHER_KINDS`.
        versions : mapping of str to str, optional
            Versions by package.
        details : mapping of str to object, optional
            Plain values that JSON can hold.

        Yields
        ------
        int
            The run's number, ≥ 1.
        """
        number = self.begin(kind, versions=versions, details=details)
        try:
            yield number
        except BaseException:
            self.finish(number, "aborted")
            raise
        self.finish(number)

    def record(self, outcome: Outcome, *, run: int) -> int:
        """Append one outcome; see `record_many`.

        Parameters
        ----------
        outcome : Outcome
            Trial with its Sharpe ratio.
        run : int
            Number of the run, from `begin`.

        Returns
        -------
        int
            The trial's number, ≥ 1; that of an equal trial if there is one.
        """
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
            check_choice("status", each.status, STATUSES)
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
        where, values = to_where(filters)
        with self._guarded("read"):
            query = f"SELECT COUNT(DISTINCT outcomes.trial) {JOINED} {where}"
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
        """Return the runs in order, those of every kind unless one is named.

        Parameters
        ----------
        kind : str, optional
            One of `TRIAL_KINDS` or `OTHER_KINDS`; None for every kind.
        status : str, optional
            One of `STATUSES`; None for every status.

        Returns
        -------
        list of RunEntry
            By number, ascending.
        """
        query = (
            "SELECT runs.*, COUNT(DISTINCT outcomes.trial) AS n_trials FROM runs "
            "LEFT JOIN outcomes ON outcomes.run = runs.id "
            "WHERE runs.kind = COALESCE(?, runs.kind) AND runs.status = COALESCE(?, runs.status) "
            "GROUP BY runs.id ORDER BY runs.id"
        )
        for what, value, choices in (
            ("kind", kind, (*TRIAL_KINDS, *OTHER_KINDS)),
            ("status", status, STATUSES),
        ):
            if value is not None:
                check_choice(what, value, choices)
        with self._guarded("read"):
            rows = self._connection.execute(query, (kind, status)).fetchall()
        return [to_run_entry(row) for row in rows]

    def summarise(self, run: int, results: Sequence[Mapping[str, Any]]) -> None:
        """Keep the key figures of a run beside its details, for the list of all runs.

        Parameters
        ----------
        run : int
            Number of the run, from `begin`.
        results : sequence of mapping
            Plain values of each result.

        Raises
        ------
        UnknownNameError
            If there is no such run.
        """
        with self._writing():
            self._check_run(run)
            self._connection.execute(
                "UPDATE runs SET details = json_set(details, '$.results', json(?)) WHERE id = ?",
                (json.dumps([dict(each) for each in results]), run),
            )

    def select(self, query: str) -> list[sqlite3.Row]:
        """Return the rows of a query of the tables; see `kanalo.ledger.schema`."""
        with self._guarded("read"):
            return self._connection.execute(query).fetchall()

    def _open(self, *, read_only: bool) -> None:
        self._connection = connect(self.path, read_only)
        try:
            self._prepare(read_only)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, read_only: bool) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA synchronous = FULL")
        if read_only:
            check(self._connection, self.path)
        else:
            prepare(self._connection, self.path, PATIENCE)

    def _find_latest(self, filters: Filters) -> list[sqlite3.Row]:
        where, values = to_where(filters)
        query = f"{LATEST} {where} GROUP BY outcomes.trial ORDER BY outcomes.trial"
        with self._guarded("read"):
            return self._connection.execute(query, values).fetchall()

    def _find_keys(self, outcomes: Iterable[Outcome]) -> list[tuple[int, str]]:
        """Return number of the settings and parameters of each trial, storing new settings."""
        numbers: dict[tuple[object, ...], int] = {}
        keys = []
        for each in outcomes:
            shared = find_shared(each.trial)
            if shared not in numbers:
                numbers[shared] = store_settings(self._connection, each.trial)
            keys.append((numbers[shared], to_set_identity(each.trial.parameters)))
        return keys

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


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
