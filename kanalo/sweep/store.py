"""Where a sweep keeps what it has done: in memory, or in a folder that survives ``kill -9``.

The folder holds ``sweep.json`` (what was asked), ``daily_returns.npy`` with ``days.npy``, of a
large sweep ``rows.npy`` (whose returns they are: a sample, then the best) and, while it runs,
``parts/``: the statistics of each finished chunk in a file of its own, which is written under
another name first. ``sweep.parquet`` is written last: a folder that has it is done.
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
from kanalo.typing import FloatArray, IntArray, ReturnArray

TABLE = "sweep.parquet"
RETURNS, DAYS, PARTS = "daily_returns.npy", "days.npy", "parts"
ROWS = "rows.npy"
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

    def add_returns(self, n_sets: int) -> tuple[Path | str, list[int]]:
        """Keep the daily returns that were written.

        Parameters
        ----------
        n_sets : int
            Rows that were written, from `n_done` on.

        Returns
        -------
        Path or str, list of int
            The file they are in, empty for none, and the place of each row in it; -1 where it is
            not kept.
        """

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

    def add_returns(self, n_sets: int) -> tuple[str, list[int]]:
        """Keep the daily returns that were written; they are in no file.

        Parameters
        ----------
        n_sets : int
            Rows that were written.

        Returns
        -------
        str, list of int
            No file, and a place in it for each row.
        """
        return "", [0] * n_sets

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
    sample : int array of shape (n_kept,), optional
        Rows whose daily returns are kept while the sweep runs, rising; all by default.
    """

    def __init__(
        self,
        folder: Path,
        n_sets: int,
        n_statistics: int,
        days: npt.NDArray[np.datetime64],
        sample: IntArray | None = None,
    ) -> None:
        self.folder = folder
        self._parts = folder / PARTS
        self._parts.mkdir(exist_ok=True)
        self._n_statistics = n_statistics
        self._sample = sample
        self._scratch = np.empty((0, len(days)), dtype=np.float32)
        self._daily = _open_returns(folder, n_sets if sample is None else len(sample), days)
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
            A view of the file, or where a sample is kept of a place beside it, to be written to.
        """
        if self._sample is None:
            return np.asarray(self._daily[start : start + n_sets])
        if len(self._scratch) < n_sets:
            self._scratch = np.empty((n_sets, self._daily.shape[1]), dtype=np.float32)
        return self._scratch[:n_sets]

    def add_returns(self, n_sets: int) -> tuple[Path, list[int]]:
        """Write the daily returns to the disk, and give back the memory that showed them.

        Parameters
        ----------
        n_sets : int
            Rows that were written, from `n_done` on.

        Returns
        -------
        Path, list of int
            The file, and the place of each row in it; -1 where it is not kept.
        """
        places = list(range(self.n_done, self.n_done + n_sets))
        if self._sample is not None:
            first, last = np.searchsorted(self._sample, [self.n_done, self.n_done + n_sets])
            inside = self._sample[first:last] - self.n_done
            self._daily[first:last] = self._scratch[inside]
            places = [-1] * n_sets
            for row, place in zip(inside.tolist(), range(first, last), strict=True):
                places[row] = place
        self._daily.flush()
        if hasattr(mmap, "MADV_DONTNEED"):
            self._file.madvise(mmap.MADV_DONTNEED)
        return self.folder / RETURNS, places

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

    def add_best(self, rows: IntArray, daily: ReturnArray) -> IntArray:
        """Keep the daily returns of more sets behind those of the sample.

        Parameters
        ----------
        rows : int array of shape (n_rows,)
            Rows that are not in the sample.
        daily : float32 array of shape (n_rows, n_days)
            Their daily returns.

        Returns
        -------
        int array of shape (n_sampled + n_rows,)
            Whose daily returns the file holds now.
        """
        sample = np.empty(0, dtype=np.int64) if self._sample is None else self._sample
        kept = np.concatenate([sample, rows])
        _save(self.folder / RETURNS, np.concatenate([self._daily[: len(sample)], daily]))
        _save(self.folder / ROWS, kept)
        return kept

    def collect(self) -> tuple[FloatArray, ReturnArray]:
        """Return all rows; the daily returns stay on disk."""
        parts = [np.load(path, mmap_mode="r") for path in sorted(self._parts.glob("*.npy"))]
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


def read_finished(
    folder: Path,
) -> tuple[pd.DataFrame, ReturnArray, npt.NDArray[np.datetime64], IntArray | None]:
    """Read a sweep that is done: table, daily returns (left on disk), their days and their rows.

    Raises
    ------
    WorkspaceError
        If a file is missing, damaged, or does not fit the others.
    """
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    try:
        table = _read_table(folder / TABLE)
        daily = np.load(folder / RETURNS, mmap_mode="r")
        days = np.load(folder / DAYS)
        kept = np.load(folder / ROWS) if (folder / ROWS).exists() else None
    except (OSError, ValueError, EOFError) as error:
        raise WorkspaceError(
            f"The finished sweep in {folder} is damaged ({shorten(error)}); remove the folder and "
            "sweep again."
        ) from error
    n_kept = len(table) if kept is None else len(kept)
    if daily.shape != (n_kept, len(days)):
        raise WorkspaceError(
            f"The finished sweep in {folder} is damaged: {n_kept:,} sets and {len(days):,} "
            f"days beside daily returns of shape {daily.shape}; remove the folder and sweep again."
        )
    return table, daily, days, kept


def _read_table(path: Path) -> pd.DataFrame:
    """Read as pandas does, column by column: a million sets would be in memory twice."""
    from pyarrow import parquet

    table: pd.DataFrame = parquet.read_table(path).to_pandas(split_blocks=True, self_destruct=True)
    return table
