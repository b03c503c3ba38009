"""All round trips of one set of decisions, in a table."""

from __future__ import annotations

from collections.abc import Callable

import kanalo.execution.compiled._exit_kernels as exit_kernels
import kanalo.execution.compiled._funding_kernels as funding_kernels
import kanalo.execution.compiled._kernels as kernels
import kanalo.execution.compiled._margin_kernels as margin_kernels
import kanalo.execution.compiled._order_kernels as order_kernels
import kanalo.execution.compiled._play_kernels as play_kernels
import kanalo.execution.compiled._question_kernels as question_kernels
import kanalo.execution.compiled._round_trip_kernels as round_trip_kernels
import kanalo.execution.compiled._tape_layout as layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.execution.compiled._kernels import start
from kanalo.execution.compiled._play_kernels import play
from kanalo.execution.compiled._tape_layout import Orders, Tape, Terms
from kanalo.typing import FloatArray, IntArray

SOURCES = (
    exit_kernels,
    funding_kernels,
    kernels,
    layout,
    margin_kernels,
    order_kernels,
    play_kernels,
    question_kernels,
    round_trip_kernels,
)


def _make_simulate(stamp: int) -> Callable[..., int]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def simulate(
        tape: Tape,
        orders: Orders,
        terms: Terms,
        state: FloatArray,
        trades: FloatArray,
        notes: IntArray,
    ) -> int:
        """Run decisions over a tape and return the number of round trips.

        ``state`` is room for N_STATE numbers. ``trades`` has a row for every entry, shape
        (n_entries, N_COLUMNS); what lies behind the returned number is not written. ``notes`` of
        shape (0, 2) takes nothing.
        """
        if stamp < 0:
            return 0
        start(terms, state)
        made = 0
        while made < len(trades):
            if not play(tape, orders, terms, state, trades[made : made + 1], notes):
                break
            made += 1
        return made

    return simulate


simulate = _make_simulate(stamp_sources(*SOURCES))
