"""Entries of every kind, before a position is held: rule 13, as in `kanalo.execution.twin`.

`seek` goes from close to close while orders wait, and jumps to the next decision where none do.
"""

from __future__ import annotations

from kanalo._jit import inlined
from kanalo.execution.compiled._exit_kernels import trade_at
from kanalo.execution.compiled._kernels import _find_from, _guard, _tighter, _trail_level
from kanalo.execution.compiled._margin_kernels import cover, limit_share
from kanalo.execution.compiled._question_kernels import (
    enters_within,
    is_entered,
    note,
    rises_first,
)
from kanalo.execution.compiled._tape_layout import (
    BAR,
    CASH_IN,
    CASH_NOW,
    CONTINUES,
    DECISION,
    ENTERING,
    ENTRY_BAR,
    ENTRY_FEE,
    ENTRY_LEVEL,
    ENTRY_PRICE,
    INSIDE,
    LAST_LONG,
    LIMIT_ORDER,
    MARKET,
    MARKET_WANTED,
    NEXT_ENTRY,
    NEXT_LONG,
    NEXT_SHORT,
    NOTED_BAR,
    ORDER_LONG,
    ORDER_SHORT,
    PATH,
    QUANTITY,
    RESOLVE,
    STOP,
    STRADDLE,
    WANTED,
    WANTED_LONG,
    Orders,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray, IntArray


@inlined
def start_orders(terms: Terms, state: FloatArray) -> None:
    """Set the state before the first round trip."""
    state[:] = 0
    state[CASH_NOW] = terms.cash
    state[ENTERING] = state[ORDER_LONG] = state[ORDER_SHORT] = state[NOTED_BAR] = -1


@inlined
def seek(
    tape: Tape, orders: Orders, terms: Terms, state: FloatArray, row: FloatArray, notes: IntArray
) -> bool:
    """Go on to the next entry that is filled and write its row; tell whether there is one."""
    n, bar = len(tape.close), int(state[BAR])
    while bar < n and state[CASH_NOW] > 0:
        if state[ENTERING] >= 0:
            k, state_wanted = int(state[ENTERING]), state[MARKET_WANTED]
            state[ENTERING] = -1
            coins = limit_share(tape, terms, bar, state_wanted)
            price = trade_at(tape, terms, bar, tape.open[bar], int(orders.side[k]), coins)
            args = (price, tape.open[bar], terms.fee, 0)
            if _open(tape, orders, terms, bar, k, state_wanted, args, state, row):
                return True
        if _has_orders(state) and _fill_orders(tape, orders, terms, bar, state, row, notes):
            return True
        if not _has_orders(state):
            k = _find_from(orders.entries, int(state[NEXT_ENTRY]), bar)
            state[NEXT_ENTRY] = k
            if k >= len(orders.entries):
                return False
            bar = int(orders.entries[k])
        if bar >= n - 1:
            return False
        _decide_flat(tape, orders, terms, bar, state)
        bar += 1
    return False


@inlined
def _has_orders(state: FloatArray) -> bool:
    return bool(state[ORDER_LONG] >= 0 or state[ORDER_SHORT] >= 0)


@inlined
def _decide_flat(tape: Tape, orders: Orders, terms: Terms, bar: int, state: FloatArray) -> None:
    """Drop orders that expired or are cancelled, then take the entries of a close."""
    for i in range(2):
        if state[ORDER_LONG + i] >= 0:
            left = is_left(orders, 1 - 2 * i, bar, state)
            if left or state[LAST_LONG + i] <= bar:
                state[ORDER_LONG + i] = -1
    want_entries(tape, orders, terms, bar, 0, state[CASH_NOW], state)


@inlined
def is_left(orders: Orders, side: int, bar: int, state: FloatArray) -> bool:
    """Tell whether a side is to be left at the close of a bar."""
    if side > 0:
        at = _find_from(orders.exit_long, int(state[NEXT_LONG]), bar)
        state[NEXT_LONG] = at
        return bool(at < len(orders.exit_long) and orders.exit_long[at] == bar)
    at = _find_from(orders.exit_short, int(state[NEXT_SHORT]), bar)
    state[NEXT_SHORT] = at
    return bool(at < len(orders.exit_short) and orders.exit_short[at] == bar)


@inlined
def want_entries(
    tape: Tape,
    orders: Orders,
    terms: Terms,
    bar: int,
    held: int,
    equity: float,
    state: FloatArray,
) -> None:
    """Keep the entries of a close that are not on the side ``held`` for the next bar."""
    k, leverage = _find_from(orders.entries, int(state[NEXT_ENTRY]), bar), terms.leverage
    state[NEXT_ENTRY] = k
    while k < len(orders.entries) and orders.entries[k] == bar:
        side = int(orders.side[k])
        if side != held:
            kind = int(orders.order[k]) if len(orders.order) else MARKET
            if kind == MARKET:
                state[ENTERING] = k
                state[MARKET_WANTED] = orders.size[k] * leverage * equity / tape.close[bar]
            else:
                i = 0 if side > 0 else 1
                state[ORDER_LONG + i] = k
                state[WANTED_LONG + i] = orders.size[k] * leverage * equity / orders.price[k]
                valid = orders.valid[k]
                state[LAST_LONG + i] = bar + valid if valid else len(tape.close)
        k += 1


@inlined
def _fill_orders(
    tape: Tape,
    orders: Orders,
    terms: Terms,
    bar: int,
    state: FloatArray,
    row: FloatArray,
    notes: IntArray,
) -> bool:
    """Fill an order that is reached at the open, the long one first, else one inside."""
    strict = terms.through
    for i in range(2):
        k = int(state[ORDER_LONG + i])
        if k >= 0:
            kind, side = int(orders.order[k]), int(orders.side[k])
            if is_entered(kind, side, tape.open[bar], orders.price[k], strict):
                state[ORDER_LONG + i] = -1
                wanted = state[WANTED_LONG + i]
                if _fill_at_open(tape, orders, terms, bar, k, wanted, state, row):
                    return True
    i = _choose(tape, orders, terms, bar, state, notes)
    if i < 0:
        return False
    k = int(state[ORDER_LONG + i])
    state[ORDER_LONG + i] = -1
    kind, level, wanted = int(orders.order[k]), orders.price[k], state[WANTED_LONG + i]
    args = (level, level, terms.maker_fee, kind)
    if kind != LIMIT_ORDER:
        coins = limit_share(tape, terms, bar, wanted)
        price = trade_at(tape, terms, bar, level, int(orders.side[k]), coins)
        args = (price, level, terms.fee, kind)
    return bool(_open(tape, orders, terms, bar, k, wanted, args, state, row))


@inlined
def _fill_at_open(
    tape: Tape,
    orders: Orders,
    terms: Terms,
    bar: int,
    k: int,
    wanted: float,
    state: FloatArray,
    row: FloatArray,
) -> bool:
    """Fill an order at the open as a market order; a limit never worse than its price."""
    side, opening = int(orders.side[k]), tape.open[bar]
    coins = limit_share(tape, terms, bar, wanted)
    price = trade_at(tape, terms, bar, opening, side, coins)
    if orders.order[k] == LIMIT_ORDER:
        limit = orders.price[k]
        price = min(price, limit) if side > 0 else max(price, limit)
    args = (price, opening, terms.fee, 0)
    return bool(_open(tape, orders, terms, bar, k, wanted, args, state, row))


@inlined
def _choose(
    tape: Tape, orders: Orders, terms: Terms, bar: int, state: FloatArray, notes: IntArray
) -> int:
    """Return which order is reached first inside a bar: 0 the long, 1 the short, -1 neither."""
    long = _is_within(orders, terms, int(state[ORDER_LONG]), tape.high[bar], tape.low[bar])
    short = _is_within(orders, terms, int(state[ORDER_SHORT]), tape.high[bar], tape.low[bar])
    if not (long and short):
        return 0 if long else 1 if short else -1
    above, below = orders.price[int(state[ORDER_LONG])], orders.price[int(state[ORDER_SHORT])]
    opening = tape.open[bar]
    first = 0 if abs(above - opening) <= abs(below - opening) else 1
    if (above - opening) * (below - opening) >= 0:
        return first
    decided = False
    if terms.both_touched == PATH:
        rises = rises_first(opening, tape.high[bar], tape.low[bar])
        first = 0 if (above > opening) == rises else 1
    elif terms.both_touched == RESOLVE:
        first, decided = _resolve_straddle(tape, orders, terms, bar, state, first)
    note(bar, STRADDLE, decided, state, notes)
    return first


@inlined
def _is_within(orders: Orders, terms: Terms, k: int, high: float, low: float) -> bool:
    if k < 0:
        return False
    kind, side = int(orders.order[k]), int(orders.side[k])
    return bool(enters_within(kind, side, high, low, orders.price[k], terms.through))


@inlined
def _resolve_straddle(
    tape: Tape, orders: Orders, terms: Terms, bar: int, state: FloatArray, first: int
) -> tuple[int, bool]:
    """Return which order the finer bars reach first, and whether they tell."""
    k, other = int(state[ORDER_LONG]), int(state[ORDER_SHORT])
    for i in range(tape.finer_start[bar], tape.finer_stop[bar]):
        high, low = tape.finer_high[i], tape.finer_low[i]
        long = _is_within(orders, terms, k, high, low)
        short = _is_within(orders, terms, other, high, low)
        if long and short:
            opening = tape.finer_open[i]
            nearer = abs(orders.price[k] - opening) <= abs(orders.price[other] - opening)
            return (0 if nearer else 1), False
        if long or short:
            return (0 if long else 1), True
    return first, False


@inlined
def _open(
    tape: Tape,
    orders: Orders,
    terms: Terms,
    bar: int,
    k: int,
    wanted: float,
    args: tuple[float, float, float, int],
    state: FloatArray,
    row: FloatArray,
) -> bool:
    """Fill an entry as far as the account covers it, and cancel all orders."""
    price, level, fee, inside = args
    side, cash = int(orders.side[k]), state[CASH_NOW]
    coins = limit_share(tape, terms, bar, wanted)
    covered = cover(tape, terms, bar, coins, price, fee, cash)
    if covered <= 0:
        return False
    stop = _tighter(side, orders.stop[k], _trail_level(side, price, orders.trail[k]))
    stop = _tighter(side, stop, _guard(orders, side, bar - 1))
    row[ENTRY_BAR], row[DECISION], row[INSIDE], row[CONTINUES] = bar, k, inside, 0
    row[QUANTITY], row[WANTED] = side * covered, wanted
    row[ENTRY_PRICE], row[ENTRY_LEVEL], row[STOP] = price, level, stop
    row[ENTRY_FEE] = abs(row[QUANTITY] * price) * fee
    cash -= row[QUANTITY] * price
    cash -= row[ENTRY_FEE]
    row[CASH_IN] = cash
    state[ORDER_LONG] = state[ORDER_SHORT] = -1
    return True
