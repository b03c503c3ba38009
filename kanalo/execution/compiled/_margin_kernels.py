"""Margin and market impact in the compiled engine (rules 16, 17), as in `kanalo.execution.twin`."""

from __future__ import annotations

import math

import numpy as np

from kanalo._jit import inlined
from kanalo.execution.compiled._tape_layout import Tape, Terms


@inlined
def find_liquidation(tape: Tape, bar: int, cash: float, quantity: float) -> float:
    """Return the price at which a position is liquidated in a bar; NaN where there is none."""
    table = tape.tier_table[bar]
    first, stop = tape.tier_start[table], tape.tier_start[table + 1]
    if quantity > 0:
        level = -np.inf
        for k in range(first, stop):
            price = -(cash + tape.tier_amount[k]) / (quantity * (1 - tape.tier_rate[k]))
            level = max(level, price)
        return level if level > 0 else np.nan
    level = np.inf
    for k in range(first, stop):
        price = (cash + tape.tier_amount[k]) / (abs(quantity) * (1 + tape.tier_rate[k]))
        level = min(level, price)
    return level


@inlined
def is_liquidated(quantity: float, price: float, level: float) -> bool:
    """Tell whether a price is at the liquidation price or beyond; never where that is NaN."""
    return price <= level if quantity > 0 else price >= level


@inlined
def cover(
    tape: Tape, terms: Terms, bar: int, wanted: float, price: float, fee: float, cash: float
) -> float:
    """Return how many coins of an entry an account with nothing else covers (rules 2 and 16)."""
    covered = wanted
    room = cash * terms.max_leverage
    if not wanted * price * (1 + fee) <= room + terms.tolerance * cash:
        covered = room / (price * (1 + fee))
    if terms.is_margined and covered > 0:
        table, most, value = tape.tier_table[bar], 0.0, covered * price
        for k in range(tape.tier_start[table], tape.tier_start[table + 1]):
            most = max(most, min(tape.tier_cap[k], tape.tier_leverage[k] * cash))
            if value <= most:  # whatever the other tiers allow
                return covered
        covered = most / price
    return covered


@inlined
def limit_share(tape: Tape, terms: Terms, bar: int, wanted: float) -> float:
    """Return the part of an entry that the volume of its bar allows."""
    if terms.max_share < np.inf:
        wanted = min(wanted, terms.max_share * tape.volume[bar])
    return wanted


@inlined
def move(
    tape: Tape, terms: Terms, bar: int, level: float, price: float, direction: int, coins: float
) -> float:
    """Return a price with the impact of a fill of so many coins at a level."""
    if terms.impact > 0:
        volatility = tape.volatility[bar]
        if not np.isnan(volatility):
            size = math.sqrt(coins * level / tape.turnover[bar])
            price *= 1 + direction * min(terms.impact * volatility * size, 0.5)
    return price


@inlined
def lend(tape: Tape, bar: int, cash: float, quantity: float) -> float:
    """Return the cash flow of borrowing at the close of a bar: negative where interest is paid."""
    flow = 0.0
    if len(tape.borrow) and quantity < 0:
        flow = quantity * tape.close[bar] * tape.borrow[bar]
    elif len(tape.borrow) and cash < 0:
        flow = cash * tape.borrow[bar]
    return flow


@inlined
def may_be_liquidated(tape: Tape, cash: float, quantity: float, price: float) -> bool:
    """Tell whether the least cash and the worst price of a position could end its margin.

    A bound over all tables of the market; the bars are walked where it does not hold.
    """
    value = abs(quantity) * price
    equity = cash + quantity * price
    if equity > tape.highest_rate * value:
        return False
    for k in range(len(tape.tier_rate)):
        if equity <= tape.tier_rate[k] * value - tape.tier_amount[k] + 1e-9 * value:
            return True
    return False
