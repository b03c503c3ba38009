"""All round trips of one set of decisions with orders or two targets, in a table."""

from __future__ import annotations

from collections.abc import Callable

import kanalo.execution.compiled._exit_kernels as exit_kernels
import kanalo.execution.compiled._funding_kernels as funding_kernels
import kanalo.execution.compiled._kernels as kernels
import kanalo.execution.compiled._margin_kernels as margin_kernels
import kanalo.execution.compiled._order_kernels as order_kernels
import kanalo.execution.compiled._question_kernels as question_kernels
import kanalo.execution.compiled._round_trip_kernels as round_trip_kernels
import kanalo.execution.compiled._tape_layout as layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.execution.compiled._order_kernels import start_orders
from kanalo.execution.compiled._round_trip_kernels import play_orders
from kanalo.execution.compiled._tape_layout import Orders, Tape, Terms
from kanalo.typing import FloatArray, IntArray


def _make_simulate(stamp: int) -> Callable[..., int]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def simulate_orders(
        tape: Tape,
        orders: Orders,
        terms: Terms,
        state: FloatArray,
        trades: FloatArray,
        notes: IntArray,
    ) -> int:
        """Run decisions over a tape and return the number of rows.

        ``state`` is room for N_STATE numbers. ``trades`` has two rows for every entry, and
        ``notes`` of shape (most, 2) takes the bars that leave questions open.
        """
        if stamp < 0:
            return 0
        start_orders(terms, state)
        made = 0
        while made + 2 <= len(trades):
            rows = play_orders(tape, orders, terms, state, trades[made : made + 2], notes)
            if rows == 0:
                break
            made += rows
        return made

    return simulate_orders


SOURCES = (
    exit_kernels,
    funding_kernels,
    kernels,
    layout,
    margin_kernels,
    order_kernels,
    question_kernels,
    round_trip_kernels,
)
simulate_orders = _make_simulate(stamp_sources(*SOURCES))
