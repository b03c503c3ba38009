"""Where a sweep keeps what it has done: in memory, or in a folder that survives ``kill -9``.

The folder holds ``sweep.json`` (what was asked), ``daily_returns.npy`` with ``days.npy`` and, while
the sweep runs, ``parts/``: the statistics of each finished chunk in a file of its own, which is
written under another name first. ``sweep.parquet`` is written last: a folder that has it is done.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import WorkspaceError, shorten
from kanalo.files import drafted, write_file
from kanalo.typing import FloatArray, ReturnArray

TABLE = "sweep.parquet"
RETURNS, DAYS, PARTS = "daily_returns.npy", "days.npy", "parts"
FAILED = "failed.json"

_ROWS = 256  # of the blank file of returns that are written at a time


class Store(Protocol):
    """What keeps the rows of a sweep; rows are added in order."""

    @property
    def n_done(self) -> int:
        """Rows that are kept already."""

    def room(self, start: int, n_sets: int) -> ReturnArray:
        """Return where daily returns of rows are to be written.

        Parameters
        ----------
        start : int
            First row, in [0, n_sets).
        n_sets : int
            Number of rows, ≥ 1.

        Returns
        -------
        float32 array of shape (n_sets, n_days)
            A view to be written to.
        """

    def add_returns(self) -> Path | str:
        """Keep the daily returns that were written, and say in which file they are."""

    def add_values(self, start: int, values: FloatArray) -> None:
        """Keep statistics from a row on: only now these rows are done.

        Parameters
        ----------
        start : int
            First row.
        values : float64 array of shape (n_rows, n_statistics)
            Statistics of these rows.
        """

    def add_failures(self, failures: Mapping[int, str]) -> None:
        """Keep why sets could not be decided on, by their row."""

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows."""


class MemoryStore:
    """Keep the rows of a sweep in memory."""

    def __init__(self, n_sets: int, n_days: int, n_statistics: int) -> None:
        self.n_done = 0
        self.failures: dict[int, str] = {}
        self._values = np.empty((n_sets, n_statistics))
        self._daily = np.empty((n_sets, n_days), dtype=np.float32)

    def room(self, start: int, n_sets: int) -> ReturnArray:
        """Return where daily returns of rows are to be written.

        Parameters
        ----------
        start : int
            First row, in [0, n_sets).
        n_sets : int
            Number of rows, ≥ 1.

        Returns
        -------
        float32 array of shape (n_sets, n_days)
            A view to be written to.
        """
        return self._daily[start : start + n_sets]

    def add_returns(self) -> str:
        """Keep the daily returns that were written; they are in no file."""
        return ""

    def add_values(self, start: int, values: FloatArray) -> None:
        """Keep statistics from a row on.

        Parameters
        ----------
        start : int
            First row.
        values : float64 array of shape (n_rows, n_statistics)
            Statistics of these rows.
        """
        self.n_done = start + len(values)
        self._values[start : self.n_done] = values

    def add_failures(self, failures: Mapping[int, str]) -> None:
        """Keep why sets could not be decided on, by their row."""
        self.failures.update(failures)

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
        """Return where daily returns of rows are to be written.

        Parameters
        ----------
        start : int
            First row, in [0, n_sets).
        n_sets : int
            Number of rows, ≥ 1.

        Returns
        -------
        float32 array of shape (n_sets, n_days)
            A view of the file, to be written to.
        """
        return np.asarray(self._daily[start : start + n_sets])

    def add_returns(self) -> Path:
        """Write the daily returns to the disk, and give back the memory that showed them."""
        self._daily.flush()
        if hasattr(mmap, "MADV_DONTNEED"):
            self._file.madvise(mmap.MADV_DONTNEED)
        return self.folder / RETURNS

    def add_values(self, start: int, values: FloatArray) -> None:
        """Write statistics from a row on as one part, whole or not at all.

        Parameters
        ----------
        start : int
            First row.
        values : float64 array of shape (n_rows, n_statistics)
            Statistics of these rows.
        """
        _save(self._parts / f"{start:09d}.npy", values)
        self.n_done = start + len(values)

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows; the daily returns stay on disk."""
        parts = [np.load(path) for path in sorted(self._parts.glob("*.npy"))]
        values = np.concatenate([np.empty((0, self._n_statistics)), *parts])
        return values, np.load(self.folder / RETURNS, mmap_mode="r")

    def add_failures(self, failures: Mapping[int, str]) -> None:
        """Keep why sets could not be decided on, by their row."""
        if failures:
            known = read_failures(self.folder) | dict(failures)
            write_file(self.folder / FAILED, json.dumps(known, indent=1) + "\n")

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table; the folder is done then and the parts are not needed any more."""
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        write_file(self.folder / TABLE, buffer.getvalue())
        shutil.rmtree(self._parts)


def count_bytes(n_sets: int, n_days: int, n_statistics: int) -> int:
    """Return the bytes that a sweep takes on the disk: float32 returns, float64 statistics twice.

    Parameters
    ----------
    n_sets : int
        Number of parameter sets.
    n_days : int
        Number of daily returns of each.
    n_statistics : int
        Number of statistics of each.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> count_bytes(99_500, 2_317, 50)
    1001766000
    """
    return n_sets * (4 * n_days + 2 * 8 * n_statistics)


def check_room(folder: Path, n_bytes: int) -> None:
    """Refuse a sweep that does not fit on the disk, before anything is written.

    Parameters
    ----------
    folder : Path
        Where it is to be kept; need not exist.
    n_bytes : int
        See `count_bytes`.

    Raises
    ------
    WorkspaceError
        Naming what is needed and what is free.
    """
    place = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(place).free
    if n_bytes > free:
        raise WorkspaceError(
            f"The sweep needs {n_bytes / 1e6:,.1f} MB in {folder}, and {free / 1e6:,.1f} MB are "
            "free. Try fewer sets (--random N), a shorter span, or another folder (-o)."
        )


def read_failures(folder: Path) -> dict[int, str]:
    """Read why sets could not be decided on, by their row; empty where all could."""
    try:
        failures = json.loads((folder / FAILED).read_text(encoding="utf-8"))
        return {int(row): str(reason) for row, reason in failures.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise WorkspaceError(f"{folder / FAILED} is damaged ({shorten(error)}).") from error


def _open_returns(
    folder: Path, n_sets: int, days: npt.NDArray[np.datetime64]
) -> np.memmap[Any, np.dtype[np.float32]]:
    """Open the file of returns; what was not tried yet is NaN in it.

    The blocks are written once, so that a disk which is full says so now, and not by a signal in
    the middle of the sweep as a sparse file would.
    """
    path, shape = folder / RETURNS, (n_sets, len(days))
    if not path.exists():
        _save(folder / DAYS, days)
        with drafted(path) as draft:
            _write_blank(draft, shape)
    try:
        return np.lib.format.open_memmap(path, mode="r+")
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path} is damaged ({shorten(error)}).") from error


def _write_blank(path: Path, shape: tuple[int, int]) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    row = np.full(shape[1], np.nan, dtype="<f4").tobytes()
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for first in range(0, shape[0], _ROWS):
            file.write(row * min(_ROWS, shape[0] - first))
        file.flush()
        os.fsync(file.fileno())


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, values)
    write_file(path, buffer.getvalue())


def is_finished(folder: Path) -> bool:
    """Tell whether a folder holds a sweep that is done."""
    return (folder / TABLE).exists()


def read_finished(folder: Path) -> tuple[pd.DataFrame, ReturnArray, npt.NDArray[np.datetime64]]:
    """Read the table, the daily returns (left on disk) and their days of a sweep that is done.

    Raises
    ------
    WorkspaceError
        If a file is missing, damaged, or does not fit the others.
    """
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    try:
        table = pd.read_parquet(folder / TABLE)
        daily = np.load(folder / RETURNS, mmap_mode="r")
        days = np.load(folder / DAYS)
    except (OSError, ValueError, EOFError) as error:
        raise WorkspaceError(
            f"The finished sweep in {folder} is damaged ({shorten(error)}); remove the folder and "
            "sweep again."
        ) from error
    if daily.shape != (len(table), len(days)):
        raise WorkspaceError(
            f"The finished sweep in {folder} is damaged: {len(table):,} sets and {len(days):,} "
            f"days beside daily returns of shape {daily.shape}; remove the folder and sweep again."
        )
    return table, daily, days
