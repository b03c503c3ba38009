"""What round trips earned and cost, straight from their rows."""

from __future__ import annotations

import numpy as np

from kanalo._jit import inlined
from kanalo.analyzers.batch._sum_layout import (
    BEST,
    LOSSES_NOW,
    MAX_BARS_HELD,
    MAX_LOSSES,
    MAX_TIME,
    N_AMBIGUOUS,
    N_CLIPPED,
    N_CLOSED,
    N_DOWN,
    N_LOST,
    N_OPEN,
    N_RESOLVED,
    N_UP,
    N_WON,
    REASONS,
    SQUARES_RETURNS,
    SUM_BARS_HELD,
    SUM_DOWN,
    SUM_FEES,
    SUM_FUNDING,
    SUM_LOGS,
    SUM_LOST,
    SUM_MAE,
    SUM_MFE,
    SUM_RETURNS,
    SUM_SLIPPAGE,
    SUM_TIME,
    SUM_UP,
    SUM_VALUE,
    SUM_WON,
    WORST,
    Marks,
)
from kanalo.execution.compiled._tape_layout import (
    AMBIGUOUS,
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
    PART,
    QUANTITY,
    REASON,
    RESOLVED,
    SHORTFALL,
    WANTED,
    Tape,
)
from kanalo.typing import FloatArray

CLIPPED_SHARE = 0.01
_TINY, _HUGE = 1e-200, 1e200


@inlined
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


@inlined
def end_trades(sums: FloatArray, returns: FloatArray) -> None:
    """Add up what needs all returns: their spread, and their logs, many at a time."""
    n, growth = int(sums[N_CLOSED]), 1.0
    if n == 0:
        return
    mean = sums[SUM_RETURNS] / n
    for i in range(n):
        sums[SQUARES_RETURNS] += (returns[i] - mean) * (returns[i] - mean)
        # The logarithm of a product instead of a sum of logarithms: one log for many trades. The
        # product is emptied before it could overflow or vanish.
        growth *= max(1 + returns[i], 0.0)
        if not _TINY < growth < _HUGE:
            sums[SUM_LOGS] += np.log(growth) if growth > 0 else -np.inf
            growth = 1.0
    sums[SUM_LOGS] += np.log(growth)


@inlined
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
    elif row[PART] != 0:  # what a first target closed; targets do not slip
        sums[SUM_VALUE] += row[EXIT_PRICE] * abs(row[PART])
        sums[SUM_FEES] += row[EXIT_FEE]


@inlined
def _earned(row: FloatArray) -> float:
    value = row[QUANTITY] * row[EXIT_PRICE] - row[QUANTITY] * row[ENTRY_PRICE]
    pnl: float = value - (row[ENTRY_FEE] + row[EXIT_FEE]) + row[FUNDING] + row[SHORTFALL]
    return pnl


@inlined
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


@inlined
def _add_course(tape: Tape, marks: Marks, row: FloatArray, sums: FloatArray) -> None:
    """Add how a closed trade went and ended: its time, its excursions, its reason."""
    entry, last, reason = int(row[ENTRY_BAR]), int(row[EXIT_BAR]), int(row[REASON])
    # A stop or target is hit within the exit bar, which then counts as held; a rule's exit and the
    # limit of bars fill at its open, and it does not.
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
    # The engine's extremes end with the bar before. Of the exit bar only the open was certainly
    # held; the rest of its range was not.
    if last > entry:
        lowest, highest = min(lowest, tape.open[last]), max(highest, tape.open[last])
    down, up = lowest / price - 1, highest / price - 1
    sums[SUM_MAE] += down if row[QUANTITY] > 0 else -up
    sums[SUM_MFE] += up if row[QUANTITY] > 0 else -down
    sums[N_CLIPPED] += 1 - abs(row[QUANTITY]) / row[WANTED] > CLIPPED_SHARE
