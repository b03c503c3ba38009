"""Statistics straight from round trips: what the report shows, without equity per bar.

While flat, equity stands still; while a position is far under water, only sums are wanted of it,
and they follow from sums of prices. Bars are walked one by one only where a peak or a trough may be
made: there marks are those of the engine to the last bit, for one bit decides what a drawdown is.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import part
from kanalo.analyzers._layout import (
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
    FloatArray,
    Marks,
)
from kanalo.analyzers._share_kernels import sum_shares
from kanalo.execution._layout import (
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

_SURELY = 1 - 1e-9
"""Below this share of the peak no rounding can make a mark a new one."""


@part
def begin(cash: float, sums: FloatArray) -> None:
    """Set a row of sums before the first bar."""
    sums[:] = 0
    sums[PEAK] = sums[EQUITY_FINAL] = cash
    sums[UNDER_SINCE] = -1
    sums[BEST], sums[WORST] = -np.inf, np.inf


@part
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


@part
def end_marks(tape: Tape, marks: Marks, since: int, sums: FloatArray, daily: FloatArray) -> None:
    """Walk from the close of bar ``since`` to the end."""
    n = len(tape.close)
    _add_flat(marks, since, n, sums[EQUITY_FINAL], sums, daily)
    if sums[UNDER_SINCE] >= 0:
        _end_drawdown(marks, n - 1, sums)


@part
def _add_flat(
    marks: Marks, first: int, last: int, cash: float, sums: FloatArray, daily: FloatArray
) -> None:
    """Add bars at whose close nothing was held."""
    if first >= last:
        return
    n = last - first
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


@part
def _go_under(bar: int, equity: float, sums: FloatArray) -> None:
    if sums[UNDER_SINCE] < 0:
        sums[UNDER_SINCE], sums[TROUGH] = bar, equity
    elif equity < sums[TROUGH]:
        sums[TROUGH] = equity


@part
def _end_drawdown(marks: Marks, bar: int, sums: FloatArray) -> None:
    """Count a drawdown that ended at the close of a bar; it began at the close before its first."""
    depth = sums[TROUGH] / sums[PEAK] - 1
    began = max(int(sums[UNDER_SINCE]) - 1, 0)
    sums[N_DRAWDOWNS] += 1
    sums[SUM_DEPTHS] += depth
    sums[MAX_DEPTH] = min(sums[MAX_DEPTH], depth)
    sums[LONGEST] = max(sums[LONGEST], float(marks.times[bar] - marks.times[began]))
    sums[UNDER_SINCE] = -1


@part
def _add_held(
    tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray, daily: FloatArray
) -> None:
    """Add the bars at whose close a position was held, a stretch at a time."""
    first, last, quantity = int(row[ENTRY_BAR]), int(row[EXIT_BAR]), row[QUANTITY]
    if first >= last:
        return
    base = row[CASH_IN] + quantity * (tape.close[first - 1] - marks.net[first - 1])
    for day in range(marks.days_before[first], marks.days_before[last]):
        daily[day] = base + quantity * marks.day_net[day]
    sums[N_HELD] += last - first
    sums[N_MARKED] += last - first
    shares = sum_shares(tape.close, marks, first, last, base, quantity)
    sums[SUM_EXPOSURE] += abs(quantity) * shares
    if _stays_between(row, sums):
        _add_under_water(marks, first, last, base, quantity, sums)
        return
    cash, paid = row[CASH_IN], tape.paid_before[first]
    start = under = first
    while start < last:
        stop = min(last, (start | (STRETCH - 1)) + 1)
        lowest, highest = _find_extremes(marks, start, stop, base, quantity)
        if highest < sums[PEAK] * _SURELY:
            _go_under(start, lowest, sums)
        else:
            _add_under_water(marks, under, start, base, quantity, sums)
            cash, paid = _pay_until(tape, start, paid, quantity, cash)
            _walk(tape, marks, start, stop, quantity, cash, sums)
            under = stop
        start = stop
    _add_under_water(marks, under, last, base, quantity, sums)


@part
def _stays_between(row: FloatArray, sums: FloatArray) -> bool:
    """Tell whether a round trip surely makes neither a peak nor a new trough, from its extremes."""
    one, other = row[QUANTITY] * row[LOWEST], row[QUANTITY] * row[HIGHEST]
    highest, lowest = row[CASH_HIGH] + max(one, other), row[CASH_LOW] + min(one, other)
    under = sums[UNDER_SINCE] >= 0 and lowest >= sums[TROUGH]
    return bool(under and highest < sums[PEAK] * _SURELY)


@part
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


@part
def _pay_until(tape: Tape, bar: int, paid: int, quantity: float, cash: float) -> tuple[float, int]:
    """Charge the funding of the closes before a bar, as the engine does."""
    while paid < len(tape.paid_bar) and tape.paid_bar[paid] < bar:
        cash += -(quantity * tape.close[tape.paid_bar[paid]] * tape.paid_rate[paid])
        paid += 1
    return cash, paid


@part
def _add_under_water(
    marks: Marks, first: int, last: int, base: float, quantity: float, sums: FloatArray
) -> None:
    """Add bars that make no peak, from running sums of prices, a block at a time."""
    slope, inverse = quantity / sums[PEAK], 1 / sums[PEAK]
    total, squares, start = 0.0, 0.0, first
    while start < last:
        stop = min(last, (start | (MOMENT_BLOCK - 1)) + 1)
        one, two = marks.moments[stop - 1, 0], marks.moments[stop - 1, 1]
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


@part
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
    j = tape.paid_before[first]
    inverse, total, squares, n_under = 1 / sums[PEAK], 0.0, 0.0, 0
    for bar in range(first, last):
        if j < len(tape.paid_bar) and tape.paid_bar[j] == bar:
            cash += -(quantity * tape.close[bar] * tape.paid_rate[j])
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
