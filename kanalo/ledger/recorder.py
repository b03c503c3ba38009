"""`Recorder`: what a command leaves in the ledger, or why it leaves nothing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanalo.errors import WorkspaceError
from kanalo.file_formats import RECORD
from kanalo.files import write_file
from kanalo.ledger.daily import save_daily
from kanalo.ledger.ledger import Ledger
from kanalo.ledger.records import RunEntry, to_outcome, to_summary

if TYPE_CHECKING:
    from kanalo.execution.result import Result

LEDGER = "ledger.sqlite"
"""Name of the ledger in the folder of a workspace's results."""


@dataclass
class Recorder:
    """Records results as outcomes of one run, as soon as they are there.

    A ledger that cannot be written does not cost the results: the first failure is kept in
    ``problem``, and nothing more is written.

    Attributes
    ----------
    folder : Path
        Folder of the ledger; daily returns and records of runs are kept below it.
    kind, versions, details
        As for `Ledger.begin`.
    ledger : Ledger or None
        None before `begin`, and where it can be neither written nor read.
    run : int
        Number of the run; 0 where there is none.
    problem : str
        Why nothing was recorded; empty if all is well.
    position : int or None
        Where the ledger is read as it stood then; as it stands by default.
    """

    folder: Path
    kind: str
    versions: Mapping[str, str]
    details: Mapping[str, Any]
    ledger: Ledger | None = None
    run: int = 0
    problem: str = ""
    position: int | None = None

    def begin(self) -> None:
        """Open the ledger and note the run: once it is clear that there is something to run."""
        if self.ledger is not None or self.problem:
            return
        try:
            self.ledger = Ledger(self.folder / LEDGER)
            self.run = self.ledger.begin(self.kind, versions=self.versions, details=self.details)
        except WorkspaceError as error:
            self.problem = str(error)
            self.ledger = self.ledger or _open_for_reading(self.folder)

    def end(self, status: str) -> None:
        """Note how the run ended and close the ledger."""
        if self.ledger is None:
            return
        with self._forgiven():
            if self.run:
                self.ledger.finish(self.run, status)
        self.ledger.close()

    @property
    def works(self) -> bool:
        """Whether everything so far was recorded."""
        return self.run > 0 and not self.problem

    def record(self, result: Result) -> None:
        """Record a result as an outcome, and keep its daily returns."""
        from kanalo.analyzers import to_daily_returns

        if self.ledger is None or self.problem:
            return
        daily = to_daily_returns(result.equity, result.cash)
        with self._forgiven():
            path = save_daily(daily, self.folder / "returns")
            self.ledger.record(to_outcome(result, returns_path=path), run=self.run)

    def keep(self, record: Mapping[str, Any]) -> None:
        """Keep what `kanalo verify` compares with: statistics and verdicts to the last digit."""
        if not self.works:
            return
        with self._forgiven():
            _write(find_record(self.folder, self.run), record)
            if self.ledger is not None:
                self.ledger.summarise(self.run, to_summary(record))

    @contextlib.contextmanager
    def _forgiven(self) -> Iterator[None]:
        try:
            yield
        except WorkspaceError as error:
            self.problem = self.problem or str(error)


@contextlib.contextmanager
def recording(
    folder: Path, kind: str, *, versions: Mapping[str, str], details: Mapping[str, Any]
) -> Iterator[Recorder]:
    """Record one run in the ledger of a folder, from the recorder's `Recorder.begin` on.

    Parameters
    ----------
    folder : Path
        Folder of the workspace's results.
    kind, versions, details
        As for `Ledger.begin`.

    Yields
    ------
    Recorder
        One that records nothing, and says why, where the ledger cannot be written.
    """
    recorder = Recorder(folder, kind, versions, details)
    try:
        yield recorder
    except BaseException:
        recorder.end("aborted")
        raise
    recorder.end("finished")


def find_record(folder: Path, run: int) -> Path:
    """Return the file in which a run's statistics are kept.

    Parameters
    ----------
    folder : Path
        The ledger's folder.
    run : int
        Number of the run, ≥ 1.

    Returns
    -------
    Path
        The file need not exist.
    """
    return folder / "runs" / f"{run:06d}.json"


def load_record(folder: Path, run: int) -> dict[str, Any] | None:
    """Read what `Recorder.keep` wrote; None where there is nothing.

    Parameters
    ----------
    folder : Path
        Of the results, in which the ledger lies.
    run : int
        Number of the run, at least 1.

    Returns
    -------
    dict of str to object, or None
        What was kept, as JSON holds it.

    Raises
    ------
    WorkspaceError
        If the record has a version that this kanalo cannot read.
    """
    path = find_record(folder, run)
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    RECORD.check(record.get("schema"), path)
    return record


def load_figures(folder: Path, entry: RunEntry) -> dict[str, Any]:
    """Read the record of a run that must have left one.

    Parameters
    ----------
    folder : Path
        Of the results, in which the ledger lies.
    entry : RunEntry
        The run.

    Returns
    -------
    dict of str to object
        What was kept, as JSON holds it.

    Raises
    ------
    WorkspaceError
        If the run left no figures.
    """
    record = load_record(folder, entry.id)
    if record is None:
        raise WorkspaceError(
            f"Run {entry.id} is {entry.status} and left no figures to compare with."
        )
    return record


def _open_for_reading(folder: Path) -> Ledger | None:
    try:
        return Ledger(folder / LEDGER, read_only=True)
    except WorkspaceError:
        return None


def _write(path: Path, record: Mapping[str, Any]) -> None:
    write_file(path, json.dumps(record, sort_keys=True))
