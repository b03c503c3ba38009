"""What a sweep leaves in the ledger: a run, and an outcome for each set."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.analyzers.batch.engine import Batch
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import KanaloWarning, WorkspaceError
from kanalo.ledger import Ledger, Outcome, Trial
from kanalo.strategy.digest import to_name
from kanalo.sweep.plan import Plan

_SHARPE = [each.key for each in STATISTICS].index("sharpe_ratio")


@dataclass(eq=False)
class SweepRecorder:
    """Writes the sets of a sweep into the ledger as outcomes of one run.

    Attributes
    ----------
    ledger : Ledger
        Where to.
    run : int
        Number of the run.
    trial : Trial
        What all sets share.
    problem : str
        Why the ledger was given up; empty if all is well.
    """

    ledger: Ledger
    run: int
    trial: Trial
    problem: str = ""

    def record(
        self,
        parameters: list[dict[str, Any]],
        batch: Batch,
        path: Path | str,
        places: Sequence[int],
        start: int,
        failures: Mapping[int, str],
    ) -> None:
        """Append one outcome for each set of a chunk.

        Parameters
        ----------
        parameters : list of dict
            Of the grid, for each set.
        batch : Batch
            What the sets earned.
        path : Path or str
            File of their daily returns; empty for none.
        places : sequence of int
            Row of each set in that file; -1 for a set whose daily returns are not kept.
        start : int
            Row of the first set.
        failures : mapping of int to str
            Rows of the sets whose rule raised.
        """
        known = np.count_nonzero(~np.isnan(batch.daily), axis=1)
        fixed = self.trial.parameters
        outcomes = [
            Outcome(
                trial=replace(self.trial, parameters={**fixed, **values}),
                sharpe_ratio=float(batch.values[i, _SHARPE]),
                n_days=int(known[i]),
                returns_path=path if places[i] >= 0 else "",
                returns_row=max(places[i], 0) if path else 0,
                status="aborted" if start + i in failures else "finished",
            )
            for i, values in enumerate(parameters)
        ]
        with self.forgiven():
            self.ledger.record_many(outcomes, run=self.run)

    @contextlib.contextmanager
    def forgiven(self) -> Iterator[None]:
        """Go on without the ledger where it cannot be written, and warn once."""
        if self.problem:
            return
        try:
            yield
        except WorkspaceError as error:
            self.problem = str(error)
            warnings.warn(f"Not in the ledger from here on: {error}", KanaloWarning, stacklevel=2)


def begin_run(
    stack: contextlib.ExitStack, ledger: Ledger, kind: str, details: Mapping[str, Any]
) -> int | None:
    """Note in a ledger that a run begins, and how it ends when the stack is left.

    Parameters
    ----------
    stack : ExitStack
        Left when the run is over.
    ledger : Ledger
        Where to note it.
    kind : str
        One of `kanalo.ledger.TRIAL_KINDS`.
    details : mapping
        See `Ledger.begin`.

    Returns
    -------
    int or None
        Number of the run; None, after a warning, where the ledger cannot be written. Results do not
        depend on it.
    """
    try:
        run = ledger.begin(kind, versions={"kanalo": metadata.version("kanalo")}, details=details)
    except WorkspaceError as error:
        warnings.warn(f"Not in the ledger: {error}", KanaloWarning, stacklevel=2)
        return None

    def end(kind: type[BaseException] | None, *_: object) -> None:
        with contextlib.suppress(WorkspaceError):  # it stays "started", as after a kill
            ledger.finish(run, "finished" if kind is None else "aborted")

    stack.push(end)
    return run


def open_recorder(
    stack: contextlib.ExitStack, ledger: Ledger | None, plan: Plan, folder: str
) -> SweepRecorder | None:
    """Note a sweep in a ledger and return what records its sets; None without a ledger.

    Parameters
    ----------
    stack : ExitStack
        Left when the sweep is over.
    ledger : Ledger or None
        Where to note it.
    plan : Plan
        What is swept.
    folder : str
        Where the sweep is kept; empty for memory.

    Returns
    -------
    SweepRecorder or None
        Writes the sets under one run of the ledger.
    """
    if ledger is None:
        return None
    details = {"strategy": to_name(plan.strategy), "grid": plan.grid.to_dict(), "folder": folder}
    run = begin_run(stack, ledger, "sweep", details)
    return None if run is None else SweepRecorder(ledger, run, plan.to_trial())
