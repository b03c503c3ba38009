"""The fill rules compiled: from decision to decision while flat, over bars only while in position.

Everything follows `kanalo.execution.twin` expression by expression, so that fills are the same to
the last bit; one round trip goes into a row that the caller owns. What depends on
nothing but the market is laid out beforehand, blocks of bars with their extremes among it.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import inlined
from kanalo.execution.compiled._exit_kernels import (
    find_equity_before,
    find_ruin,
    leave_at,
    leave_ruined,
    pay,
    protect,
    trade_at,
)
from kanalo.execution.compiled._margin_kernels import cover, may_be_liquidated
from kanalo.execution.compiled._tape_layout import (
    AMBIGUOUS,
    AT_CLOSE,
    BLOCK,
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
    EQUITY_NOW,
    EXIT_BAR,
    EXIT_FEE,
    EXIT_LEVEL,
    EXIT_PRICE,
    EXIT_REASON,
    HIGHEST,
    INSIDE,
    LOWEST,
    MAX_BARS_REASON,
    NEXT_LONG,
    NEXT_SHORT,
    OPEN,
    PART,
    QUANTITY,
    REASON,
    RESOLVED,
    RUIN_REASON,
    SHORTFALL,
    STOP,
    STOP_REASON,
    TARGET_REASON,
    WANTED,
    WIDE_BLOCK,
    Orders,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray, IntArray


@inlined
def start(terms: Terms, state: FloatArray) -> None:
    """Set the state before the first round trip."""
    state[:] = 0
    state[CASH_NOW] = state[EQUITY_NOW] = terms.cash


@inlined
def _find_leave(tape: Tape, orders: Orders, k: int, state: FloatArray, row: FloatArray) -> int:
    """Return the bar at whose close a position is to be left; n_bars for none."""
    entry, leave = int(row[ENTRY_BAR]), len(tape.close)
    if orders.side[k] > 0:
        decided = _find_from(orders.exit_long, int(state[NEXT_LONG]), entry)
        state[NEXT_LONG] = decided
        if decided < len(orders.exit_long):
            leave = orders.exit_long[decided]
    else:
        decided = _find_from(orders.exit_short, int(state[NEXT_SHORT]), entry)
        state[NEXT_SHORT] = decided
        if decided < len(orders.exit_short):
            leave = orders.exit_short[decided]
    row[REASON] = EXIT_REASON
    if orders.max_bars[k] and entry + orders.max_bars[k] - 1 < leave:
        leave = entry + orders.max_bars[k] - 1
        row[REASON] = MAX_BARS_REASON
    return leave


@inlined
def _find_next(tape: Tape, orders: Orders, k: int, state: FloatArray, row: FloatArray) -> int:
    """Return the entry that follows a round trip; the number of entries where trading ended."""
    n_entries = len(orders.entries)
    if row[REASON] == OPEN or row[REASON] == RUIN_REASON:
        return n_entries
    bar = int(row[EXIT_BAR])
    if row[REASON] == EXIT_REASON or row[REASON] == MAX_BARS_REASON:
        reverse = _find_from(orders.entries, k, bar - 1)
        at_once = reverse < n_entries and orders.entries[reverse] == bar - 1
        if at_once and orders.side[reverse] != orders.side[k]:
            state[EQUITY_NOW] = find_equity_before(tape, row)
            return reverse
    return _find_from(orders.entries, k, bar)


@inlined
def _find_from(bars: IntArray, first: int, bar: int) -> int:
    """Return the first index, from ``first`` on, of a bar not before ``bar``; it is mostly near."""
    n = len(bars)
    if first >= n or bars[first] >= bar:
        return first
    low, step = first, 1
    while low + step < n and bars[low + step] < bar:
        low += step
        step *= 2
    high = min(low + step, n)
    while high - low > 1:
        middle = (low + high) // 2
        if bars[middle] < bar:
            low = middle
        else:
            high = middle
    return high


# -- entries ---------------------------------------------------------------------------------------


@inlined
def _enter(
    tape: Tape, orders: Orders, terms: Terms, k: int, equity: float, cash: float, row: FloatArray
) -> float:
    """Fill an entry at the open after its decision and return the cash that is left."""
    decided = orders.entries[k]
    bar, side = decided + 1, int(orders.side[k])
    wanted = orders.size[k] * terms.leverage * equity / tape.close[decided]
    price = trade_at(tape, terms, bar, tape.open[bar], side, wanted)
    covered = cover(tape, terms, bar, wanted, price, terms.fee, cash)
    stop = _tighter(side, orders.stop[k], _trail_level(side, price, orders.trail[k]))
    stop = _tighter(side, stop, _guard(orders, side, decided))
    row[ENTRY_BAR], row[DECISION] = bar, k
    row[INSIDE] = row[PART] = row[CONTINUES] = row[AT_CLOSE] = row[SHORTFALL] = 0
    row[QUANTITY], row[WANTED] = side * covered, wanted
    row[ENTRY_PRICE], row[ENTRY_LEVEL] = price, tape.open[bar]
    row[STOP] = stop
    row[ENTRY_FEE] = abs(row[QUANTITY] * price) * terms.fee
    cash -= row[QUANTITY] * price
    cash -= row[ENTRY_FEE]
    row[CASH_IN] = cash
    return cash


@inlined
def _trail_level(side: int, best: float, trail: float) -> float:
    if side > 0:
        return best - best * trail
    return best + best * trail


@inlined
def _guard(orders: Orders, side: int, bar: int) -> float:
    line = orders.guard_long if side > 0 else orders.guard_short
    return line[bar] if len(line) else np.nan


@inlined
def _tighter(side: int, stop: float, level: float) -> float:
    """Return the level if it is nearer to the price than the stop; NaN is none."""
    if np.isnan(stop) or side * (level - stop) > 0:
        return stop if np.isnan(level) else level
    return stop


# -- while it is held ------------------------------------------------------------------------------


@inlined
def _hold(
    tape: Tape, orders: Orders, terms: Terms, k: int, leave: int, cash: float, row: FloatArray
) -> float:
    """Find how a position ends that is left at the close of bar ``leave``; return the cash after.

    ``row[REASON]`` is why it would be left then; a stop, a target or ruin may come first.
    """
    n, entry, side = len(tape.close), int(row[ENTRY_BAR]), int(orders.side[k])
    last = leave + 1 if leave < n - 1 else n
    live = entry if terms.entry_bar_exits else entry + 1
    row[LOWEST], row[HIGHEST] = np.inf, -np.inf
    row[AMBIGUOUS] = row[RESOLVED] = 0
    stop = row[STOP]
    has_guard = len(orders.guard_long if side > 0 else orders.guard_short) > 0
    if has_guard or not np.isnan(orders.trail[k]):
        bar, stop = _scan_moving(tape, orders, k, live, last, row)
    else:
        if live > entry:
            row[LOWEST], row[HIGHEST] = tape.low[entry], tape.high[entry]
        bar = _scan(tape, side, min(live, last), last, stop, orders.target[k], row)
    cash = pay(tape, bar, cash, row)
    worst = row[LOWEST] if side > 0 else row[HIGHEST]
    if not terms.is_margined and row[CASH_LOW] + row[QUANTITY] * worst <= 0:
        ruin = find_ruin(tape, entry, bar, row)
        if ruin < bar:
            return leave_ruined(tape, terms, ruin, row)
    if bar == n:
        row[EXIT_BAR], row[REASON], row[CASH_OUT] = n, OPEN, cash
        row[EXIT_PRICE] = row[EXIT_LEVEL] = np.nan
        row[EXIT_FEE] = 0.0
        return cash
    level = tape.open[bar]
    if bar < last:
        level = protect(tape, terms, bar, side, stop, orders.target[k], row)
    return leave_at(tape, terms, bar, level, cash, row)


@inlined
def _scan(
    tape: Tape, side: int, first: int, last: int, stop: float, target: float, row: FloatArray
) -> int:
    """Return the first bar whose range holds a fixed level (or ``last``), and note the extremes."""
    lower, upper = (stop, target) if side > 0 else (target, stop)
    if np.isnan(lower):
        lower = -np.inf
    if np.isnan(upper):
        upper = np.inf
    lowest, highest = row[LOWEST], row[HIGHEST]
    bar = first
    while bar < last:
        if bar & (BLOCK - 1) == 0:
            if bar & (WIDE_BLOCK - 1) == 0 and bar + WIDE_BLOCK <= last:
                block = bar // WIDE_BLOCK
                low, high = tape.wide_low[block], tape.wide_high[block]
                if low > lower and high < upper:
                    lowest, highest = min(lowest, low), max(highest, high)
                    bar += WIDE_BLOCK
                    continue
            if bar + BLOCK <= last:
                block = bar // BLOCK
                low, high = tape.block_low[block], tape.block_high[block]
                if low > lower and high < upper:
                    lowest, highest = min(lowest, low), max(highest, high)
                    bar += BLOCK
                    continue
        low, high = tape.low[bar], tape.high[bar]
        if low <= lower or high >= upper:
            break
        lowest, highest = min(lowest, low), max(highest, high)
        bar += 1
    row[LOWEST], row[HIGHEST] = lowest, highest
    return bar


@inlined
def _scan_moving(
    tape: Tape, orders: Orders, k: int, live: int, last: int, row: FloatArray
) -> tuple[int, float]:
    """Do as `_scan` with a stop that follows closes and a line; return it as it ended up."""
    side, trail, target = int(orders.side[k]), orders.trail[k], orders.target[k]
    stop, best = row[STOP], row[ENTRY_PRICE]
    lowest, highest = row[LOWEST], row[HIGHEST]
    bar = int(row[ENTRY_BAR])
    while bar < last:
        low, high, close = tape.low[bar], tape.high[bar], tape.close[bar]
        if bar >= live:
            if side > 0 and (low <= stop or high >= target):
                break
            if side < 0 and (high >= stop or low <= target):
                break
        lowest, highest = min(lowest, low), max(highest, high)
        if side * (close - best) > 0:
            best = close
        stop = _tighter(side, stop, _trail_level(side, best, trail))
        stop = _tighter(side, stop, _guard(orders, side, bar))
        bar += 1
    row[LOWEST], row[HIGHEST] = lowest, highest
    return bar, stop


@inlined
def needs_care(tape: Tape, row: FloatArray) -> bool:
    """Tell whether margin may have ended a round trip sooner, or whether it had to borrow."""
    quantity = row[QUANTITY]
    if len(tape.borrow) and (quantity < 0 or row[CASH_IN] < 0):
        return True
    long, last = quantity > 0, int(row[EXIT_BAR])
    worst = row[LOWEST] if long else row[HIGHEST]
    if row[REASON] == STOP_REASON or row[REASON] == TARGET_REASON:
        worst = min(worst, tape.low[last]) if long else max(worst, tape.high[last])
    least = min(row[CASH_LOW], row[CASH_IN])
    return bool(abs(worst) < np.inf and may_be_liquidated(tape, least, quantity, worst))
