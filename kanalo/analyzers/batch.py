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
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers import _layout as layout
from kanalo.analyzers import relative
from kanalo.analyzers._batch_kernels import summarise
from kanalo.analyzers._layout import Benchmark, FloatArray, Marks
from kanalo.analyzers.finish import finish
from kanalo.analyzers.returns import to_daily_equity
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import EngineError, ParameterError
from kanalo.execution.compiled import make_table, to_blocks, to_orders, to_tape, to_terms
from kanalo.execution.costs import Costs
from kanalo.execution.records import Reason
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

_DAY_NS = 86_400_000_000_000
_ROOM = 64  # sets for which a thread takes memory at a time


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
    daily: npt.NDArray[np.float32]
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
    daily: bool = True,
    threads: int | None = None,
) -> Batch:
    """Run many sets of decisions over one market and return what each earned.

    Parameters
    ----------
    market : Market
        Bars to trade; no warm-up is left out here. Its layout is kept in its cache, so pass the
        same object again.
    decisions : iterable of Decisions
        Sets over the same bars. They are taken one by one as threads get free: a generator that
        decides on the way keeps no more of them in memory than there are threads.
    costs : Costs
        Fees, slippage and funding, the same for all.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.
    daily : bool
        Whether to keep the daily returns: 4 bytes a set and day.
    threads : int, optional
        How many threads share the sets, each on a core of its own; by default one for each core
        that the process may use. Results do not depend on it.

    Raises
    ------
    EngineError
        If decisions were made for another number of bars.
    ParameterError
        If ``threads`` is not an int of at least 1.
    """
    cores = _list_cores()
    wanted = len(cores) if threads is None else threads
    if not isinstance(wanted, int) or wanted < 1:
        raise ParameterError(f"'threads' must be an int of at least 1; received {threads!r}.")
    job = _Job(market, costs, execution, daily)
    source = _Source(decisions)
    if wanted == 1:
        rows = job.work(source, None)
    else:
        with ThreadPoolExecutor(wanted) as pool:
            parts = [
                pool.submit(job.work, source, cores[i % len(cores)] if cores else None)
                for i in range(wanted)
            ]
        rows = [row for part in parts for row in part.result()]
    return job.to_batch(sorted(rows, key=lambda row: row.index))


@dataclass(frozen=True, eq=False)
class _Row:
    """What is left of one set."""

    index: int
    sums: FloatArray
    compared: FloatArray
    daily: npt.NDArray[np.float32]


class _Source:
    """Hand out sets to threads, one at a time."""

    def __init__(self, decisions: Iterable[Decisions]) -> None:
        self._sets = enumerate(decisions)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, Decisions]]:
        return self

    def __next__(self) -> tuple[int, Decisions]:
        with self._lock:
            return next(self._sets)


class _Job:
    """A market, costs and an account, and what a thread does with one set after another."""

    def __init__(self, market: Market, costs: Costs, execution: Execution, daily: bool) -> None:
        self._market, self._daily = market, daily
        self._tape, self._terms = to_tape(market, costs), to_terms(costs, execution)
        self._marks = market.cached(
            to_marks, funding=costs.funding, funding_missing=costs.funding_missing
        )
        self._hold, self._btc = market.cached(to_benchmarks)

    def work(self, source: Iterable[tuple[int, Decisions]], core: int | None) -> list[_Row]:
        """Take sets from a source until it is empty."""
        if core is not None:
            os.sched_setaffinity(0, {core})  # of this thread alone
        n_days = len(self._marks.day_net)
        n_kept = n_days if self._daily else 0
        days, work, returns = np.empty((2, n_days)), make_table(2), np.empty(0)
        rows: list[_Row] = []
        for index, decisions in source:
            if decisions.n_bars != len(self._market):
                raise EngineError(
                    f"The decisions look at {decisions.n_bars} bars; "
                    f"the market has {len(self._market)}."
                )
            if len(decisions.entries) > len(returns):
                returns = np.empty(2 * len(decisions.entries))
            at = len(rows) % _ROOM
            if at == 0:
                sums = np.zeros((_ROOM, layout.N_SUMS))
                compared = np.zeros((_ROOM, 2, layout.N_COMPARED))
                daily = np.empty((_ROOM, n_kept), dtype=np.float32)
            row = _Row(index, sums[at], compared[at], daily[at])
            summarise(
                self._tape,
                self._marks,
                to_orders(decisions),
                self._terms,
                self._hold,
                self._btc,
                work,
                returns,
                days,
                row.sums,
                row.compared,
                row.daily,
            )
            rows.append(row)
        return rows

    def to_batch(self, rows: list[_Row]) -> Batch:
        """Turn sums into figures."""
        sums = np.array([row.sums for row in rows]).reshape(-1, layout.N_SUMS)
        compared = np.array([row.compared for row in rows]).reshape(-1, 2, layout.N_COMPARED)
        figures = finish(sums, compared, self._market, self._terms.cash)
        values = np.column_stack([figures[each.key] for each in STATISTICS])
        days = self._market.cached(to_days)
        n_days = len(days) if self._daily else 0
        daily = np.empty((len(rows), n_days), dtype=np.float32)
        for row, kept in zip(daily, rows, strict=True):
            row[:] = kept.daily
        reasons = sums[:, layout.REASONS : layout.REASONS + len(Reason)].astype(np.int64)
        return Batch(values, reasons, daily, days)


def to_days(market: Market) -> pd.DatetimeIndex:
    """Return the midnights of the UTC days that have bars."""
    return pd.DatetimeIndex(to_daily_equity(market.bars["close"]).index)


def to_marks(market: Market, *, funding: bool, funding_missing: float) -> Marks:
    """Lay out what statistics need of a market and the funding that its positions pay."""
    tape = to_tape(market, Costs(funding=funding, funding_missing=funding_missing))
    net = tape.close  # the same array where nothing is paid: half as much to read
    if len(tape.paid_bar):
        paid = np.zeros(len(market))
        paid[tape.paid_bar] = tape.close[tape.paid_bar] * tape.paid_rate
        net = tape.close - np.cumsum(paid)
    middle, moments = _to_moments(net)
    stretches = to_blocks(net, layout.STRETCH)
    times = np.array(market.index.as_unit("ns").asi8)
    ends = np.diff(times // _DAY_NS, append=np.iinfo(np.int64).max) != 0
    return Marks(
        times=times,
        net=net,
        middle=middle,
        moments=moments,
        lows=stretches.min(axis=1),
        highs=stretches.max(axis=1),
        days_before=np.concatenate(([0], np.cumsum(ends))).astype(np.int64),
        day_net=net[ends],
    )


def _to_moments(net: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first value of each block, and running sums of the distances from it."""
    size, n = layout.MOMENT_BLOCK, len(net)
    blocks = -(-n // size)
    table = np.concatenate((net, np.full(blocks * size - n, net[-1]))).reshape(blocks, size)
    distance = table - table[:, :1]
    moments = np.stack([np.cumsum(each, axis=1) for each in (distance, distance**2)], axis=-1)
    return table[:, 0].copy(), moments.reshape(-1, 2)[:n].copy()


def to_benchmarks(market: Market) -> tuple[Benchmark, Benchmark]:
    """Return the daily returns of holding the market, and of BTC where the market has it."""
    unknown = pd.DataFrame({"close": np.nan}, index=market.index)
    btc = unknown if market.benchmark is None else market.benchmark
    return _to_benchmark(market.bars), _to_benchmark(btc)


def _to_benchmark(bars: pd.DataFrame) -> Benchmark:
    returns: Any = relative.to_benchmark_returns(bars).to_numpy(np.float64)
    known = ~np.isnan(returns)
    if not known.any():
        return Benchmark(np.empty(0), np.empty(0))
    return Benchmark(np.where(known, returns, 0.0), known.astype(np.float64))


def _list_cores() -> list[int]:
    """Return the cores that this process may use; one without a number where nobody tells."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
