"""Groups of sets from their orders to their sums, in one call: what a sweep runs many times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

import kanalo.analyzers.batch._day_kernels as day_kernels
import kanalo.analyzers.batch._share_kernels as share_kernels
import kanalo.analyzers.batch._statistic_kernels as mark_kernels
import kanalo.analyzers.batch._sum_layout as layout
import kanalo.analyzers.batch._trade_kernels as trade_kernels
import kanalo.execution.compiled._address_kernels as address_kernels
import kanalo.execution.compiled._exit_kernels as exit_kernels
import kanalo.execution.compiled._funding_kernels as funding_kernels
import kanalo.execution.compiled._kernels as fill_kernels
import kanalo.execution.compiled._margin_kernels as margin_kernels
import kanalo.execution.compiled._order_kernels as order_kernels
import kanalo.execution.compiled._play_kernels as play_kernels
import kanalo.execution.compiled._question_kernels as question_kernels
import kanalo.execution.compiled._round_trip_kernels as round_trip_kernels
import kanalo.execution.compiled._tape_layout as fill_layout
from kanalo._jit import hot_kernel, inlined, stamp_sources
from kanalo.analyzers.batch._day_kernels import add_days, compare_days
from kanalo.analyzers.batch._statistic_kernels import add_marks, begin, end_marks
from kanalo.analyzers.batch._sum_layout import N_AMBIGUOUS, N_RESOLVED, Benchmark, Marks
from kanalo.analyzers.batch._trade_kernels import add_trade, end_trades
from kanalo.execution.compiled._address_kernels import find_orders
from kanalo.execution.compiled._kernels import start
from kanalo.execution.compiled._order_kernels import start_orders
from kanalo.execution.compiled._play_kernels import play
from kanalo.execution.compiled._round_trip_kernels import join_rows, play_orders
from kanalo.execution.compiled._tape_layout import (
    N_DECIDED,
    N_NOTED,
    NEXT_ENTRY,
    PATH,
    SINCE,
    STAGE,
    Orders,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray, IntArray

Summarise = Callable[..., None]


@inlined
def _play_until(
    tape: Tape,
    marks: Marks,
    orders: Orders,
    terms: Terms,
    stop: int,
    state: FloatArray,
    rows: FloatArray,
    notes: IntArray,
    returns: FloatArray,
    daily: FloatArray,
    sums: FloatArray,
) -> None:
    """Play the round trips that are decided before a bar, and add each up while it is near."""
    n = len(orders.entries)
    while int(state[NEXT_ENTRY]) < n and orders.entries[int(state[NEXT_ENTRY])] < stop:
        if not play(tape, orders, terms, state, rows, notes):
            return
        state[SINCE] = add_marks(tape, marks, rows[0], int(state[SINCE]), sums, daily)
        add_trade(tape, marks, rows[0], sums, returns)


@inlined
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


@inlined
def _play_orders(
    tape: Tape,
    marks: Marks,
    orders: Orders,
    terms: Terms,
    state: FloatArray,
    rows: FloatArray,
    notes: IntArray,
    returns: FloatArray,
    daily: FloatArray,
    sums: FloatArray,
) -> None:
    """Play all round trips of a set with orders or two targets, and add each up."""
    start_orders(terms, state)
    while True:
        n_rows = play_orders(tape, orders, terms, state, rows, notes)
        if n_rows == 0:
            break
        for i in range(n_rows):
            state[SINCE] = add_marks(tape, marks, rows[i], int(state[SINCE]), sums, daily)
        join_rows(rows, n_rows)
        add_trade(tape, marks, rows[0], sums, returns)
    sums[N_AMBIGUOUS] += state[N_NOTED]
    sums[N_RESOLVED] += state[N_DECIDED]


@inlined
def _begin_sets(
    tape: Tape,
    marks: Marks,
    places: IntArray,
    terms: Terms,
    rows: FloatArray,
    notes: IntArray,
    state: FloatArray,
    returns: FloatArray,
    days: FloatArray,
    sums: FloatArray,
) -> None:
    """Set the state of every set; one with orders or two targets is played to its end at once."""
    for i in range(len(places)):
        start(terms, state[i])
        begin(terms.cash, sums[i])
        orders = find_orders(places[i])
        changed = terms.through or terms.both_touched == PATH or terms.max_share < np.inf
        if len(orders.order) or changed:
            _play_orders(
                tape, marks, orders, terms, state[i], rows, notes, returns[i], days[i], sums[i]
            )
            state[i, NEXT_ENTRY] = len(orders.entries)


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
        rows: FloatArray,
        notes: IntArray,
        state: FloatArray,
        returns: FloatArray,
        days: FloatArray,
        sums: FloatArray,
        compared: FloatArray,
        daily: npt.NDArray[np.float32],
    ) -> None:
        """Simulate a group of sets and add each up.

        ``places`` of shape (n_sets, N_PLACES) tells where their orders are. ``rows`` of shape
        (2, N_COLUMNS), ``state`` of (n_sets, N_STATE), ``returns`` of (n_sets, most entries) and
        ``days`` of (n_sets + 3, n_days) are room to work in. ``daily`` takes the daily returns, NaN
        behind the last; without columns it takes none.
        """
        if stamp < 0:
            return
        n_sets, n_bars = len(places), len(tape.close)
        _begin_sets(tape, marks, places, terms, rows, notes, state, returns, days, sums)
        # All sets take a stage before any takes the next: its prices stay in the cache for all.
        for stage in range(0, n_bars, STAGE):
            for i in range(n_sets):
                _play_until(
                    tape,
                    marks,
                    find_orders(places[i]),
                    terms,
                    stage + STAGE,
                    state[i],
                    rows,
                    notes,
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
    funding_kernels,
    fill_kernels,
    fill_layout,
    margin_kernels,
    order_kernels,
    play_kernels,
    question_kernels,
    round_trip_kernels,
)
summarise = _make_summarise(stamp_sources(*_SOURCES))
