"""Room that a sweep takes: on the disk, named before it begins, and in memory while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from kanalo.errors import WorkspaceError


def count_bytes(n_sets: int, n_days: int, n_statistics: int, n_kept: int | None = None) -> int:
    """Return the bytes that a sweep takes on the disk: float32 returns, float64 statistics twice.

    Parameters
    ----------
    n_sets : int
        Number of parameter sets.
    n_days : int
        Number of daily returns of each.
    n_statistics : int
        Number of statistics of each.
    n_kept : int, optional
        Sets whose daily returns are kept; all by default.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> count_bytes(99_500, 2_317, 50), count_bytes(99_500, 2_317, 50, 2_000)
    (1001766000, 98136000)
    """
    kept = n_sets if n_kept is None else n_kept
    return kept * 4 * n_days + n_sets * 2 * 8 * n_statistics


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


def find_memory() -> int:
    """Return the bytes that the process has in memory, 0 where the system does not tell."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(fields[1]) * 4096
