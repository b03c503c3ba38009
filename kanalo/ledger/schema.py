"""The ledger's tables: created, recognised, or refused."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from kanalo.errors import WorkspaceError
from kanalo.file_formats import LEDGER
from kanalo.ledger.migrate import find_renewed_digests, migrate

SCHEMA_VERSION = LEDGER.version
"""1 until 0.1: rules were told apart by the bytes of their file; see `kanalo.ledger.migrate`."""

OLDEST = LEDGER.oldest
"""The oldest schema that is brought up to date; newer ones than ours are refused."""

APPLICATION_ID = 0x6B616E61
"""``kana`` in ASCII; tells a ledger from other SQLite files."""

_TABLES = (
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, status TEXT NOT NULL,
        created TEXT NOT NULL, ended TEXT, versions TEXT NOT NULL, details TEXT NOT NULL)""",
    # What all sets of one sweep share is stored once.
    """CREATE TABLE settings (
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, strategy TEXT NOT NULL,
        source TEXT NOT NULL, market TEXT NOT NULL, interval TEXT NOT NULL, data TEXT NOT NULL,
        start TEXT NOT NULL, "end" TEXT NOT NULL, costs TEXT NOT NULL, execution TEXT NOT NULL)""",
    """CREATE TABLE trials (
        id INTEGER PRIMARY KEY, setting INTEGER NOT NULL REFERENCES settings (id),
        parameters TEXT NOT NULL, created TEXT NOT NULL, UNIQUE (setting, parameters))""",
    """CREATE TABLE outcomes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, trial INTEGER NOT NULL REFERENCES trials (id),
        run INTEGER NOT NULL REFERENCES runs (id), status TEXT NOT NULL, sharpe REAL,
        n_days INTEGER NOT NULL, returns_path TEXT NOT NULL, returns_row INTEGER NOT NULL,
        created TEXT NOT NULL)""",
    "CREATE INDEX outcomes_of_trial ON outcomes (trial)",
    "CREATE INDEX outcomes_of_run ON outcomes (run)",
)


def prepare(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Create the tables in an empty file, or check that they are a ledger's.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode.
    path : Path
        The file, for messages.
    patience : float
        Seconds to wait for another process.

    Raises
    ------
    WorkspaceError
        If the file holds something else, or a ledger of another version.
    """
    if not _is_prepared(connection, path) or _read_version(connection) < SCHEMA_VERSION:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have been quicker.
            if not _is_prepared(connection, path):
                _create(connection)
            elif _read_version(connection) < SCHEMA_VERSION:
                migrate(connection, find_renewed_digests(path))
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    _use_wal(connection, patience)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a file which may only be read is a ledger of this version.

    Parameters
    ----------
    connection : sqlite3.Connection
        Open connection to the file.
    path : Path
        The file, for messages.

    Raises
    ------
    WorkspaceError
        If it is not.
    """
    if not _is_prepared(connection, path):
        raise WorkspaceError(f"{path} is empty; nothing has been recorded in it.")


def _is_prepared(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell a ledger (True) from an empty file (False); refuse everything else."""
    application = _read_number(connection, "PRAGMA application_id")
    version = _read_version(connection)
    if application == APPLICATION_ID and OLDEST <= version <= SCHEMA_VERSION:
        return True
    if application == APPLICATION_ID:
        raise WorkspaceError(
            f"The ledger {path} has schema version {version}; this kanalo knows versions "
            f"{OLDEST} to {SCHEMA_VERSION}. Use the kanalo that wrote it, or name another ledger."
        )
    if application or version or _read_number(connection, "SELECT count(*) FROM sqlite_schema"):
        raise WorkspaceError(f"{path} is a database, but not a kanalo ledger.")
    return False


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to a write-ahead log, so that readers never wait; SQLite itself does not retry this.

    A file system that cannot share memory keeps the rollback journal: slower, and as safe.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _read_version(connection: sqlite3.Connection) -> int:
    return _read_number(connection, "PRAGMA user_version")


def _read_number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])
