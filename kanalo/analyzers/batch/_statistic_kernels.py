"""Statistics straight from round trips: what the report shows, without equity per bar.

While flat, equity stands still; while a position is far under water, only sums are wanted of it,
and they follow from sums of prices. Bars are walked one by one only where a peak or a trough may be
made: there marks are those of the engine to the last bit, for one bit decides what a drawdown is.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import inlined
from kanalo.analyzers.batch._share_kernels import sum_shares
from kanalo.analyzers.batch._sum_layout import (
    BEST,
    EQUITY_FINAL,
    LONGEST,
    MAX_DEPTH,
    MOMENT_BLOCK,
    N_DRAWDOWNS,
    N_HELD,
    N_MARKED,
    N_UNDER,
    PEAK,
    STRETCH,
    SUM_DEPTHS,
    SUM_EQUITY,
    SUM_EXPOSURE,
    SUM_SQUARES,
    TROUGH,
    UNDER_SINCE,
    WORST,
    Marks,
)
from kanalo.execution.compiled._exit_kernels import hold
from kanalo.execution.compiled._funding_kernels import charge
from kanalo.execution.compiled._tape_layout import (
    CASH_HIGH,
    CASH_IN,
    CASH_LOW,
    CASH_OUT,
    ENTRY_BAR,
    EXIT_BAR,
    HIGHEST,
    LOWEST,
    OPEN,
    QUANTITY,
    REASON,
    Tape,
)
from kanalo.typing import FloatArray

_SURELY = 1 - 1e-9
"""Below this share of the peak no rounding can make a mark a new one."""


@inlined
def begin(cash: float, sums: FloatArray) -> None:
    """Set a row of sums before the first bar."""
    sums[:] = 0
    sums[PEAK] = sums[EQUITY_FINAL] = cash
    sums[UNDER_SINCE] = -1
    sums[BEST], sums[WORST] = -np.inf, np.inf


@inlined
def add_marks(
    tape: Tape, marks: Marks, row: FloatArray, since: int, sums: FloatArray, daily: FloatArray
) -> int:
    """Walk from the close of bar ``since`` through a round trip; return the first bar behind it.

    Drawdowns, exposure, and the last equity of each day, of shape (n_days,). Until the entry the
    equity is what it was at the end of the round trip before.
    """
    _add_flat(marks, since, int(row[ENTRY_BAR]), sums[EQUITY_FINAL], sums, daily)
    _add_held(tape, marks, row, sums, daily)
    sums[EQUITY_FINAL] = row[CASH_OUT]
    if row[REASON] == OPEN:
        sums[EQUITY_FINAL] = row[CASH_OUT] + row[QUANTITY] * tape.close[len(tape.close) - 1]
    return int(row[EXIT_BAR])


@inlined
def end_marks(tape: Tape, marks: Marks, since: int, sums: FloatArray, daily: FloatArray) -> None:
    """Walk from the close of bar ``since`` to the end."""
    n = len(tape.close)
    _add_flat(marks, since, n, sums[EQUITY_FINAL], sums, daily)
    if sums[UNDER_SINCE] >= 0:
        _end_drawdown(marks, n - 1, sums)


@inlined
def _add_flat(
    marks: Marks, first: int, last: int, cash: float, sums: FloatArray, daily: FloatArray
) -> None:
    """Add bars at whose close nothing was held."""
    if first >= last:
        return
    n = last - first
    # Nothing is held, so every day that ends in these bars ends with the same cash.
    for day in range(marks.days_before[first], marks.days_before[last]):
        daily[day] = cash
    sums[SUM_EQUITY] += n * cash
    if cash != 0:
        sums[N_MARKED] += n
    if cash >= sums[PEAK]:
        if sums[UNDER_SINCE] >= 0:
            _end_drawdown(marks, first, sums)
        sums[PEAK] = cash
        return
    _go_under(first, cash, sums)
    drawdown = cash / sums[PEAK] - 1
    sums[N_UNDER] += n
    sums[SUM_SQUARES] += n * drawdown * drawdown


@inlined
def _go_under(bar: int, equity: float, sums: FloatArray) -> None:
    if sums[UNDER_SINCE] < 0:
        sums[UNDER_SINCE], sums[TROUGH] = bar, equity
    elif equity < sums[TROUGH]:
        sums[TROUGH] = equity


@inlined
def _end_drawdown(marks: Marks, bar: int, sums: FloatArray) -> None:
    """Count a drawdown that ended at the close of a bar; it began at the close before its first."""
    depth = sums[TROUGH] / sums[PEAK] - 1
    began = max(int(sums[UNDER_SINCE]) - 1, 0)
    sums[N_DRAWDOWNS] += 1
    sums[SUM_DEPTHS] += depth
    sums[MAX_DEPTH] = min(sums[MAX_DEPTH], depth)
    sums[LONGEST] = max(sums[LONGEST], float(marks.times[bar] - marks.times[began]))
    sums[UNDER_SINCE] = -1


@inlined
def _add_held(
    tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray, daily: FloatArray
) -> None:
    """Add the bars at whose close a position was held, a stretch at a time."""
    first, last, quantity = int(row[ENTRY_BAR]), int(row[EXIT_BAR]), row[QUANTITY]
    if first >= last:
        return
    if len(tape.borrow) and (quantity < 0 or row[CASH_IN] < 0):
        _add_borrowed(tape, marks, row, sums, daily)
        return
    # Equity at a close is base + quantity × net: the price less all funding per coin since the
    # market's start, so the funding of this position needs no loop.
    base = row[CASH_IN] + quantity * (tape.close[first - 1] - marks.net[first - 1])
    for day in range(marks.days_before[first], marks.days_before[last]):
        daily[day] = base + quantity * marks.day_net[day]
    sums[N_HELD] += last - first
    sums[N_MARKED] += last - first
    shares = sum_shares(tape.close, marks, first, last, base, quantity)
    sums[SUM_EXPOSURE] += abs(quantity) * shares
    # Most round trips of a sweep make no new peak and no new trough. Then running sums of prices
    # give every figure, whatever the number of bars.
    if _stays_between(row, sums):
        _add_under_water(marks, first, last, base, quantity, sums)
        return
    cash, paid = row[CASH_IN], tape.paid_before[first]
    start = under = first
    while start < last:
        stop = min(last, (start | (STRETCH - 1)) + 1)
        lowest, highest = _find_extremes(marks, start, stop, base, quantity)
        # A stretch whose extremes stay below the peak is left for the running sums; one that may
        # make a peak is walked with the engine's own marks, since one bit decides where a drawdown
        # ends.
        if highest < sums[PEAK] * _SURELY:
            _go_under(start, lowest, sums)
        else:
            _add_under_water(marks, under, start, base, quantity, sums)
            cash, paid = _pay_until(tape, start, paid, quantity, cash)
            _walk(tape, marks, start, stop, quantity, cash, sums)
            under = stop
        start = stop
    _add_under_water(marks, under, last, base, quantity, sums)


@inlined
def _add_borrowed(
    tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray, daily: FloatArray
) -> None:
    """Add the bars of a position that may pay interest, which no running sum knows, one by one."""
    first, last, quantity = int(row[ENTRY_BAR]), int(row[EXIT_BAR]), row[QUANTITY]
    cash, exposure = row[CASH_IN], 0.0
    for bar in range(first, last):
        cash += hold(tape, bar, cash, quantity)
        equity = cash + quantity * tape.close[bar]
        for day in range(marks.days_before[bar], marks.days_before[bar + 1]):
            daily[day] = equity
        exposure += abs(quantity * tape.close[bar] / equity)
        sums[SUM_EQUITY] += equity
        if equity >= sums[PEAK]:
            if sums[UNDER_SINCE] >= 0:
                _end_drawdown(marks, bar, sums)
            sums[PEAK] = equity
        else:
            _go_under(bar, equity, sums)
            drawdown = equity / sums[PEAK] - 1
            sums[SUM_SQUARES] += drawdown * drawdown
            sums[N_UNDER] += 1
    sums[N_HELD] += last - first
    sums[N_MARKED] += last - first
    sums[SUM_EXPOSURE] += exposure


@inlined
def _stays_between(row: FloatArray, sums: FloatArray) -> bool:
    """Tell whether a round trip surely makes neither a peak nor a new trough, from its extremes."""
    # Bounds, not marks: the extremes of price with the extremes of cash need not coincide, so the
    # answer can be a needless no, never a wrong yes.
    one, other = row[QUANTITY] * row[LOWEST], row[QUANTITY] * row[HIGHEST]
    highest, lowest = row[CASH_HIGH] + max(one, other), row[CASH_LOW] + min(one, other)
    under = sums[UNDER_SINCE] >= 0 and lowest >= sums[TROUGH]
    return bool(under and highest < sums[PEAK] * _SURELY)


@inlined
def _find_extremes(
    marks: Marks, first: int, last: int, base: float, quantity: float
) -> tuple[float, float]:
    """Return the lowest and the highest equity at the closes of a stretch, or of a part of one."""
    if last - first == STRETCH:
        low, high = marks.lows[first // STRETCH], marks.highs[first // STRETCH]
    else:
        low = high = marks.net[first]
        for bar in range(first + 1, last):
            low, high = min(low, marks.net[bar]), max(high, marks.net[bar])
    if quantity < 0:
        low, high = high, low
    return base + quantity * low, base + quantity * high


@inlined
def _pay_until(tape: Tape, bar: int, paid: int, quantity: float, cash: float) -> tuple[float, int]:
    """Charge the funding of the closes before a bar, as the engine does."""
    while paid < len(tape.paid_bar) and tape.paid_bar[paid] < bar:
        cash += charge(tape, paid, quantity)
        paid += 1
    return cash, paid


@inlined
def _add_under_water(
    marks: Marks, first: int, last: int, base: float, quantity: float, sums: FloatArray
) -> None:
    """Add bars that make no peak, from running sums of prices, a block at a time."""
    # With d = net - middle of the block, the drawdown is depth + slope × d. Its sum of squares
    # follows from Σ d and Σ d², which are known for every block. Distances from the block's first
    # price, not prices, are summed: squares of prices would lose the digits that differ.
    slope, inverse = quantity / sums[PEAK], 1 / sums[PEAK]
    total, squares, start = 0.0, 0.0, first
    while start < last:
        stop = min(last, (start | (MOMENT_BLOCK - 1)) + 1)
        one, two = marks.moments[stop - 1, 0], marks.moments[stop - 1, 1]
        # The sums restart in every block; a stretch that begins inside one takes a difference.
        if start % MOMENT_BLOCK:
            one -= marks.moments[start - 1, 0]
            two -= marks.moments[start - 1, 1]
        middle, n = base + quantity * marks.middle[start // MOMENT_BLOCK], stop - start
        depth = middle * inverse - 1
        total += n * middle + quantity * one
        squares += n * depth * depth + 2 * depth * slope * one + slope * slope * two
        start = stop
    sums[SUM_EQUITY] += total
    sums[SUM_SQUARES] += squares
    sums[N_UNDER] += last - first


@inlined
def _walk(
    tape: Tape,
    marks: Marks,
    first: int,
    last: int,
    quantity: float,
    cash: float,
    sums: FloatArray,
) -> None:
    """Add bars one by one, with the marks of the engine; ``cash`` as before the first of them."""
    # Funding is charged before the mark and in the engine's order of additions, so that equity is
    # equal to the last bit. The peak's inverse is kept: a division a bar would double the time.
    j = tape.paid_before[first]
    inverse, total, squares, n_under = 1 / sums[PEAK], 0.0, 0.0, 0
    for bar in range(first, last):
        if j < len(tape.paid_bar) and tape.paid_bar[j] == bar:
            cash += charge(tape, j, quantity)
            j += 1
        equity = cash + quantity * tape.close[bar]
        total += equity
        if equity >= sums[PEAK]:
            if sums[UNDER_SINCE] >= 0:
                _end_drawdown(marks, bar, sums)
            sums[PEAK] = equity
            inverse = 1 / equity
        else:
            _go_under(bar, equity, sums)
            drawdown = equity * inverse - 1
            squares += drawdown * drawdown
            n_under += 1
    sums[SUM_EQUITY] += total
    sums[SUM_SQUARES] += squares
    sums[N_UNDER] += n_under
