"""One round trip of a set with market entries and one target, as fast as its margin allows.

Bars are skipped while neither stop nor target is near. Where the margin of the position may have
ended, or where it had to borrow, the round trip is walked again bar by bar.
"""

from __future__ import annotations

from kanalo._jit import inlined
from kanalo.execution.compiled._kernels import _enter, _find_leave, _find_next, _hold, needs_care
from kanalo.execution.compiled._round_trip_kernels import live_through
from kanalo.execution.compiled._tape_layout import (
    AMBIGUOUS,
    CASH_NOW,
    EQUITY_NOW,
    N_DECIDED,
    N_NOTED,
    NEXT_ENTRY,
    RESOLVED,
    Orders,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray, IntArray


@inlined
def play(
    tape: Tape, orders: Orders, terms: Terms, state: FloatArray, rows: FloatArray, notes: IntArray
) -> bool:
    """Play the next round trip and write the first of ``rows``; tell whether there was one."""
    k, cash, row = int(state[NEXT_ENTRY]), state[CASH_NOW], rows[0]
    if k >= len(orders.entries) or orders.entries[k] >= len(tape.close) - 1 or cash <= 0:
        return False
    cash = _enter(tape, orders, terms, k, state[EQUITY_NOW], cash, row)
    leave = _find_leave(tape, orders, k, state, row)
    cash = _hold(tape, orders, terms, k, leave, cash, row)
    if terms.is_margined and needs_care(tape, row):
        noted, decided = state[N_NOTED], state[N_DECIDED]
        live_through(tape, orders, terms, state, rows, notes)
        cash = state[CASH_NOW]
        row[AMBIGUOUS] = state[N_NOTED] > noted
        row[RESOLVED] = state[N_DECIDED] > decided
    state[CASH_NOW] = state[EQUITY_NOW] = cash
    state[NEXT_ENTRY] = _find_next(tape, orders, k, state, row)
    return True
