"""One set of decisions from its orders to its sums, in one call: what a sweep runs thousands of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

import kanalo.analyzers._day_kernels as day_kernels
import kanalo.analyzers._kernels as kernels
import kanalo.analyzers._layout as layout
import kanalo.execution._kernels as fill_kernels
import kanalo.execution._layout as fill_layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.analyzers._day_kernels import add_days, compare_days
from kanalo.analyzers._kernels import add_marks, add_trade, begin, end_marks, end_trades
from kanalo.analyzers._layout import Benchmark, FloatArray, Marks
from kanalo.execution._kernels import play, start
from kanalo.execution._layout import Orders, Tape, Terms

Summarise = Callable[..., int]


def _make_summarise(stamp: int) -> Summarise:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def summarise(
        tape: Tape,
        marks: Marks,
        orders: Orders,
        terms: Terms,
        hold: Benchmark,
        btc: Benchmark,
        work: FloatArray,
        returns: FloatArray,
        days: FloatArray,
        sums: FloatArray,
        compared: FloatArray,
        daily: npt.NDArray[np.float32],
    ) -> int:
        """Simulate one set, add it up, and return how many days have a return.

        ``work`` of shape (2, N_COLUMNS), ``returns`` of one for each entry and ``days`` of shape
        (2, n_days) are room to work in. ``daily`` takes the daily returns, NaN behind the last;
        of length 0 it takes none. Each round trip is added up while its bars are near.
        """
        if stamp < 0:
            return 0
        state, row, since = work[0], work[1], 0
        start(terms, state)
        begin(terms.cash, sums)
        while play(tape, orders, terms, state, row):
            since = add_marks(tape, marks, row, since, sums, days[0])
            add_trade(tape, marks, row, sums, returns)
        end_marks(tape, marks, since, sums, days[0])
        end_trades(sums, returns)
        n_days = add_days(days[0], terms.cash, sums, days[1])
        compare_days(days[1][:n_days], hold, compared[0])
        compare_days(days[1][:n_days], btc, compared[1])
        for day in range(len(daily)):
            daily[day] = days[1, day] if day < n_days else np.nan
        return n_days

    return summarise


summarise = _make_summarise(stamp_sources(day_kernels, kernels, layout, fill_kernels, fill_layout))
