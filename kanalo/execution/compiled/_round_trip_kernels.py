"""One round trip of any kind: rules 13 to 15 as in `kanalo.execution.twin`.

`play_orders` writes a row for each stretch in which the quantity held is the same: one, or two
where a first target closed a part. Bars in which nothing can happen are passed over while stop and
targets stand still. Sets without orders and second targets go by `_play_kernels.play`.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import inlined, separate
from kanalo.execution.compiled._exit_kernels import hold, leave_at
from kanalo.execution.compiled._funding_kernels import charge
from kanalo.execution.compiled._kernels import (
    _find_leave,
    _guard,
    _scan,
    _tighter,
    _trail_level,
)
from kanalo.execution.compiled._margin_kernels import (
    find_liquidation,
    is_liquidated,
    may_be_liquidated,
)
from kanalo.execution.compiled._order_kernels import is_left, seek, want_entries
from kanalo.execution.compiled._question_kernels import (
    NEITHER,
    STOP,
    ask,
    is_reached,
    is_stopped,
)
from kanalo.execution.compiled._tape_layout import (
    AMBIGUOUS,
    AT_CLOSE,
    BAR,
    CASH_HIGH,
    CASH_IN,
    CASH_LOW,
    CASH_NOW,
    CASH_OUT,
    CONTINUES,
    DECISION,
    ENTRY_BAR,
    ENTRY_FEE,
    ENTRY_LEVEL,
    ENTRY_PRICE,
    EXIT_BAR,
    EXIT_FEE,
    EXIT_LEVEL,
    EXIT_PRICE,
    EXIT_REASON,
    FIRST_HIT,
    FUNDING,
    HIGHEST,
    INSIDE,
    LIMIT_ENTRY,
    LIQUIDATION_REASON,
    LOWEST,
    MAX_BARS_REASON,
    OPEN,
    PART,
    QUANTITY,
    REASON,
    RESOLVED,
    RUIN_REASON,
    SECOND_NOW,
    SHORTFALL,
    STOP_REASON,
    TARGET_NOW,
    TARGET_REASON,
    WANTED,
    Orders,
    Tape,
    Terms,
)
from kanalo.execution.compiled._tape_layout import STOP as STOP_COLUMN
from kanalo.typing import FloatArray, IntArray

SPAN = 64
"""Bars passed over at a time, or walked one by one, where an account comes near its end."""


@inlined
def play_orders(
    tape: Tape, orders: Orders, terms: Terms, state: FloatArray, rows: FloatArray, notes: IntArray
) -> int:
    """Play the next round trip and return how many of the two rows it took; 0 for none."""
    if not seek(tape, orders, terms, state, rows[0], notes):
        return 0
    return live_through(tape, orders, terms, state, rows, notes)


@inlined
def _begin(row: FloatArray) -> None:
    """Set what is added up over the bars of a row."""
    row[LOWEST], row[HIGHEST] = np.inf, -np.inf
    row[AMBIGUOUS] = row[RESOLVED] = row[FUNDING] = row[PART] = row[AT_CLOSE] = 0
    row[SHORTFALL] = 0
    row[CASH_LOW] = row[CASH_HIGH] = row[CASH_IN]


@separate
def live_through(
    tape: Tape, orders: Orders, terms: Terms, state: FloatArray, rows: FloatArray, notes: IntArray
) -> int:
    """Hold a position from its entry to its end, bar by bar where something may happen."""
    n, entry, k = len(tape.close), int(rows[0, ENTRY_BAR]), int(rows[0, DECISION])
    side, stop, best = int(orders.side[k]), rows[0, STOP_COLUMN], rows[0, ENTRY_PRICE]
    state[TARGET_NOW], state[SECOND_NOW], state[FIRST_HIT] = orders.target[k], np.nan, -1
    if len(orders.target_2):
        state[SECOND_NOW] = orders.target_2[k]
    _begin(rows[0])
    state[CASH_NOW] = rows[0, CASH_IN]
    leaving, bar, span, again = 0, entry, n, entry + 1
    passes = _stands_still(orders, k)
    decided = min(_find_leave(tape, orders, k, state, rows[0]), n - 1) if passes else entry
    while bar < n:
        if passes and bar >= again:
            row = rows[1] if state[FIRST_HIT] >= 0 else rows[0]
            safe, bar = _pass_over(tape, terms, bar, min(bar + span, decided), stop, state, row)
            if not safe:
                again, span = bar + (SPAN if span == SPAN else 0), SPAN
                if bar >= again:
                    continue
        reason, price = leaving, tape.open[bar]
        if not leaving and (bar > entry or terms.entry_bar_exits):
            reason, price = _protect(tape, orders, terms, bar, stop, state, rows, notes)
        row = rows[1] if state[FIRST_HIT] >= 0 else rows[0]
        if reason:
            row[REASON] = reason
            state[CASH_NOW] = leave_at(tape, terms, bar, price, state[CASH_NOW], row)
            break
        _see(tape, bar, side, int(rows[0, INSIDE]) if bar == entry else 0, row)
        state[CASH_NOW] = _pay(tape, bar, state[CASH_NOW], row)
        equity = state[CASH_NOW] + row[QUANTITY] * tape.close[bar]
        if terms.is_margined and _ends_margin(tape, bar, tape.close[bar], state, rows):
            row[REASON], row[AT_CLOSE] = LIQUIDATION_REASON, 1
            state[CASH_NOW] = leave_at(tape, terms, bar, tape.close[bar], state[CASH_NOW], row)
            break
        if not terms.is_margined and equity <= 0:
            row[REASON] = RUIN_REASON
            state[CASH_NOW] = leave_at(tape, terms, bar, tape.close[bar], state[CASH_NOW], row)
            bar = n
            break
        if bar < n - 1:
            best, stop = _follow(tape, orders, bar, k, best, stop, state, rows)
            leaving = _find_reason(orders, k, entry, bar, state)
            if leaving:
                want_entries(tape, orders, terms, bar, side, equity, state)
        bar += 1
        if bar == n:
            row[EXIT_BAR], row[REASON], row[CASH_OUT] = n, OPEN, state[CASH_NOW]
            row[EXIT_PRICE] = row[EXIT_LEVEL] = np.nan
            row[EXIT_FEE] = 0.0
    state[BAR] = bar
    return 2 if state[FIRST_HIT] >= 0 else 1


@inlined
def _stands_still(orders: Orders, k: int) -> bool:
    """Tell whether the stop of an entry moves with no close."""
    line = orders.guard_long if orders.side[k] > 0 else orders.guard_short
    return bool(np.isnan(orders.trail[k]) and len(line) == 0)


@inlined
def _pass_over(
    tape: Tape, terms: Terms, bar: int, last: int, stop: float, state: FloatArray, row: FloatArray
) -> tuple[bool, int]:
    """Go to the first bar, at most ``last``, in which a level is reached; tell whether that may be.

    It may not where the account could end between. Then nothing is noted, and the bar stays.
    """
    quantity, cash = row[QUANTITY], state[CASH_NOW]
    lowest, highest = row[LOWEST], row[HIGHEST]
    side = 1 if quantity > 0 else -1
    row[LOWEST], row[HIGHEST] = np.inf, -np.inf  # of these bars alone
    reached = _scan(tape, side, bar, last, stop, state[TARGET_NOW], row)
    worst = row[LOWEST] if side > 0 else row[HIGHEST]
    row[LOWEST], row[HIGHEST] = min(lowest, row[LOWEST]), max(highest, row[HIGHEST])
    if reached <= bar:
        return True, bar
    total, least, most = row[FUNDING], cash, cash
    for j in range(tape.paid_before[bar], tape.paid_before[reached]):
        flow = charge(tape, j, quantity)
        cash += flow
        total += flow
        least, most = min(least, cash), max(most, cash)
    ends = least + quantity * worst <= 0
    if terms.is_margined:
        borrows = len(tape.borrow) > 0 and (quantity < 0 or least < 0)
        ends = borrows or may_be_liquidated(tape, least, quantity, worst)
    if ends:
        row[LOWEST], row[HIGHEST] = lowest, highest
        return False, bar
    state[CASH_NOW], row[FUNDING] = cash, total
    row[CASH_LOW], row[CASH_HIGH] = min(row[CASH_LOW], least), max(row[CASH_HIGH], most)
    return True, reached


@inlined
def _protect(
    tape: Tape,
    orders: Orders,
    terms: Terms,
    bar: int,
    stop: float,
    state: FloatArray,
    rows: FloatArray,
    notes: IntArray,
) -> tuple[int, float]:
    """Go through stop and targets in a bar; return why all is left and at which level, or 0."""
    first = rows[0]
    side = 1 if first[QUANTITY] > 0 else -1
    kind = int(first[INSIDE]) if bar == int(first[ENTRY_BAR]) else 0
    began = first[ENTRY_LEVEL] if kind else tape.open[bar]
    if terms.is_margined and _ends_margin(tape, bar, began, state, rows):
        return LIQUIDATION_REASON, began
    if is_stopped(side, began, stop):
        return STOP_REASON, began
    while is_reached(side, began, state[TARGET_NOW], terms.through):
        if np.isnan(state[SECOND_NOW]):
            return TARGET_REASON, began
        _take_part(orders, terms, bar, began, state, rows)
    while True:
        target, reason, adverse = state[TARGET_NOW], STOP_REASON, stop
        if terms.is_margined:
            level = _find_liquidation_now(tape, bar, state, rows)
            if side * (level - stop) > 0 or (np.isnan(stop) and not np.isnan(level)):
                reason, adverse = LIQUIDATION_REASON, level
        met = ask(tape, terms, bar, kind, side, first[ENTRY_LEVEL], adverse, target, state, notes)
        if met == NEITHER:
            return 0, 0.0
        if met == STOP:
            return reason, adverse
        if np.isnan(state[SECOND_NOW]):
            return TARGET_REASON, target
        _take_part(orders, terms, bar, target, state, rows)


@inlined
def _find_liquidation_now(tape: Tape, bar: int, state: FloatArray, rows: FloatArray) -> float:
    """Return where what is held now is liquidated; NaN for nowhere."""
    quantity = rows[1, QUANTITY] if state[FIRST_HIT] >= 0 else rows[0, QUANTITY]
    level: float = find_liquidation(tape, bar, state[CASH_NOW], quantity)
    return level


@inlined
def _ends_margin(tape: Tape, bar: int, price: float, state: FloatArray, rows: FloatArray) -> bool:
    """Tell whether the margin of what is held now ends at a price."""
    level = _find_liquidation_now(tape, bar, state, rows)
    return bool(is_liquidated(rows[0, QUANTITY], price, level))


@inlined
def _follow(
    tape: Tape,
    orders: Orders,
    bar: int,
    k: int,
    best: float,
    stop: float,
    state: FloatArray,
    rows: FloatArray,
) -> tuple[float, float]:
    """Move the stop after the close of a bar; return the best close and the stop."""
    side, close = int(orders.side[k]), tape.close[bar]
    if side * (close - best) > 0:
        best = close
    stop = _tighter(side, stop, _trail_level(side, best, orders.trail[k]))
    stop = _tighter(side, stop, _guard(orders, side, bar))
    if state[FIRST_HIT] == bar and orders.breakeven[k]:
        stop = _tighter(side, stop, rows[0, ENTRY_PRICE])
    return best, stop


@inlined
def _find_reason(orders: Orders, k: int, entry: int, bar: int, state: FloatArray) -> int:
    """Return why a position is to be left at the next open; 0 for no reason."""
    if is_left(orders, int(orders.side[k]), bar, state):
        return EXIT_REASON
    if orders.max_bars[k] and bar >= entry + orders.max_bars[k] - 1:
        return MAX_BARS_REASON
    return 0


@inlined
def _take_part(
    orders: Orders,
    terms: Terms,
    bar: int,
    level: float,
    state: FloatArray,
    rows: FloatArray,
) -> None:
    """Sell the share of the first target, and go on in the second row."""
    row, rest, cash = rows[0], rows[1], state[CASH_NOW]
    part = row[QUANTITY] * orders.share[int(row[DECISION])]
    value = -part * level
    row[PART], row[REASON] = part, TARGET_REASON
    row[EXIT_BAR], row[EXIT_PRICE], row[EXIT_LEVEL] = bar, level, level
    row[EXIT_FEE] = abs(value) * terms.maker_fee
    cash -= value
    cash -= row[EXIT_FEE]
    row[CASH_OUT] = cash
    rest[SHORTFALL] = 0
    rest[ENTRY_BAR], rest[DECISION], rest[CONTINUES] = bar, row[DECISION], 1
    rest[QUANTITY], rest[WANTED], rest[INSIDE] = row[QUANTITY] - part, row[WANTED], row[INSIDE]
    rest[ENTRY_PRICE], rest[ENTRY_LEVEL] = row[ENTRY_PRICE], row[ENTRY_LEVEL]
    rest[STOP_COLUMN], rest[ENTRY_FEE], rest[CASH_IN] = row[STOP_COLUMN], 0.0, cash
    _begin(rest)
    state[CASH_NOW], state[FIRST_HIT] = cash, bar
    state[TARGET_NOW], state[SECOND_NOW] = state[SECOND_NOW], np.nan


@inlined
def _see(tape: Tape, bar: int, side: int, inside: int, row: FloatArray) -> None:
    """Note the extremes of a bar at whose close the position is held; certain ones of its entry."""
    low, high, close = tape.low[bar], tape.high[bar], tape.close[bar]
    if inside:
        rises = (side > 0) == (inside != LIMIT_ENTRY)
        low, high = (close, high) if rises else (low, close)
    row[LOWEST], row[HIGHEST] = min(row[LOWEST], low), max(row[HIGHEST], high)


@inlined
def _pay(tape: Tape, bar: int, cash: float, row: FloatArray) -> float:
    """Charge the funding or interest of a close and return the cash that is left."""
    flow = hold(tape, bar, cash, row[QUANTITY])
    cash += flow
    row[FUNDING] += flow
    row[CASH_LOW], row[CASH_HIGH] = min(row[CASH_LOW], cash), max(row[CASH_HIGH], cash)
    return cash


@inlined
def join_rows(rows: FloatArray, n_rows: int) -> None:
    """Make the first row of a round trip that of all: the whole quantity at mean prices.

    While what a first target left is open, prices and fee of the exit are those of its part.
    """
    if n_rows == 1:
        return
    row, rest = rows[0], rows[1]
    row[LOWEST] = min(min(row[LOWEST], rest[LOWEST]), row[EXIT_LEVEL])
    row[HIGHEST] = max(max(row[HIGHEST], rest[HIGHEST]), row[EXIT_LEVEL])
    if rest[REASON] != OPEN:
        row[LOWEST] = min(row[LOWEST], rest[EXIT_LEVEL])
        row[HIGHEST] = max(row[HIGHEST], rest[EXIT_LEVEL])
        coins, part, left = row[QUANTITY], row[PART], rest[QUANTITY]
        row[EXIT_PRICE] = (part * row[EXIT_PRICE] + left * rest[EXIT_PRICE]) / coins
        row[EXIT_LEVEL] = (part * row[EXIT_LEVEL] + left * rest[EXIT_LEVEL]) / coins
    row[EXIT_FEE] += rest[EXIT_FEE]
    row[FUNDING] += rest[FUNDING]
    row[EXIT_BAR], row[REASON] = rest[EXIT_BAR], rest[REASON]
    row[SHORTFALL], row[AT_CLOSE] = rest[SHORTFALL], rest[AT_CLOSE]
