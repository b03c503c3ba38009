"""Open the ledger's file: for writing, or only to look."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from kanalo.errors import WorkspaceError

PATIENCE = 30.0
"""Seconds to wait for another process."""


def connect(path: Path, read_only: bool) -> sqlite3.Connection:
    """Open the file in autocommit mode: transactions are begun by hand.

    Parameters
    ----------
    path : Path
        The ledger; its folder is made where it is to be written.
    read_only : bool
        Whether only to look; the file must exist.

    Returns
    -------
    sqlite3.Connection
        Waits for other writers before it gives up.

    Raises
    ------
    WorkspaceError
        If there is nothing to look at.
    """
    if read_only:
        if not path.is_file():
            raise WorkspaceError(f"There is no ledger at {path}; the first run or sweep makes one.")
        target = f"{path.as_uri()}?{_find_read_mode(path)}"
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.as_uri()
    return sqlite3.connect(target, timeout=PATIENCE, isolation_level=None, uri=True)


def _find_read_mode(path: Path) -> str:
    """Choose how to read: in a folder that cannot be written SQLite cannot make its shared memory.

    Where nobody can write and no log is left, the file cannot change under the reader either.
    """
    effective = os.access in os.supports_effective_ids
    writable = os.access(path.parent, os.W_OK, effective_ids=effective)
    return "mode=ro" if writable or Path(f"{path}-wal").exists() else "immutable=1"
