"""All round trips of one set of decisions, in a table."""

from __future__ import annotations

from collections.abc import Callable

import kanalo.execution._exit_kernels as exit_kernels
import kanalo.execution._kernels as kernels
import kanalo.execution._layout as layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.execution._kernels import play, start
from kanalo.execution._layout import FloatArray, Orders, Tape, Terms


def _make_simulate(stamp: int) -> Callable[..., int]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def simulate(
        tape: Tape, orders: Orders, terms: Terms, state: FloatArray, trades: FloatArray
    ) -> int:
        """Run decisions over a tape and return the number of round trips.

        ``state`` is room for N_STATE numbers. ``trades`` has a row for every entry, shape
        (n_entries, N_COLUMNS); what lies behind the returned number is not written.
        """
        if stamp < 0:
            return 0
        start(terms, state)
        made = 0
        while made < len(trades) and play(tape, orders, terms, state, trades[made]):
            made += 1
        return made

    return simulate


simulate = _make_simulate(stamp_sources(exit_kernels, kernels, layout))
