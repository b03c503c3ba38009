"""A ledger that is empty or damaged is kept aside under another name, and said to be."""

from __future__ import annotations

import contextlib
import sqlite3
import warnings
from pathlib import Path

from kanalo.errors import KanaloWarning
from kanalo.files import reach

CHECKED_BYTES = 1 << 24
"""Size up to which every page of a ledger is looked at when it is opened; the first page always."""

_DAMAGED = ("malformed", "not a database", "corrupt", "disk image")


def set_aside_damaged(path: Path) -> Path | None:
    """Rename a ledger that cannot be read, with a warning.

    Parameters
    ----------
    path : Path
        The ledger; the caller holds its lock.

    Returns
    -------
    Path or None
        The new name; None where the ledger is sound or does not exist.
    """
    if not path.is_file():
        return None
    problem = find_damage(path)
    if not problem:
        return None
    kept = _find_free_name(path)
    reach(f"rename {path.name}")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{kept}{suffix}")
    warnings.warn(
        f"The ledger {path} {problem}. It was kept as {kept.name} and a new one was begun: what it "
        "recorded no longer counts as tried.",
        KanaloWarning,
        stacklevel=2,
    )
    return kept


def find_damage(path: Path) -> str:
    """Say what is wrong with a ledger's file; empty where nothing is.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    str
        For example ``"is empty"``. A sound database of another kind is not damaged.
    """
    if not path.stat().st_size:
        return "is empty"
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
        if path.stat().st_size <= CHECKED_BYTES:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            return "" if answer == "ok" else "is damaged"
    except sqlite3.DatabaseError as error:
        if any(word in str(error) for word in _DAMAGED):
            return "is damaged"
    finally:
        connection.close()
    return ""


def _find_free_name(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return kept
