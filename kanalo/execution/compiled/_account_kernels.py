"""The account at every close, from a table of trades: only where equity is asked for."""

from __future__ import annotations

from collections.abc import Callable

import kanalo.execution.compiled._exit_kernels as exit_kernels
import kanalo.execution.compiled._funding_kernels as funding_kernels
import kanalo.execution.compiled._margin_kernels as margin_kernels
import kanalo.execution.compiled._tape_layout as layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.execution.compiled._exit_kernels import hold
from kanalo.execution.compiled._tape_layout import (
    AT_CLOSE,
    CASH_IN,
    CASH_OUT,
    ENTRY_BAR,
    EXIT_BAR,
    QUANTITY,
    REASON,
    RUIN_REASON,
    Tape,
)
from kanalo.typing import FloatArray


def _make_mark(stamp: int) -> Callable[..., None]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def mark(
        tape: Tape,
        trades: FloatArray,
        cash: float,
        equity: FloatArray,
        held: FloatArray,
        funding: FloatArray,
    ) -> None:
        """Mark the account at every close; ``held`` and ``funding`` come as zeros."""
        if stamp < 0:
            return
        since, n = 0, len(tape.close)
        for i in range(len(trades)):
            row = trades[i]
            entry, last = int(row[ENTRY_BAR]), int(row[EXIT_BAR])
            equity[since:entry] = cash
            cash, quantity = row[CASH_IN], row[QUANTITY]
            since, pays = last, len(tape.paid_bar) > 0 or len(tape.borrow) > 0
            stop = last + 1 if row[REASON] == RUIN_REASON or row[AT_CLOSE] else last
            for bar in range(entry, stop):
                if pays:
                    funding[bar] = hold(tape, bar, cash, quantity)
                    cash += funding[bar]
                if bar < last:
                    equity[bar] = cash + quantity * tape.close[bar]
                    held[bar] = quantity
            cash = row[CASH_OUT]
        equity[since:n] = cash

    return mark


mark = _make_mark(stamp_sources(exit_kernels, funding_kernels, margin_kernels, layout))
