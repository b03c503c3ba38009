"""The one place that writes files: whole or not at all, at one moment, under a lock.

A file is written beside its place under a name that carries the number of the process, brought to
the disk, and renamed. Whoever reads therefore finds the old content or the new one. Files that
belong together appear in order, the one that names the others last.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from kanalo.errors import WorkspaceError

PATIENCE = 30.0
"""Seconds that a command waits for another one that writes to the same place."""

_DRAFT = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.draft")


def write_file(path: Path, content: bytes | str) -> Path:
    """Replace a file by new content at one moment.

    Parameters
    ----------
    path : Path
        The file; its folder is made where it does not exist.
    content : bytes or str
        Text is written as UTF-8.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WorkspaceError
        If it cannot be written, for example on a full disk; the old content is still there.
    """
    return write_files({path: content})[0]


def write_files(contents: Mapping[Path, bytes | str]) -> list[Path]:
    """Replace several files, none of them before all new contents are on the disk.

    Parameters
    ----------
    contents : mapping of Path to bytes or str
        In the order in which they are to appear; the one that readers look at first comes last.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    WorkspaceError
        If one cannot be written. Before the first has been renamed all old contents are there.
    """
    drafts: list[tuple[Path, Path]] = []
    try:
        for path, content in contents.items():
            drafts.append((_draft(path, content), path))
        for draft, path in drafts:
            reach(f"rename {path.name}")
            draft.replace(path)
    except OSError as error:
        raise to_error(error, drafts[-1][1] if drafts else next(iter(contents))) from error
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    for folder in {path.parent for _, path in drafts}:
        _sync_folder(folder)
        sweep_drafts(folder)  # what killed processes left
    return [path for _, path in drafts]


@contextlib.contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """Write a large file piece by piece, beside its place, and rename it when the block ends.

    Parameters
    ----------
    path : Path
        The file; its folder exists. What the block writes it brings to the disk itself.

    Yields
    ------
    Path
        The draft to be written.

    Raises
    ------
    WorkspaceError
        If it cannot be written; nothing is left then.
    """
    draft = _name_draft(path)
    try:
        reach(f"write {path.name}")
        yield draft
        reach(f"rename {path.name}")
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise to_error(error, path) from error
    finally:
        draft.unlink(missing_ok=True)


def to_error(error: OSError, path: Path) -> WorkspaceError:
    """Say in one sentence why a file could not be written.

    Parameters
    ----------
    error : OSError
        What the system answered.
    path : Path
        File that was to be written.

    Returns
    -------
    WorkspaceError
        To be raised by the caller.
    """
    return WorkspaceError(f"{path} cannot be written ({error.strerror or error}).")


@contextlib.contextmanager
def lock(path: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a lock on a file or folder while it is read, changed and written.

    Parameters
    ----------
    path : Path
        What is changed; the lock lies beside it as ``.<name>.lock``.
    patience : float
        Seconds to wait for another process.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    WorkspaceError
        If another process holds the lock for longer, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    guard = FileLock(path.with_name(f".{path.name}.lock"), timeout=patience)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with guard:
            yield
    except Timeout as error:
        raise WorkspaceError(
            f"Another kanalo has been writing to {path} for {patience:.0f} seconds; try again when "
            "it is done."
        ) from error
    except PermissionError as error:
        raise to_error(error, path) from error


def sweep_drafts(folder: Path) -> list[Path]:
    """Remove drafts in a folder whose process no longer runs; return what was removed.

    Parameters
    ----------
    folder : Path
        Only its own files, not those of folders inside.
    """
    removed = []
    for path in folder.glob(".*.draft"):
        match = _DRAFT.fullmatch(path.name)
        if match and not _is_running(int(match["process"])):
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                path.unlink()
                removed.append(path)
    return removed


def reach(step: str) -> None:
    """Do nothing: the place where tests end the process, or fill the disk, before each step.

    Parameters
    ----------
    step : str
        What comes next, for example ``"rename manifest.json"``.
    """


def _draft(path: Path, content: bytes | str) -> Path:
    """Write content beside its place and bring it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _name_draft(path)
    if path.is_dir():
        raise IsADirectoryError(21, "a folder has this name", str(path))
    try:
        with draft.open("wb") as file:
            reach(f"write {path.name}")
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():  # who may read the old file may read the new one
            shutil.copymode(path, draft)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _name_draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.draft")


def _sync_folder(folder: Path) -> None:
    """Bring the renames in a folder to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError:  # some file systems cannot; the rename itself has happened
        return
    finally:
        os.close(handle)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
