"""Statistics straight from round trips: what the report shows, without equity per bar.

While flat, equity stands still; while a position is far under water, only sums are wanted of it,
and they follow from sums of prices. Bars are walked one by one only where a peak or a trough may be
made: there marks are those of the engine to the last bit, for one bit decides what a drawdown is.
"""

from __future__ import annotations

import numpy as np

from kanalo._jit import part
from kanalo.analyzers._day_kernels import sum_shares
from kanalo.analyzers._layout import (
    BEST,
    EQUITY_FINAL,
    LONGEST,
    LOSSES_NOW,
    MAX_BARS_HELD,
    MAX_DEPTH,
    MAX_LOSSES,
    MAX_TIME,
    MOMENT_BLOCK,
    N_AMBIGUOUS,
    N_CLIPPED,
    N_CLOSED,
    N_DOWN,
    N_DRAWDOWNS,
    N_HELD,
    N_LOST,
    N_MARKED,
    N_OPEN,
    N_RESOLVED,
    N_UNDER,
    N_UP,
    N_WON,
    PEAK,
    REASONS,
    SQUARES_RETURNS,
    STRETCH,
    SUM_BARS_HELD,
    SUM_DEPTHS,
    SUM_DOWN,
    SUM_EQUITY,
    SUM_EXPOSURE,
    SUM_FEES,
    SUM_FUNDING,
    SUM_LOGS,
    SUM_LOST,
    SUM_MAE,
    SUM_MFE,
    SUM_RETURNS,
    SUM_SLIPPAGE,
    SUM_SQUARES,
    SUM_TIME,
    SUM_UP,
    SUM_VALUE,
    SUM_WON,
    TROUGH,
    UNDER_SINCE,
    WORST,
    FloatArray,
    Marks,
)
from kanalo.execution._layout import (
    AMBIGUOUS,
    CASH_IN,
    CASH_OUT,
    ENTRY_BAR,
    ENTRY_FEE,
    ENTRY_LEVEL,
    ENTRY_PRICE,
    EXIT_BAR,
    EXIT_FEE,
    EXIT_LEVEL,
    EXIT_PRICE,
    EXIT_REASON,
    FUNDING,
    HIGHEST,
    LOWEST,
    MAX_BARS_REASON,
    OPEN,
    QUANTITY,
    REASON,
    RESOLVED,
    WANTED,
    Tape,
)

CLIPPED_SHARE = 0.01
_TINY, _HUGE = 1e-200, 1e200

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
    closes, net = tape.close[first:last], marks.net[first:last]
    sums[SUM_EXPOSURE] += abs(quantity) * sum_shares(closes, net, base, quantity)
    cash, paid, start = row[CASH_IN], tape.paid_before[first], first
    while start < last:
        stop = min(last, (start | (STRETCH - 1)) + 1)
        lowest, highest = _find_extremes(marks, start, stop, base, quantity)
        if highest < sums[PEAK] * _SURELY:
            _go_under(start, lowest, sums)
            _add_under_water(marks, start, stop, base, quantity, sums)
        else:
            cash, paid = _pay_until(tape, start, paid, quantity, cash)
            _walk(tape, marks, start, stop, quantity, cash, sums)
        start = stop


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
    """Add bars of one block that make no peak, from running sums of prices."""
    slope, n = quantity / sums[PEAK], last - first
    one, two = marks.moments[last - 1, 0], marks.moments[last - 1, 1]
    if first % MOMENT_BLOCK:
        one -= marks.moments[first - 1, 0]
        two -= marks.moments[first - 1, 1]
    middle = base + quantity * marks.middle[first // MOMENT_BLOCK]
    depth = middle / sums[PEAK] - 1
    sums[SUM_EQUITY] += n * middle + quantity * one
    sums[SUM_SQUARES] += n * depth * depth + 2 * depth * slope * one + slope * slope * two
    sums[N_UNDER] += n


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


@part
def add_trade(
    tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray, returns: FloatArray
) -> None:
    """Add what a round trip earned and cost; ``returns`` has room for one number a trade."""
    _add_costs(row, sums)
    if row[REASON] == OPEN:
        sums[N_OPEN] += 1
        return
    pnl = _earned(row)
    gain = pnl / (row[ENTRY_PRICE] * abs(row[QUANTITY]))
    returns[int(sums[N_CLOSED])] = gain
    sums[N_CLOSED] += 1
    _add_outcome(pnl, gain, sums)
    _add_course(tape, marks, row, sums)


@part
def end_trades(sums: FloatArray, returns: FloatArray) -> None:
    """Add up what needs all returns: their spread, and their logs, many at a time."""
    n, growth = int(sums[N_CLOSED]), 1.0
    if n == 0:
        return
    mean = sums[SUM_RETURNS] / n
    for i in range(n):
        sums[SQUARES_RETURNS] += (returns[i] - mean) * (returns[i] - mean)
        growth *= max(1 + returns[i], 0.0)
        if not _TINY < growth < _HUGE:
            sums[SUM_LOGS] += np.log(growth) if growth > 0 else -np.inf
            growth = 1.0
    sums[SUM_LOGS] += np.log(growth)


@part
def _add_costs(row: FloatArray, sums: FloatArray) -> None:
    coins = abs(row[QUANTITY])
    sums[SUM_VALUE] += row[ENTRY_PRICE] * coins
    sums[SUM_FEES] += row[ENTRY_FEE]
    sums[SUM_SLIPPAGE] += abs(row[ENTRY_PRICE] - row[ENTRY_LEVEL]) * coins
    sums[SUM_FUNDING] += row[FUNDING]
    sums[N_AMBIGUOUS] += row[AMBIGUOUS]
    sums[N_RESOLVED] += row[RESOLVED]
    if row[REASON] != OPEN:
        sums[SUM_VALUE] += row[EXIT_PRICE] * coins
        sums[SUM_FEES] += row[EXIT_FEE]
        sums[SUM_SLIPPAGE] += abs(row[EXIT_PRICE] - row[EXIT_LEVEL]) * coins


@part
def _earned(row: FloatArray) -> float:
    value = row[QUANTITY] * row[EXIT_PRICE] - row[QUANTITY] * row[ENTRY_PRICE]
    pnl: float = value - (row[ENTRY_FEE] + row[EXIT_FEE]) + row[FUNDING]
    return pnl


@part
def _add_outcome(pnl: float, gain: float, sums: FloatArray) -> None:
    """Add what a closed trade earned, in money and as a return."""
    sums[SUM_RETURNS] += gain
    sums[BEST], sums[WORST] = max(sums[BEST], gain), min(sums[WORST], gain)
    if gain > 0:
        sums[N_UP] += 1
        sums[SUM_UP] += gain
    elif gain < 0:
        sums[N_DOWN] += 1
        sums[SUM_DOWN] += gain
    sums[LOSSES_NOW] = sums[LOSSES_NOW] + 1 if pnl < 0 else 0
    sums[MAX_LOSSES] = max(sums[MAX_LOSSES], sums[LOSSES_NOW])
    if pnl > 0:
        sums[N_WON] += 1
        sums[SUM_WON] += pnl
    elif pnl < 0:
        sums[N_LOST] += 1
        sums[SUM_LOST] += pnl


@part
def _add_course(tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray) -> None:
    """Add how a closed trade went and ended: its time, its excursions, its reason."""
    entry, last, reason = int(row[ENTRY_BAR]), int(row[EXIT_BAR]), int(row[REASON])
    bars = last - entry + (reason != EXIT_REASON and reason != MAX_BARS_REASON)
    time = float(marks.times[last] - marks.times[entry])
    sums[SUM_BARS_HELD] += bars
    sums[MAX_BARS_HELD] = max(sums[MAX_BARS_HELD], bars)
    sums[SUM_TIME] += time
    sums[MAX_TIME] = max(sums[MAX_TIME], time)
    sums[REASONS + reason] += 1
    price, level = row[ENTRY_PRICE], row[EXIT_LEVEL]
    lowest = min(row[LOWEST], min(price, level))
    highest = max(row[HIGHEST], max(price, level))
    if last > entry:
        lowest, highest = min(lowest, tape.open[last]), max(highest, tape.open[last])
    down, up = lowest / price - 1, highest / price - 1
    sums[SUM_MAE] += down if row[QUANTITY] > 0 else -up
    sums[SUM_MFE] += up if row[QUANTITY] > 0 else -down
    sums[N_CLIPPED] += 1 - abs(row[QUANTITY]) / row[WANTED] > CLIPPED_SHARE
