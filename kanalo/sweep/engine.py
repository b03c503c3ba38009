"""`run_sweep`: decide and simulate one parameter set after another, in chunks of about a second."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.batch.engine import Batch, simulate_many
from kanalo.analyzers.statistics import STATISTICS
from kanalo.arguments import check_type
from kanalo.cluster import Pool, map_chunks
from kanalo.errors import KanaloError
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.rules import Execution
from kanalo.ledger import Ledger
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy
from kanalo.strategy.digest import to_name
from kanalo.sweep import store as stores
from kanalo.sweep.folder import open_folder
from kanalo.sweep.grid import MAX_SETS, Grid, Span, check_size
from kanalo.sweep.keeping import SOME, check_choice, count_kept, find_best_rows, sample_rows
from kanalo.sweep.plan import Plan, find_days, make_plan
from kanalo.sweep.recorder import SweepRecorder, open_recorder
from kanalo.sweep.result import SweepResult, to_table
from kanalo.sweep.room import check_room, count_bytes, find_memory
from kanalo.workspace.arguments import MarketLike

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many sets are done and how many there are."""

CHUNK_SECONDS = 1.0
CHUNK_SETS = 4096
"""A chunk ends after this time or number of sets: what an interruption loses at most."""

MOST_SENT = 512
"""Sets of a chunk that a worker does."""

LOOK_SECONDS = 0.02
"""How often a sweep looks at the memory of its process; signals take longer to fill it."""

MEMORY_BUDGET = 512 * 2**20
"""Bytes by which shared signals may let the process grow before they are computed anew."""

_Filled = Iterator[tuple[Batch, dict[int, str]]]
_IS_COUNT = np.array([each.unit == "count" for each in STATISTICS])


def run_sweep(
    strategy: type[Strategy] | str,
    market: MarketLike,
    grid: Grid | Mapping[str, Iterable[Any] | Span],
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    folder: str | Path | None = None,
    ledger: Ledger | None = None,
    max_sets: int | None = MAX_SETS,
    progress: Progress | None = None,
    threads: int | None = None,
    constraints: Sequence[str] = (),
    pool: Pool | None = None,
    keep_returns: str = SOME,
) -> SweepResult:
    """Run every parameter set of a grid over one market on the compiled engine.

    Signals that sets share are computed once where the strategy asks for them through
    ``market.cached``.

    Parameters
    ----------
    strategy : type of Strategy or str
        The rule: a class, or the name of a rule of the workspace.
    market : Market, str, Path or DataFrame
        A market, the name of a bundled one, a file with bars, or a frame of bars. Bars before
        ``market.first`` warm the signals up; the rest is traded.
    grid : Grid or mapping of str to iterable
        Values to try by parameter; see `parse_grid` and `make_grid`.
    costs : Costs, optional
        5 bps fee, 2 bps slippage, market impact and funding by default.
    execution : Execution, optional
        100,000 of cash, no leverage and an exchange's margin by default.
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
    constraints : list of str
        Conditions that every set tried must meet, such as ``"fast < slow"``.
    pool : Pool, optional
        Workers of `kanalo.cluster.open_pool`, which do the sets instead of this process.
    keep_returns : str
        ``"some"``: of more than 2,000 sets a folder keeps the daily returns of an even sample of
        1,000, of the 10 best in each statistic and of their neighbours; ``"all"``: of every set.
        Statistics are kept of all sets, and in memory all returns.

    Returns
    -------
    SweepResult
        The same, to the last bit, whether or not it was interrupted.

    Raises
    ------
    StrategyError
        If the class is no `Strategy`, such as a backtrader strategy written by hand.
    ParameterError
        If the grid is empty or too large, names or values are not the strategy's, or no set
        meets the constraints.
    WorkspaceError
        If the folder holds anything else.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> swept = kanalo.run_sweep("sma_cross", market, {"fast": range(10, 40, 10)})
    >>> swept.table["fast"].tolist()
    [10, 20, 30]
    """
    check_choice("run_sweep", keep_returns)
    plan = make_plan("run_sweep", strategy, market, grid, costs, execution, constraints)
    plan = replace(plan, keep_returns=keep_returns)
    check_size(plan.grid, max_sets)
    plan.check_some()  # before a folder is made
    check_type("run_sweep", "folder", folder, (str, Path, NoneType), "the path of a folder")
    result = _run(plan, folder, ledger, progress, _How(threads, pool))
    return replace(result, manifest=plan.to_manifest())


class _How(NamedTuple):
    threads: int | None
    pool: Pool | None


def _run(
    plan: Plan,
    folder: str | Path | None,
    ledger: Ledger | None,
    progress: Progress | None,
    how: _How,
) -> SweepResult:
    """Run a plan in memory or in a folder, recorded or not."""
    with contextlib.ExitStack() as stack:
        if folder is None:
            recorder = open_recorder(stack, ledger, plan, "")
            return sweep_in_memory(plan, recorder, progress, how.threads, how.pool)
        opened = stack.enter_context(open_folder(Path(folder), plan.to_manifest()))
        if stores.is_finished(opened):
            return _read_result(plan, opened)
        recorder = open_recorder(stack, ledger, plan, str(opened))
        return _sweep_in_folder(plan, opened, recorder, progress, how)


def sweep_in_memory(
    plan: Plan,
    recorder: SweepRecorder | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    pool: Pool | None = None,
) -> SweepResult:
    """Run a plan and keep all in memory.

    Parameters
    ----------
    plan : Plan
        Rule, market, grid, costs and account.
    recorder : SweepRecorder, optional
        Writes each set to the ledger as a trial.
    progress : callable, optional
        Called with the number of sets done and their total.
    threads : int, optional
        Number of threads, ≥ 1; None for one for each processor.
    pool : Pool, optional
        Workers that do the sets instead.

    Returns
    -------
    SweepResult
        Statistics and daily returns of all sets.
    """
    sets, traded = plan.find_sets(), plan.market.traded
    days = find_days(traded)
    store = stores.MemoryStore(len(sets), len(days), len(STATISTICS))
    _fill(_Work(plan, traded, sets, threads), store, recorder, progress, pool)
    values, daily = store.collect()
    table = to_table(plan.grid, sets, values)
    return _to_result(plan, table, daily, days, failures=store.failures)


def _sweep_in_folder(
    plan: Plan,
    folder: Path,
    recorder: SweepRecorder | None,
    progress: Progress | None,
    how: _How,
) -> SweepResult:
    sets, traded = plan.find_sets(), plan.market.traded
    days = find_days(traded)
    if not (folder / stores.RETURNS).exists():
        n_kept = count_kept(len(sets), plan.keep_returns)
        check_room(folder, count_bytes(len(sets), len(days), len(STATISTICS), n_kept))
    sample = sample_rows(len(sets), plan.keep_returns)
    store = stores.FolderStore(folder, len(sets), len(STATISTICS), days, sample)
    _fill(_Work(plan, traded, sets, how.threads), store, recorder, progress, how.pool)
    values, daily = store.collect()
    result = _to_result(plan, to_table(plan.grid, sets, values), daily, days)
    del values  # 400 MB of a million sets, as the result
    if sample is not None:
        rows = np.setdiff1d(find_best_rows(result), sample)
        store.add_best(rows, simulate_chunk(plan, (0, [sets[row] for row in rows]))[0].daily)
    store.finish(result.table)
    del result, daily
    return _read_result(plan, folder)


def _read_result(plan: Plan, folder: Path) -> SweepResult:
    table, daily, days, kept = stores.read_finished(folder)
    return _to_result(plan, table, daily, days, folder, stores.read_failures(folder), kept)


def _to_result(
    plan: Plan,
    table: pd.DataFrame,
    daily: npt.NDArray[np.float32],
    days: npt.NDArray[np.datetime64],
    folder: Path | None = None,
    failures: Mapping[int, str] | None = None,
    kept: npt.NDArray[np.int64] | None = None,
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
        failures=failures or {},
        kept=kept,
    )


# -- chunks ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Work:
    """The sets of a plan, and how a chunk of them is done."""

    plan: Plan
    traded: Market
    sets: list[tuple[Any, ...]]
    threads: int | None
    seconds: float | None = None  # most that a chunk takes; `CHUNK_SECONDS` by default

    def __post_init__(self) -> None:
        self.failures: dict[int, str] = {}  # of the chunk that was done last
        self._limit = 0  # unknown until the market is laid out
        self._look_at = 0.0

    def simulate(self, start: int, store: stores.Store) -> Batch:
        """Simulate the sets from one on until the chunk is full.

        A set whose rule raises has no trades, NaN in every statistic and return, and its reason in
        ``failures``.
        """
        most = min(CHUNK_SETS, len(self.sets) - start)
        self.failures = {}
        batch = simulate_many(
            self.traded,
            self._decide(start, most),
            self.plan.costs,
            self.plan.execution,
            daily=store.room(start, most),
            threads=self.threads,
        )
        for row in self.failures:
            batch.values[row - start] = np.where(_IS_COUNT, 0.0, np.nan)
            batch.daily[row - start] = np.nan
        return batch

    def _decide(self, start: int, most: int) -> Iterator[Decisions]:
        deadline = time.monotonic() + (CHUNK_SECONDS if self.seconds is None else self.seconds)
        self._limit = self._limit or find_memory() + MEMORY_BUDGET
        for i in range(start, start + most):
            yield self._decide_one(i)
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

    def _decide_one(self, row: int) -> Decisions:
        """Decide; where that fails note the reason, and decide on nothing."""
        market, strategy = self.plan.market, self.plan.make(self.sets[row])
        try:
            return decide(strategy, market).since(market.first)
        except KanaloError as error:
            values = ", ".join(f"{key}={value!r}" for key, value in strategy.parameters.items())
            self.failures[row] = f"{type(strategy).__name__}({values}): {error}"
            return Decisions.from_arrays(len(self.traded))


def _fill(
    work: _Work,
    store: stores.Store,
    recorder: SweepRecorder | None,
    progress: Progress | None,
    pool: Pool | None,
) -> None:
    """Do what is not done yet; a set counts as done once its statistics are kept."""
    total, names = len(work.sets), tuple(work.plan.grid.axes)
    report = progress or _ignore
    report("", store.n_done, total)
    for batch, failures in _do_here(work, store) if pool is None else _do_there(work, store, pool):
        start = store.n_done
        path, places = store.add_returns(len(batch))
        store.add_failures(failures)
        if recorder is not None:
            chunk = work.sets[start : start + len(batch)]
            parameters = [dict(zip(names, values, strict=True)) for values in chunk]
            recorder.record(parameters, batch, path, places, start, failures)
        store.add_values(start, batch.values)
        report("", store.n_done, total)


def _do_here(work: _Work, store: stores.Store) -> _Filled:
    while store.n_done < len(work.sets):
        batch = work.simulate(store.n_done, store)
        yield batch, work.failures


def _do_there(work: _Work, store: stores.Store, pool: Pool) -> _Filled:
    """Let workers simulate chunks; their size changes no result."""
    first, total = store.n_done, len(work.sets)
    size = min(MOST_SENT, max(1, (total - first) // (8 * pool.n_workers)))
    chunks = ((i, work.sets[i : i + size]) for i in range(first, total, size))
    for batch, failures in map_chunks(simulate_chunk, work.plan, chunks, pool):
        store.room(store.n_done, len(batch))[:] = batch.daily
        yield batch, failures


def simulate_chunk(
    plan: Plan, chunk: tuple[int, list[tuple[Any, ...]]]
) -> tuple[Batch, dict[int, str]]:
    """Simulate some sets of a plan on one thread: what a worker does.

    Parameters
    ----------
    plan : Plan
        Of the whole sweep.
    chunk : tuple of int and list of tuple
        Row of the first set, and the sets.

    Returns
    -------
    Batch
        What the sets earned.
    dict of int to str
        Why sets could not be decided on, by their row.
    """
    start, sets = chunk
    traded = plan.market.cached(_find_traded)
    store = stores.MemoryStore(len(sets), len(find_days(traded)), len(STATISTICS))
    work = _Work(plan, traded, sets, threads=1, seconds=math.inf)
    batch = work.simulate(0, store)
    return batch, {start + row: reason for row, reason in work.failures.items()}


def _find_traded(market: Market) -> Market:
    return market.traded


def _ignore(label: str, done: int, total: int) -> None:
    del label, done, total
