"""Take the folder of a sweep: a new one, or the one that the same sweep began.

``sweep.json`` says what was asked; a folder in which it says something else is left alone. What
else lies in the folder: `kanalo.sweep.store`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kanalo.errors import WorkspaceError
from kanalo.file_formats import SWEEP
from kanalo.files import sweep_drafts, write_file

MANIFEST = "sweep.json"
LOCK = ".lock"


@contextmanager
def open_folder(folder: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """Take a folder for one sweep: a new one, an empty one, or one that the same sweep began.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    manifest : dict
        What is asked; of plain values.

    Yields
    ------
    Path
        The folder, locked against other processes.

    Raises
    ------
    WorkspaceError
        If the folder holds another sweep or anything else, another process is at work in it, or it
        cannot be written. Nothing is changed then.
    """
    folder = folder.expanduser().absolute()
    check_folder(folder, manifest)
    guard = FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        guard.acquire()
    except Timeout as error:
        raise WorkspaceError(f"Another process is sweeping into {folder}.") from error
    except OSError as error:
        raise WorkspaceError(f"Cannot write to {folder}: {error.strerror}.") from error
    is_new = False
    try:
        check_folder(folder, manifest)
        sweep_drafts(folder)
        is_new = not (folder / MANIFEST).exists()
        if is_new:
            write_file(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
        yield folder
    except Exception:
        if is_new and _list_names(folder) <= {MANIFEST, LOCK}:
            (folder / MANIFEST).unlink(missing_ok=True)  # nothing was begun
        raise
    finally:
        guard.release()  # it goes by itself when the process is killed
        _remove_empty(folder)


def _list_names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def _remove_empty(folder: Path) -> None:
    """Remove a folder in which nothing but the lock is left; another process may be faster."""
    if _list_names(folder) <= {LOCK}:
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
            folder.rmdir()


def check_folder(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse a folder that holds anything but this sweep.

    Parameters
    ----------
    folder : Path
        Folder of the sweep; it need not exist.
    manifest : dict of str to object
        What identifies this sweep, as JSON holds it.

    Raises
    ------
    WorkspaceError
        Naming what differs.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WorkspaceError(f"{folder} is not a folder.")
    stored = _read_manifest(folder)
    if stored is None:
        if any(not each.name.startswith(".") for each in folder.iterdir()):
            raise WorkspaceError(
                f"{folder} holds files that are no sweep's; name another folder with -o. "
                "Nothing was changed."
            )
        return
    asked = json.loads(json.dumps(manifest))
    differing = [key for key in {**asked, **stored} if asked.get(key) != stored.get(key)]
    if differing:
        raise WorkspaceError(
            f"{folder} holds another sweep, which differs in "
            f"{_describe(asked, stored, differing)}; name another folder with -o. Nothing was "
            "changed."
        )


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise WorkspaceError(f"{path} is not the manifest of a sweep. Nothing was changed.")
    SWEEP.check(manifest.get("schema"), path)
    return manifest


def _describe(asked: dict[str, Any], stored: dict[str, Any], keys: list[str]) -> str:
    """Name what differs, one level deep: ``market (start, n_bars), grid``."""
    return ", ".join(_describe_key(key, asked.get(key), stored.get(key)) for key in keys)


def _describe_key(key: str, asked: Any, stored: Any) -> str:
    if not (isinstance(asked, dict) and isinstance(stored, dict)):
        return key
    inner = [name for name in {**asked, **stored} if asked.get(name) != stored.get(name)]
    return f"{key} ({', '.join(inner)})"
