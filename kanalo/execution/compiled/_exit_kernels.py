"""How a round trip ends and what it costs to hold: the part of the fill rules behind the entry."""

from __future__ import annotations

import numpy as np

from kanalo._jit import inlined
from kanalo.execution.compiled._funding_kernels import charge
from kanalo.execution.compiled._margin_kernels import lend, move
from kanalo.execution.compiled._tape_layout import (
    AMBIGUOUS,
    CASH_HIGH,
    CASH_IN,
    CASH_LOW,
    CASH_OUT,
    ENTRY_BAR,
    EXIT_BAR,
    EXIT_FEE,
    EXIT_LEVEL,
    EXIT_PRICE,
    FUNDING,
    HIGHEST,
    LIQUIDATION_REASON,
    LOWEST,
    QUANTITY,
    REASON,
    RESOLVE,
    RESOLVED,
    RUIN_REASON,
    SHORTFALL,
    STOP_REASON,
    TARGET_FIRST,
    TARGET_REASON,
    Tape,
    Terms,
)
from kanalo.typing import FloatArray


@inlined
def slip(tape: Tape, terms: Terms, bar: int, price: float, direction: int) -> float:
    """Return what a price slips to in the direction of the fill, within the bar's range."""
    slipped: float = max(price * (1 - terms.slippage), tape.low[bar])
    if direction > 0:
        slipped = min(price * (1 + terms.slippage), tape.high[bar])
    return slipped


@inlined
def trade_at(
    tape: Tape, terms: Terms, bar: int, level: float, direction: int, coins: float
) -> float:
    """Return the price of a fill that takes: a level with slippage and impact."""
    price: float = move(
        tape, terms, bar, level, slip(tape, terms, bar, level, direction), direction, coins
    )
    return price


@inlined
def pay(tape: Tape, last: int, cash: float, row: FloatArray) -> float:
    """Charge the funding of the closes before bar ``last`` and return the cash that is left."""
    total, lowest, highest = 0.0, cash, cash
    if len(tape.paid_bar) == 0:  # nothing to look up
        row[FUNDING], row[CASH_LOW], row[CASH_HIGH] = total, lowest, highest
        return cash
    for j in range(tape.paid_before[int(row[ENTRY_BAR])], tape.paid_before[last]):
        paid = charge(tape, j, row[QUANTITY])
        cash += paid
        total += paid
        lowest, highest = min(lowest, cash), max(highest, cash)
    row[FUNDING], row[CASH_LOW], row[CASH_HIGH] = total, lowest, highest
    return cash


@inlined
def protect(
    tape: Tape, terms: Terms, bar: int, side: int, stop: float, target: float, row: FloatArray
) -> float:
    """Decide between stop and target in a bar that reached one of them; return the level."""
    opening: float = tape.open[bar]
    if side * (opening - stop) <= 0:
        row[REASON] = STOP_REASON
        return opening
    if side * (opening - target) >= 0:
        row[REASON] = TARGET_REASON
        return opening
    if side > 0:
        hits_stop, hits_target = tape.low[bar] <= stop, tape.high[bar] >= target
    else:
        hits_stop, hits_target = tape.high[bar] >= stop, tape.low[bar] <= target
    if hits_stop and hits_target:
        row[AMBIGUOUS] = 1
        hits_stop = terms.both_touched != TARGET_FIRST
        if terms.both_touched == RESOLVE:
            hits_stop = _stop_is_first(tape, bar, side, stop, target, row)
    row[REASON] = STOP_REASON if hits_stop else TARGET_REASON
    return stop if hits_stop else target


@inlined
def _stop_is_first(
    tape: Tape, bar: int, side: int, stop: float, target: float, row: FloatArray
) -> bool:
    """Walk the finer bars of a bar; what they do not tell counts as stop first."""
    for i in range(tape.finer_start[bar], tape.finer_stop[bar]):
        if side > 0:
            hits_stop, hits_target = tape.finer_low[i] <= stop, tape.finer_high[i] >= target
        else:
            hits_stop, hits_target = tape.finer_high[i] >= stop, tape.finer_low[i] <= target
        if hits_stop and hits_target:
            return True
        if hits_stop or hits_target:
            row[RESOLVED] = 1
            return bool(hits_stop)
    return True


@inlined
def leave_at(
    tape: Tape, terms: Terms, bar: int, level: float, cash: float, row: FloatArray
) -> float:
    """Fill an exit and return the cash after it."""
    price, fee, quantity = level, terms.fee, row[QUANTITY]
    if row[REASON] == TARGET_REASON:
        fee = terms.maker_fee
    elif row[REASON] == LIQUIDATION_REASON:
        fee = terms.liquidation_fee
    elif row[REASON] != RUIN_REASON:
        price = trade_at(tape, terms, bar, level, -1 if quantity > 0 else 1, abs(quantity))
    value = -quantity * price
    row[EXIT_BAR], row[EXIT_PRICE], row[EXIT_LEVEL] = bar, price, level
    charged = abs(value) * fee
    cash -= value
    row[SHORTFALL] = 0.0
    if terms.is_margined:  # an account without a position holds nothing below zero
        charged = min(charged, max(cash, 0.0))
        row[SHORTFALL] = max(-cash, 0.0)
        cash = max(cash, 0.0)
    row[EXIT_FEE] = charged
    cash -= charged
    row[CASH_OUT] = cash
    return cash


@inlined
def hold(tape: Tape, bar: int, cash: float, quantity: float) -> float:
    """Return the cash flow of a position at the close of a bar: its funding, or its borrowing.

    Funding is due on perpetuals and interest elsewhere, so a bar has one of them.
    """
    paid = tape.paid_before[bar]
    if tape.paid_before[bar + 1] > paid:
        flow: float = charge(tape, paid, quantity)
        return flow
    interest: float = lend(tape, bar, cash, quantity)
    return interest


@inlined
def find_ruin(tape: Tape, first: int, last: int, row: FloatArray) -> int:
    """Return the first bar at whose close no equity is left, or ``last``."""
    cash, j = row[CASH_IN], tape.paid_before[first]
    for bar in range(first, last):
        if j < len(tape.paid_bar) and tape.paid_bar[j] == bar:
            cash += charge(tape, j, row[QUANTITY])
            j += 1
        if cash + row[QUANTITY] * tape.close[bar] <= 0:
            return bar
    return last


@inlined
def leave_ruined(tape: Tape, terms: Terms, bar: int, row: FloatArray) -> float:
    """Close a position at the close that ruined it."""
    cash = pay(tape, bar + 1, row[CASH_IN], row)
    row[LOWEST], row[HIGHEST] = np.inf, -np.inf
    for held in range(int(row[ENTRY_BAR]), bar + 1):
        row[LOWEST] = min(row[LOWEST], tape.low[held])
        row[HIGHEST] = max(row[HIGHEST], tape.high[held])
    row[REASON] = RUIN_REASON
    return leave_at(tape, terms, bar, tape.close[bar], cash, row)


@inlined
def find_equity_before(tape: Tape, row: FloatArray) -> float:
    """Return the equity at the close before an exit at the open, which sizes a reversal."""
    bar = int(row[EXIT_BAR])
    cash = row[CASH_IN]
    if len(tape.borrow):
        for held in range(int(row[ENTRY_BAR]), bar):
            cash += hold(tape, held, cash, row[QUANTITY])
    else:
        for j in range(tape.paid_before[int(row[ENTRY_BAR])], tape.paid_before[bar]):
            cash += charge(tape, j, row[QUANTITY])
    equity: float = cash + row[QUANTITY] * tape.close[bar - 1]
    return equity
