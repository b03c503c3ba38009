"""Statistics of thousands of sets of decisions over one market, without equity per bar.

`simulate_many` runs the compiled engine and adds up, as it goes, all that `calc_statistics` would
tell of each run. Both give the same figures to 1e-9; tests hold them together.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.batch import _sum_layout as layout
from kanalo.analyzers.batch._batch_kernels import summarise
from kanalo.analyzers.batch.finish import calc_same, finish
from kanalo.analyzers.batch.marks import to_benchmarks, to_days, to_marks
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import EngineError, ParameterError
from kanalo.execution.compiled import _tape_layout as fill_layout
from kanalo.execution.compiled._address_kernels import N_PLACES
from kanalo.execution.compiled.addresses import note_decisions
from kanalo.execution.compiled.simulate import to_tape, to_terms
from kanalo.execution.costs import Costs
from kanalo.execution.records import Reason
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions
from kanalo.text import count
from kanalo.typing import FloatArray, ReturnArray

_GROUP = 16  # sets that run together: a thread waits for Python's lock once for all of them
_ROOM = 4_000_000  # numbers in the decisions of a group, after which it is full


@dataclass(frozen=True, eq=False)
class Batch:
    """What many sets of decisions earned over one market, a row for each in their order.

    Attributes
    ----------
    values : float64 array of shape (n_sets, n_statistics)
        The figures of `STATISTICS` in their order; counts too.
    reasons : int64 array of shape (n_sets, n_reasons)
        Closed trades by what ended them; the columns are the values of `Reason`.
    daily : float32 array of shape (n_sets, n_days)
        UTC-daily returns, NaN after ruin; no columns where they were not asked for.
    days : DatetimeIndex of length n_days
        Midnights at which the days start.
    """

    values: FloatArray
    reasons: npt.NDArray[np.int64]
    daily: ReturnArray
    days: pd.DatetimeIndex

    def __len__(self) -> int:
        return len(self.values)

    def statistics(self) -> pd.DataFrame:
        """Return the figures as a frame, one column a statistic; counts are int64."""
        frame = pd.DataFrame(self.values, columns=[each.key for each in STATISTICS])
        counts = {each.key: np.int64 for each in STATISTICS if each.unit == "count"}
        return frame.astype(counts)

    def exit_reasons(self) -> pd.DataFrame:
        """Return how many closed trades each reason ended, one column a reason."""
        return pd.DataFrame(self.reasons, columns=[Reason(i).label for i in range(len(Reason))])


def simulate_many(
    market: Market,
    decisions: Iterable[Decisions],
    costs: Costs,
    execution: Execution,
    *,
    daily: bool | ReturnArray = True,
    threads: int | None = None,
) -> Batch:
    """Run many sets of decisions over one market and return what each earned.

    Parameters
    ----------
    market : Market
        Bars to trade; no warm-up is left out here. Its layout is kept in its cache, so pass the
        same object again.
    decisions : iterable of Decisions
        Sets over the same bars. They are taken in groups as threads get free: a generator that
        decides on the way keeps no more of them in memory than a group for each thread.
    costs : Costs
        Fees, slippage and funding, the same for all.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.
    daily : bool or float32 array of shape (at least n_sets, n_days)
        Whether to keep the daily returns, 4 bytes a set and day; or where to.
    threads : int, optional
        How many threads share the sets, each on a core of its own; by default one for each core
        that the process may use. Results do not depend on it.

    Returns
    -------
    Batch
        Statistics of shape (n_sets, n_statistics) in the order of the sets; daily returns of
        shape (n_sets, n_days) if asked for.

    Raises
    ------
    EngineError
        If decisions were made for another number of bars.
    ParameterError
        If ``threads`` is not an int of at least 1, or ``daily`` has no room for the sets.
    """
    cores = _list_cores()
    wanted = len(cores) if threads is None else threads
    if not isinstance(wanted, int) or wanted < 1:
        raise ParameterError(f"'threads' must be an int of at least 1; received {threads!r}.")
    job = _Job(market, costs, execution, daily)
    source = _Source(decisions, len(market))
    if wanted == 1:
        groups = job.work(source, None)
    else:
        with ThreadPoolExecutor(wanted) as pool:
            parts = [
                pool.submit(job.work, source, cores[i % len(cores)] if cores else None)
                for i in range(wanted)
            ]
            job.prepare()
        groups = [group for part in parts for group in part.result()]
    return job.to_batch(groups)


@dataclass(frozen=True, eq=False)
class _Group:
    """What is left of sets that followed each other, a row each."""

    first: int
    sums: FloatArray
    compared: FloatArray
    daily: ReturnArray


class _Source:
    """Hand out sets to threads, a group at a time."""

    def __init__(self, decisions: Iterable[Decisions], n_bars: int) -> None:
        self._sets, self._n_bars = iter(decisions), n_bars
        self._lock, self._taken = threading.Lock(), 0

    def __iter__(self) -> Iterator[tuple[int, list[Decisions]]]:
        return self

    def __next__(self) -> tuple[int, list[Decisions]]:
        with self._lock:
            first, group, room = self._taken, list[Decisions](), _ROOM
            while len(group) < _GROUP and room > 0:
                decisions = next(self._sets, None)
                if decisions is None:
                    break
                self._check(decisions)
                group.append(decisions)
                room -= _count_numbers(decisions)
            self._taken += len(group)
        if not group:
            raise StopIteration
        return first, group

    def _check(self, decisions: Decisions) -> None:
        if decisions.n_bars != self._n_bars:
            raise EngineError(
                f"The decisions look at {count(decisions.n_bars, 'bar')}; the market has "
                f"{self._n_bars}."
            )


def _count_numbers(decisions: Decisions) -> int:
    """Return about how many numbers decisions hold."""
    lines = (decisions.guard_long is not None) + (decisions.guard_short is not None)
    numbers = 12 if decisions.is_extended else 6
    return numbers * len(decisions.entries) + lines * decisions.n_bars


class _Job:
    """A market, costs and an account, and what a thread does with one group after another."""

    def __init__(
        self, market: Market, costs: Costs, execution: Execution, daily: bool | ReturnArray
    ) -> None:
        self._market, self._daily = market, daily
        self._tape, self._terms = to_tape(market, costs, execution), to_terms(costs, execution)
        self._marks = market.cached(
            to_marks, funding=costs.funding, funding_missing=costs.funding_missing
        )
        self._hold, self._btc = market.cached(to_benchmarks)
        self._n_days = len(self._marks.day_net)
        self._check_daily()

    def _check_daily(self) -> None:
        """Refuse a place for daily returns that kernels, which check nothing, cannot write to."""
        kept = self._daily
        if isinstance(kept, bool):
            return
        plain = kept.dtype == np.float32 and kept.flags.carray
        if not (plain and kept.ndim == 2 and kept.shape[1] == self._n_days):
            raise ParameterError(
                f"'daily' must be a writable float32 array of shape (n_sets, {self._n_days}); "
                f"received {kept.dtype} of shape {kept.shape}."
            )

    def work(self, source: Iterable[tuple[int, list[Decisions]]], core: int | None) -> list[_Group]:
        """Take groups from a source until it is empty."""
        if core is not None:
            os.sched_setaffinity(0, {core})  # of this thread alone
        room = _Room(self._n_days)
        return [self._simulate(first, group, room) for first, group in source]

    def _simulate(self, first: int, group: list[Decisions], room: _Room) -> _Group:
        n = len(group)
        room.fit(n, max(len(each.entries) for each in group))
        copied = list(map(note_decisions, group, room.places))  # alive until the kernel is done
        simulated = _Group(
            first,
            np.zeros((n, layout.N_SUMS)),
            np.zeros((n, 2, layout.N_COMPARED)),
            self._make_daily(first, n),
        )
        summarise(
            self._tape,
            self._marks,
            room.places[:n],
            self._terms,
            self._hold,
            self._btc,
            room.rows,
            room.notes,
            room.state,
            room.returns,
            room.days,
            simulated.sums,
            simulated.compared,
            simulated.daily,
        )
        del copied
        return simulated

    def prepare(self) -> None:
        """Compute what figures need of the market alone, while threads are at work."""
        self._market.cached(to_days)
        self._market.cached(calc_same)

    def _make_daily(self, first: int, n_sets: int) -> ReturnArray:
        """Return where the daily returns of a group go."""
        if isinstance(self._daily, bool):
            return np.empty((n_sets, self._n_days if self._daily else 0), dtype=np.float32)
        if first + n_sets > len(self._daily):
            raise ParameterError(
                f"'daily' has room for {len(self._daily)} sets; there are more: {first + n_sets}."
            )
        return self._daily[first : first + n_sets]

    def to_batch(self, groups: list[_Group]) -> Batch:
        """Turn sums into figures."""
        groups = sorted(groups, key=lambda group: group.first)
        sums = np.concatenate([np.empty((0, layout.N_SUMS)), *(each.sums for each in groups)])
        none = np.empty((0, 2, layout.N_COMPARED))
        compared = np.concatenate([none, *(each.compared for each in groups)])
        if isinstance(self._daily, bool):
            daily = np.concatenate([self._make_daily(0, 0), *(each.daily for each in groups)])
        else:
            daily = self._daily[: len(sums)]
        figures = finish(sums, compared, self._market, self._terms.cash)
        values = np.column_stack([figures[each.key] for each in STATISTICS])
        reasons = sums[:, layout.REASONS : layout.REASONS + len(Reason)].astype(np.int64)
        return Batch(values, reasons, daily, self._market.cached(to_days))


class _Room:
    """Memory in which a thread works, the same for all its groups."""

    def __init__(self, n_days: int) -> None:
        self.rows = np.empty((2, fill_layout.N_COLUMNS))
        self.notes = np.empty((0, 2), dtype=np.int64)  # bars are counted, not listed
        self.places = np.empty((_GROUP, N_PLACES), dtype=np.int64)
        self.state = np.empty((_GROUP, fill_layout.N_STATE))
        self.days = np.empty((2, n_days))
        self.returns = np.empty((1, 0))

    def fit(self, n_sets: int, n_entries: int) -> None:
        """Make room for that many sets of at most so many entries."""
        if len(self.days) < n_sets + 3:
            self.days = np.empty((n_sets + 3, self.days.shape[1]))
        if len(self.returns) < n_sets or self.returns.shape[1] < n_entries:
            self.returns = np.empty((n_sets, n_entries + n_entries // 4))


def _list_cores() -> list[int]:
    """Return the cores that this process may use; one without a number where nobody tells."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
