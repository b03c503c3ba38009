"""What was heard, as it was heard: a file of lines for each venue and UTC day, never rewritten.

Each line is an object with ``t`` (unix ms by this machine's clock), ``k`` (what it is) and ``d``
(the frame, or what is to be said). A line that was cut off by a kill is left out on reading.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pandas as pd

from kanalo.errors import DataError
from kanalo.files import to_error

FOLDER = "recordings"
"""Folder of the recordings in a workspace's data."""

CONNECTED, HEARTBEAT, LOST, FRAME = "connected", "heartbeat", "lost", "frame"
CONTRACT = "contract"
"""Kinds of lines; ``lost`` ends what was listened to, as the end of the file does after a kill."""

SYNC = 1.0
"""Seconds after which what was written is on the disk at the latest."""

DAY = 86_400_000

Clock = Callable[[], float]


@dataclass(frozen=True)
class Line:
    """A line of a journal: unix ms, kind, and what it says."""

    time: int
    kind: str
    content: str


class Journal:
    """The journal of a venue, open for writing.

    Parameters
    ----------
    folder : Path
        Of the venue.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, folder: Path, clock: Clock = time.time) -> None:
        self.folder = folder
        self._clock = clock
        self._file: IO[str] | None = None
        self._day = -1
        self._synced = 0.0

    def write(self, kind: str, content: str = "") -> None:
        """Append a line; it is on the disk after `SYNC` seconds at the latest.

        Parameters
        ----------
        kind : str
            What the line is.
        content : str
            What it says.

        Raises
        ------
        WorkspaceError
            If it cannot be written, for example on a full disk.
        """
        now = self._clock()
        stamp = int(now * 1000)
        try:
            file = self._open(stamp // DAY)
            file.write(json.dumps({"t": stamp, "k": kind, "d": content}) + "\n")
            file.flush()
            if now - self._synced >= SYNC or kind == LOST:
                os.fsync(file.fileno())
                self._synced = now
        except OSError as error:
            raise to_error(error, self.folder) from error

    def sync(self) -> None:
        """Bring what was written to the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._synced = self._clock()

    def close(self) -> None:
        """Bring what was written to the disk, and close the file."""
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None

    def _open(self, day: int) -> IO[str]:
        """Return the file of a day; a new day begins a new one."""
        if self._file is None or day != self._day:
            self.close()
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"{pd.Timestamp(day * DAY, unit='ms'):%Y-%m-%d}.jsonl"
            path = self.folder / name
            _end_last_line(path)
            self._file = path.open("a", encoding="utf-8")
            self._day = day
        return self._file


def read_journal(folder: Path) -> Iterator[Line]:
    """Yield the lines of a venue's journal in order; one that was cut off is left out.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    for path in sorted(folder.glob("*.jsonl")):
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    line = _parse(text)
                    if line is not None:
                        yield line
        except OSError as error:
            raise DataError(f"{path}: the recording cannot be read ({error.strerror}).") from error


def _parse(text: str) -> Line | None:
    try:
        values = json.loads(text)
        return Line(int(values["t"]), str(values["k"]), str(values["d"]))
    except (ValueError, KeyError, TypeError):
        return None


def _end_last_line(path: Path) -> None:
    """End a line that a killed process left, so that the next one begins anew."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
