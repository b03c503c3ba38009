"""`run_sweep`: decide and simulate one parameter set after another, in chunks of about a second."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.batch import Batch, simulate_many
from kanalo.analyzers.marks import to_days
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import DecisionError
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.rules import Execution
from kanalo.ledger import Ledger, Outcome, Trial
from kanalo.market import Market
from kanalo.provenance import to_name
from kanalo.strategy import Decisions, Strategy
from kanalo.sweep import store as stores
from kanalo.sweep.grid import MAX_SETS, Grid, Span, check_size, make_grid
from kanalo.sweep.plan import Plan, check_strategy_class
from kanalo.sweep.result import SweepResult, to_table
from kanalo.sweep.store import FolderStore, MemoryStore, Store

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many sets are done and how many there are."""

CHUNK_SECONDS = 1.0
CHUNK_SETS = 4096
"""A chunk ends after this time or number of sets: what an interruption loses at most."""

LOOK_SECONDS = 0.02
"""How often a sweep looks at the memory of its process; signals take longer to fill it."""

MEMORY_BUDGET = 512 * 2**20
"""Bytes by which shared signals may let the process grow before they are computed anew."""

_SHARPE = [each.key for each in STATISTICS].index("sharpe_ratio")


def run_sweep(
    strategy: type[Strategy],
    market: Market,
    grid: Grid | Mapping[str, Iterable[Any] | Span],
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    folder: str | Path | None = None,
    ledger: Ledger | None = None,
    max_sets: int | None = MAX_SETS,
    progress: Progress | None = None,
    threads: int | None = None,
) -> SweepResult:
    """Run every parameter set of a grid over one market on the compiled engine.

    Signals that sets share are computed once where the strategy asks for them through
    ``market.cached``.

    Parameters
    ----------
    strategy : type of Strategy
        The rule; a class, not an instance.
    market : Market
        Bars before ``market.first`` warm the signals up; the rest is traded.
    grid : Grid or mapping of str to iterable
        Values to try by parameter; see `parse_grid` and `make_grid`.
    costs : Costs, optional
        5 bps fee, 2 bps slippage and funding by default.
    execution : Execution, optional
        100,000 of cash without leverage by default.
    folder : str or Path, optional
        Keeps the results; the same sweep resumes there after any interruption, and returns at once
        when it is done. In memory by default.
    ledger : Ledger, optional
        Records every set as a trial.
    max_sets : int or None
        Larger grids are refused; None allows any.
    progress : callable, optional
        Called after each chunk.
    threads : int, optional
        See `simulate_many`.

    Returns
    -------
    SweepResult
        The same, to the last bit, whether or not it was interrupted.

    Raises
    ------
    StrategyError
        If the class is no `Strategy`, such as a backtrader strategy written by hand.
    ParameterError
        If the grid is empty or too large, or names or values are not the strategy's.
    WorkspaceError
        If the folder holds anything else.
    """
    check_strategy_class(strategy)
    if not isinstance(grid, Grid):
        grid = make_grid(strategy, grid)
    check_size(grid, max_sets)
    plan = Plan(strategy, market, grid, costs or Costs(), execution or Execution())
    with contextlib.ExitStack() as stack:
        if folder is None:
            recorder = _open_recorder(stack, ledger, plan, "")
            return sweep_in_memory(plan, recorder, progress, threads)
        opened = stack.enter_context(stores.open_folder(Path(folder), plan.to_manifest()))
        if stores.is_finished(opened):
            return _read_result(plan, opened)
        recorder = _open_recorder(stack, ledger, plan, str(opened))
        return _sweep_in_folder(plan, opened, recorder, progress, threads)


@dataclass(frozen=True, eq=False)
class Recorder:
    """Writes the sets of a sweep into the ledger as outcomes of one run.

    Attributes
    ----------
    ledger : Ledger
        Where to.
    run : int
        Number of the run.
    trial : Trial
        What all sets share.
    """

    ledger: Ledger
    run: int
    trial: Trial

    def record(
        self, parameters: list[dict[str, Any]], batch: Batch, path: Path | str, start: int
    ) -> None:
        """Append one outcome for each set of a chunk."""
        known = np.count_nonzero(~np.isnan(batch.daily), axis=1)
        fixed = self.trial.parameters
        outcomes = [
            Outcome(
                trial=replace(self.trial, parameters={**fixed, **values}),
                sharpe_ratio=float(batch.values[i, _SHARPE]),
                n_days=int(known[i]),
                returns_path=path,
                returns_row=start + i if path else 0,
            )
            for i, values in enumerate(parameters)
        ]
        self.ledger.record_many(outcomes, run=self.run)


def _open_recorder(
    stack: contextlib.ExitStack, ledger: Ledger | None, plan: Plan, folder: str
) -> Recorder | None:
    if ledger is None:
        return None
    details = {"strategy": to_name(plan.strategy), "grid": plan.grid.to_dict(), "folder": folder}
    versions = {"kanalo": metadata.version("kanalo")}
    run = stack.enter_context(ledger.run("sweep", versions=versions, details=details))
    return Recorder(ledger, run, plan.to_trial())


def sweep_in_memory(
    plan: Plan,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> SweepResult:
    """Run a plan and keep all in memory."""
    sets, traded = plan.find_sets(), plan.market.traded
    days = find_days(traded)
    store = MemoryStore(len(sets), len(days), len(STATISTICS))
    _fill(_Work(plan, traded, sets, threads), store, recorder, progress)
    values, daily = store.collect()
    return _to_result(plan, to_table(plan.grid, sets, values), daily, days)


def _sweep_in_folder(
    plan: Plan,
    folder: Path,
    recorder: Recorder | None,
    progress: Progress | None,
    threads: int | None,
) -> SweepResult:
    sets, traded = plan.find_sets(), plan.market.traded
    days = find_days(traded)
    store = FolderStore(folder, len(sets), len(STATISTICS), days)
    _fill(_Work(plan, traded, sets, threads), store, recorder, progress)
    values, daily = store.collect()
    table = to_table(plan.grid, sets, values)
    store.finish(table)
    return _to_result(plan, table, daily, days, folder)


def _read_result(plan: Plan, folder: Path) -> SweepResult:
    return _to_result(plan, *stores.read_finished(folder), folder)


def _to_result(
    plan: Plan,
    table: pd.DataFrame,
    daily: npt.NDArray[np.float32],
    days: npt.NDArray[np.datetime64],
    folder: Path | None = None,
) -> SweepResult:
    return SweepResult(
        strategy=to_name(plan.strategy),
        grid=plan.grid,
        fixed=plan.fixed,
        table=table,
        daily_returns=daily,
        days=days,
        n_refused=plan.grid.n_sets - len(table),
        folder=folder,
    )


def find_days(market: Market) -> npt.NDArray[np.datetime64]:
    """Return the UTC days of a market's daily returns, shape (n_days,)."""
    index = market.cached(to_days)
    return index.tz_localize(None).to_numpy().astype("datetime64[D]")


# -- chunks ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Work:
    """The sets of a plan, and how a chunk of them is done."""

    plan: Plan
    traded: Market
    sets: list[tuple[Any, ...]]
    threads: int | None

    def __post_init__(self) -> None:
        self._limit = 0  # unknown until the market is laid out
        self._look_at = 0.0

    def simulate(self, start: int, store: Store) -> Batch:
        """Simulate the sets from one on until the chunk is full."""
        most = min(CHUNK_SETS, len(self.sets) - start)
        return simulate_many(
            self.traded,
            self._decide(start, most),
            self.plan.costs,
            self.plan.execution,
            daily=store.room(start, most),
            threads=self.threads,
        )

    def _decide(self, start: int, most: int) -> Iterator[Decisions]:
        deadline = time.monotonic() + CHUNK_SECONDS
        self._limit = self._limit or find_memory() + MEMORY_BUDGET
        for i in range(start, start + most):
            yield self._decide_one(self.plan.make(self.sets[i]))
            now = time.monotonic()
            if now > self._look_at:
                self._look_at = now + LOOK_SECONDS
                self._bound_memory()
            if now > deadline:
                return

    def _bound_memory(self) -> None:
        """Forget signals where they take too much; what stays behind then is not theirs."""
        if find_memory() > self._limit:
            self.plan.market.forget()
            self._limit = max(self._limit, find_memory() + MEMORY_BUDGET)

    def _decide_one(self, strategy: Strategy) -> Decisions:
        """Decide, and name the set where that fails."""
        market = self.plan.market
        try:
            return decide(strategy, market).since(market.first)
        except DecisionError as error:
            values = ", ".join(f"{key}={value!r}" for key, value in strategy.parameters.items())
            raise DecisionError(f"{type(strategy).__name__}({values}): {error}") from error


def _fill(work: _Work, store: Store, recorder: Recorder | None, progress: Progress | None) -> None:
    """Do what is not done yet; a set counts as done once its statistics are kept."""
    total, names = len(work.sets), tuple(work.plan.grid.axes)
    report = progress or _ignore
    while store.n_done < total:
        start = store.n_done
        report("", start, total)
        batch = work.simulate(start, store)
        path = store.add_returns()
        if recorder is not None:
            chunk = work.sets[start : start + len(batch)]
            parameters = [dict(zip(names, values, strict=True)) for values in chunk]
            recorder.record(parameters, batch, path, start)
        store.add_values(start, batch.values)
    report("", total, total)


def _ignore(label: str, done: int, total: int) -> None:
    del label, done, total


def find_memory() -> int:
    """Return the bytes that the process has in memory, 0 where the system does not tell."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(fields[1]) * 4096
