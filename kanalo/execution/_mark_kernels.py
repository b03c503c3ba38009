"""The account at every close, from a table of trades: only where equity is asked for."""

from __future__ import annotations

from collections.abc import Callable

import kanalo.execution._layout as layout
from kanalo._jit import hot_kernel, stamp_sources
from kanalo.execution._layout import (
    CASH_IN,
    CASH_OUT,
    ENTRY_BAR,
    EXIT_BAR,
    QUANTITY,
    REASON,
    RUIN_REASON,
    FloatArray,
    Tape,
)


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
            j, since = tape.paid_before[entry], last
            stop = last + 1 if row[REASON] == RUIN_REASON else last
            for bar in range(entry, stop):
                if j < len(tape.paid_bar) and tape.paid_bar[j] == bar:
                    funding[bar] = -(quantity * tape.close[bar] * tape.paid_rate[j])
                    cash += funding[bar]
                    j += 1
                if bar < last:
                    equity[bar] = cash + quantity * tape.close[bar]
                    held[bar] = quantity
            cash = row[CASH_OUT]
        equity[since:n] = cash

    return mark


mark = _make_mark(stamp_sources(layout))
