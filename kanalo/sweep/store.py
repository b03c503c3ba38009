"""Where a sweep keeps what it has done: in memory, or in a folder that survives ``kill -9``.

The folder holds ``sweep.json`` (what was asked), ``daily_returns.npy`` with ``days.npy`` and, while
the sweep runs, ``parts/``: the statistics of each finished chunk in a file of its own, which is
written under another name first. ``sweep.parquet`` is written last: a folder that has it is done.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import WorkspaceError

FloatArray = npt.NDArray[np.float64]
ReturnArray = npt.NDArray[np.float32]

TABLE, MANIFEST = "sweep.parquet", "sweep.json"
RETURNS, DAYS, PARTS = "daily_returns.npy", "days.npy", "parts"


class Store(Protocol):
    """What keeps the rows of a sweep; rows are added in order."""

    @property
    def n_done(self) -> int:
        """Rows that are kept already."""

    def room(self, start: int, n_sets: int) -> ReturnArray:
        """Return where daily returns of rows are to be written."""

    def add_returns(self) -> Path | str:
        """Keep the daily returns that were written, and say in which file they are."""

    def add_values(self, start: int, values: FloatArray) -> None:
        """Keep statistics from a row on: only now these rows are done."""

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows."""


class MemoryStore:
    """Keep the rows of a sweep in memory."""

    def __init__(self, n_sets: int, n_days: int, n_statistics: int) -> None:
        self.n_done = 0
        self._values = np.empty((n_sets, n_statistics))
        self._daily = np.empty((n_sets, n_days), dtype=np.float32)

    def room(self, start: int, n_sets: int) -> ReturnArray:
        """Return where daily returns of rows are to be written."""
        return self._daily[start : start + n_sets]

    def add_returns(self) -> str:
        """Keep the daily returns that were written; they are in no file."""
        return ""

    def add_values(self, start: int, values: FloatArray) -> None:
        """Keep statistics from a row on."""
        self.n_done = start + len(values)
        self._values[start : self.n_done] = values

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows."""
        return self._values, self._daily


class FolderStore:
    """Keep the rows of a sweep in a folder.

    Parameters
    ----------
    folder : Path
        Opened by `open_folder`.
    n_sets, n_statistics : int
        Shape of the statistics.
    days : datetime64[D] array of shape (n_days,)
        The days of the returns.
    """

    def __init__(
        self, folder: Path, n_sets: int, n_statistics: int, days: npt.NDArray[np.datetime64]
    ) -> None:
        self.folder = folder
        self._parts = folder / PARTS
        self._parts.mkdir(exist_ok=True)
        self._n_statistics = n_statistics
        self._daily = _open_returns(folder, n_sets, days)
        self._file: mmap.mmap = self._daily.base  # type: ignore[assignment]
        self.n_done = self._find_done()

    def _find_done(self) -> int:
        """Count the rows without a gap; a part behind a gap was never written by us."""
        done = 0
        for path in sorted(self._parts.glob("*.npy")):
            if int(path.stem) != done:
                break
            done += len(np.load(path, mmap_mode="r"))
        return done

    def room(self, start: int, n_sets: int) -> ReturnArray:
        """Return where daily returns of rows are to be written."""
        return np.asarray(self._daily[start : start + n_sets])

    def add_returns(self) -> Path:
        """Write the daily returns to the disk, and give back the memory that showed them."""
        self._daily.flush()
        if hasattr(mmap, "MADV_DONTNEED"):
            self._file.madvise(mmap.MADV_DONTNEED)
        return self.folder / RETURNS

    def add_values(self, start: int, values: FloatArray) -> None:
        """Write statistics from a row on as one part, whole or not at all."""
        _save(self._parts / f"{start:09d}.npy", values)
        self.n_done = start + len(values)

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows; the daily returns stay on disk."""
        parts = [np.load(path) for path in sorted(self._parts.glob("*.npy"))]
        values = np.concatenate([np.empty((0, self._n_statistics)), *parts])
        return values, np.load(self.folder / RETURNS, mmap_mode="r")

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table; the folder is done then and the parts are not needed any more."""
        draft = self.folder / f".{TABLE}.tmp"
        table.to_parquet(draft, index=False)
        draft.replace(self.folder / TABLE)
        shutil.rmtree(self._parts)


def _open_returns(
    folder: Path, n_sets: int, days: npt.NDArray[np.datetime64]
) -> np.memmap[Any, np.dtype[np.float32]]:
    """Open the file of returns; what was not tried yet is NaN in it."""
    path, shape = folder / RETURNS, (n_sets, len(days))
    if not path.exists():
        _save(folder / DAYS, days)
        draft = folder / f".{RETURNS}.tmp"
        rows = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float32, shape=shape)
        rows[:] = np.nan
        rows.flush()
        del rows
        draft.replace(path)
    return np.lib.format.open_memmap(path, mode="r+")


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    with draft.open("wb") as file:
        np.save(file, values)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def is_finished(folder: Path) -> bool:
    """Tell whether a folder holds a sweep that is done."""
    return (folder / TABLE).exists()


def read_finished(folder: Path) -> tuple[pd.DataFrame, ReturnArray, npt.NDArray[np.datetime64]]:
    """Read the table, the daily returns (left on disk) and their days of a sweep that is done."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    daily = np.load(folder / RETURNS, mmap_mode="r")
    return pd.read_parquet(folder / TABLE), daily, np.load(folder / DAYS)


# -- the folder ------------------------------------------------------------------------------------


@contextmanager
def open_folder(folder: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """Take a folder for one sweep: a new one, an empty one, or one that the same sweep began.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    manifest : dict
        What is asked; of plain values.

    Raises
    ------
    WorkspaceError
        If the folder holds another sweep or anything else, another process is at work in it, or it
        cannot be written. Nothing is changed then.
    """
    folder = folder.expanduser().absolute()
    check_folder(folder, manifest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise WorkspaceError(f"Cannot write to {folder}: {error.strerror}.") from error
    try:
        _lock(handle, folder)
        check_folder(folder, manifest)
        if not (folder / MANIFEST).exists():
            draft = folder / f".{MANIFEST}.tmp"
            draft.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
            draft.replace(folder / MANIFEST)
        yield folder
    finally:
        os.close(handle)  # and with it goes the lock, as it does when the process is killed


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WorkspaceError(f"Another process is sweeping into {folder}.") from error


def check_folder(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse a folder that holds anything but this sweep.

    Raises
    ------
    WorkspaceError
        Naming what differs.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WorkspaceError(f"{folder} is not a folder.")
    found = _read_manifest(folder)
    if found is None:
        if any(not each.name.startswith(".") for each in folder.iterdir()):
            raise WorkspaceError(
                f"{folder} holds files that are no sweep's; name another folder with -o. "
                "Nothing was changed."
            )
        return
    asked = json.loads(json.dumps(manifest))
    differing = [key for key in {**asked, **found} if asked.get(key) != found.get(key)]
    if differing:
        raise WorkspaceError(
            f"{folder} holds another sweep, which differs in {_describe(asked, found, differing)}; "
            "name another folder with -o. Nothing was changed."
        )


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WorkspaceError(f"{path} is not the manifest of a sweep. Nothing was changed.")
    return found


def _describe(asked: dict[str, Any], found: dict[str, Any], keys: list[str]) -> str:
    """Name what differs, one level deep: ``market (start, n_bars), grid``."""
    return ", ".join(_describe_key(key, asked.get(key), found.get(key)) for key in keys)


def _describe_key(key: str, asked: Any, found: Any) -> str:
    if not (isinstance(asked, dict) and isinstance(found, dict)):
        return key
    inner = [name for name in {**asked, **found} if asked.get(name) != found.get(name)]
    return f"{key} ({', '.join(inner)})"
