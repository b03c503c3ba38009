"""Groups of sets from their orders to their sums, in one call: what a sweep runs many times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

import kanalo.analyzers._day_kernels as day_kernels
import kanalo.analyzers._layout as layout
import kanalo.analyzers._mark_kernels as mark_kernels
import kanalo.analyzers._share_kernels as share_kernels
import kanalo.analyzers._trade_kernels as trade_kernels
import kanalo.execution._address_kernels as address_kernels
import kanalo.execution._exit_kernels as exit_kernels
import kanalo.execution._kernels as fill_kernels
import kanalo.execution._layout as fill_layout
from kanalo._jit import hot_kernel, part, stamp_sources
from kanalo.analyzers._day_kernels import add_days, compare_days
from kanalo.analyzers._layout import Benchmark, FloatArray, IntArray, Marks
from kanalo.analyzers._mark_kernels import add_marks, begin, end_marks
from kanalo.analyzers._trade_kernels import add_trade, end_trades
from kanalo.execution._address_kernels import find_orders
from kanalo.execution._kernels import play, start
from kanalo.execution._layout import NEXT_ENTRY, SINCE, STAGE, Orders, Tape, Terms

Summarise = Callable[..., None]


@part
def _play_until(
    tape: Tape,
    marks: Marks,
    orders: Orders,
    terms: Terms,
    stop: int,
    state: FloatArray,
    row: FloatArray,
    returns: FloatArray,
    daily: FloatArray,
    sums: FloatArray,
) -> None:
    """Play the round trips that are decided before a bar, and add each up while it is near."""
    n = len(orders.entries)
    while int(state[NEXT_ENTRY]) < n and orders.entries[int(state[NEXT_ENTRY])] < stop:
        if not play(tape, orders, terms, state, row):
            return
        state[SINCE] = add_marks(tape, marks, row, int(state[SINCE]), sums, daily)
        add_trade(tape, marks, row, sums, returns)


@part
def _end(
    tape: Tape,
    marks: Marks,
    terms: Terms,
    hold: Benchmark,
    btc: Benchmark,
    state: FloatArray,
    returns: FloatArray,
    days: FloatArray,
    room: FloatArray,
    sums: FloatArray,
    compared: FloatArray,
    daily: npt.NDArray[np.float32],
) -> None:
    """Add up what needs a whole set: its end, its trades together, its days."""
    end_marks(tape, marks, int(state[SINCE]), sums, days)
    end_trades(sums, returns)
    n_days = add_days(days, terms.cash, sums, room[0])
    made, growth = room[0, :n_days], days[n_days - 1] / terms.cash
    compare_days(made, growth, hold, sums, room[1:], compared[0])
    compare_days(made, growth, btc, sums, room[1:], compared[1])
    kept = min(n_days, len(daily))
    for day in range(kept):
        daily[day] = made[day]
    daily[kept:] = np.nan


def _make_summarise(stamp: int) -> Summarise:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def summarise(
        tape: Tape,
        marks: Marks,
        places: IntArray,
        terms: Terms,
        hold: Benchmark,
        btc: Benchmark,
        row: FloatArray,
        state: FloatArray,
        returns: FloatArray,
        days: FloatArray,
        sums: FloatArray,
        compared: FloatArray,
        daily: npt.NDArray[np.float32],
    ) -> None:
        """Simulate a group of sets and add each up.

        ``places`` of shape (n_sets, N_PLACES) tells where their orders are. ``row`` of shape
        (N_COLUMNS,), ``state`` of (n_sets, N_STATE), ``returns`` of (n_sets, most entries) and
        ``days`` of (n_sets + 3, n_days) are room to work in. ``daily`` takes the daily returns, NaN
        behind the last; without columns it takes none.
        """
        if stamp < 0:
            return
        n_sets, n_bars = len(places), len(tape.close)
        for i in range(n_sets):
            start(terms, state[i])
            begin(terms.cash, sums[i])
        for stage in range(0, n_bars, STAGE):
            for i in range(n_sets):
                _play_until(
                    tape,
                    marks,
                    find_orders(places[i]),
                    terms,
                    stage + STAGE,
                    state[i],
                    row,
                    returns[i],
                    days[i],
                    sums[i],
                )
        for i in range(n_sets):
            _end(
                tape,
                marks,
                terms,
                hold,
                btc,
                state[i],
                returns[i],
                days[i],
                days[n_sets:],
                sums[i],
                compared[i],
                daily[i],
            )

    return summarise


_SOURCES = (
    day_kernels,
    mark_kernels,
    share_kernels,
    trade_kernels,
    layout,
    address_kernels,
    exit_kernels,
    fill_kernels,
    fill_layout,
)
summarise = _make_summarise(stamp_sources(*_SOURCES))
