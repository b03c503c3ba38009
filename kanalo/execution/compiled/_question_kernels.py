"""What a bar leaves open and the answers to it (rules 5, 13, 14), as `kanalo.execution.twin_bars`.

``kind`` is HELD where the whole bar is ahead of a position, STOP_ENTRY or LIMIT_ENTRY where an
order was filled at ``entry`` inside the bar.
"""

from __future__ import annotations

from kanalo._jit import inlined
from kanalo.execution.compiled._tape_layout import (
    HELD,
    LIMIT_ENTRY,
    N_DECIDED,
    N_NOTED,
    NOTED_BAR,
    NOTED_MASK,
    PATH,
    RESOLVE,
    STOP_ENTRY,
    TARGET_FIRST,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray, IntArray

STOP, NEITHER, TARGET = -1, 0, 1


@inlined
def is_stopped(side: int, price: float, stop: float) -> bool:
    """Tell whether a price is at the stop or beyond."""
    return side * (price - stop) <= 0


@inlined
def is_reached(side: int, price: float, target: float, strict: bool) -> bool:
    """Tell whether a price reaches the target."""
    ahead = side * (price - target)
    return ahead > 0 if strict else ahead >= 0


@inlined
def is_entered(kind: int, side: int, price: float, entry: float, strict: bool) -> bool:
    """Tell whether a price is at an order's price or beyond, so that it is filled."""
    beyond = side * (price - entry)
    if kind == STOP_ENTRY:
        return beyond >= 0
    return beyond < 0 if strict else beyond <= 0


@inlined
def enters_within(
    kind: int, side: int, high: float, low: float, entry: float, strict: bool
) -> bool:
    """Tell whether a range reaches an order."""
    rises = (side > 0) == (kind == STOP_ENTRY)
    return is_entered(kind, side, high if rises else low, entry, strict)


@inlined
def leaves_open(
    kind: int,
    side: int,
    close: float,
    stop: float,
    target: float,
    strict: bool,
    stopped: bool,
    reached: bool,
) -> bool:
    """Tell whether a bar that touches what it does leaves open what came first, or at all."""
    if stopped and reached:
        return True
    if kind == STOP_ENTRY:
        return stopped and not is_stopped(side, close, stop)
    if kind == LIMIT_ENTRY:
        return reached and not is_reached(side, close, target, strict)
    return False


@inlined
def rises_first(opening: float, high: float, low: float) -> bool:
    """Tell whether the path of a bar goes to its high first: the extreme nearer to the open."""
    return high - opening <= opening - low


@inlined
def ask(
    tape: Tape,
    terms: Terms,
    bar: int,
    kind: int,
    side: int,
    entry: float,
    stop: float,
    target: float,
    state: FloatArray,
    notes: IntArray,
) -> int:
    """Tell what a position meets first in a bar: its stop, its target or neither."""
    high, low = tape.high[bar], tape.low[bar]
    worst, best = (low, high) if side > 0 else (high, low)
    stopped = is_stopped(side, worst, stop)
    reached = is_reached(side, best, target, terms.through)
    if not stopped and not reached:
        return NEITHER
    close = tape.close[bar]
    if not leaves_open(kind, side, close, stop, target, terms.through, stopped, reached):
        return STOP if stopped else TARGET
    met, decided = STOP if stopped else NEITHER, False
    if terms.both_touched == TARGET_FIRST:
        met = TARGET if reached else NEITHER
    elif terms.both_touched == PATH:
        met = _walk(tape, terms, bar, kind, side, entry, stop, target)
    elif terms.both_touched == RESOLVE and tape.finer_stop[bar] > tape.finer_start[bar]:
        met, decided = _resolve(tape, terms, bar, kind, side, entry, stop, target)
    note(bar, kind, decided, state, notes)
    return met


@inlined
def note(bar: int, question: int, decided: bool, state: FloatArray, notes: IntArray) -> None:
    """Count a question of a bar once; ``notes`` of shape (most, 2) takes it where it has room."""
    if state[NOTED_BAR] != bar:
        state[NOTED_BAR], state[NOTED_MASK] = bar, 0
    mask = int(state[NOTED_MASK])
    if mask >> question & 1:
        return
    state[NOTED_MASK] = mask | 1 << question
    at = int(state[N_NOTED])
    if at < len(notes):
        notes[at, 0], notes[at, 1] = bar, question
    state[N_NOTED] += 1
    if decided:
        state[N_DECIDED] += 1


@inlined
def _walk(
    tape: Tape,
    terms: Terms,
    bar: int,
    kind: int,
    side: int,
    entry: float,
    stop: float,
    target: float,
) -> int:
    """Follow the path of a bar from the entry on; return what it meets first."""
    high, low = tape.high[bar], tape.low[bar]
    first = rises_first(tape.open[bar], high, low)
    waits = kind != HELD
    for step in range(3):
        price = tape.close[bar]
        if step < 2:
            price = high if first == (step == 0) else low
        if waits and not is_entered(kind, side, price, entry, terms.through):
            continue
        waits = False
        if is_stopped(side, price, stop):
            return STOP
        if is_reached(side, price, target, terms.through):
            return TARGET
    return NEITHER


@inlined
def _resolve(
    tape: Tape,
    terms: Terms,
    bar: int,
    kind: int,
    side: int,
    entry: float,
    stop: float,
    target: float,
) -> tuple[int, bool]:
    """Walk finer bars from the one that fills the entry; what one leaves open counts against it."""
    certain, waits = True, kind != HELD
    for i in range(tape.finer_start[bar], tape.finer_stop[bar]):
        high, low = tape.finer_high[i], tape.finer_low[i]
        own = HELD
        if waits:
            if not enters_within(kind, side, high, low, entry, terms.through):
                continue
            if not is_entered(kind, side, tape.finer_open[i], entry, terms.through):
                own = kind
        waits = False
        worst, best = (low, high) if side > 0 else (high, low)
        stopped = is_stopped(side, worst, stop)
        reached = is_reached(side, best, target, terms.through)
        unclear = leaves_open(
            own, side, tape.finer_close[i], stop, target, terms.through, stopped, reached
        )
        if stopped:
            return STOP, certain and not unclear
        if reached and not unclear:
            return TARGET, certain
        certain = certain and not unclear
    if kind == HELD:
        return STOP, False
    return NEITHER, certain
