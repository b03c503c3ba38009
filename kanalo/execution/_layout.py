"""How markets, decisions and trades are laid out for the kernels of this package."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BLOCK, WIDE_BLOCK = 8, 64
"""Bars in blocks whose extremes are known; powers of 2."""

STAGE = 4096
"""Bars through which sets that run together are taken in turn, while a cache holds them."""

# Columns of the table of trades; all are float64, whole numbers among them exact.
ENTRY_BAR, EXIT_BAR = 0, 1  # the exit bar is n_bars while open
QUANTITY = 2  # coins, negative for a short
ENTRY_PRICE, ENTRY_LEVEL, ENTRY_FEE = 3, 4, 5
EXIT_PRICE, EXIT_LEVEL, EXIT_FEE = 6, 7, 8
WANTED, STOP, DECISION = 9, 10, 11  # STOP as in force just after the entry
REASON = 12  # of the exit; OPEN while open
AMBIGUOUS, RESOLVED = 13, 14  # whether the exit's bar touched both levels
CASH_IN, CASH_OUT = 15, 16  # after the entry's fill, and after the exit's (at the end while open)
CASH_LOW, CASH_HIGH = 17, 18  # the least and the most between, funding included
LOWEST, HIGHEST = 19, 20  # of all bars at whose close it was held
FUNDING = 21
N_COLUMNS = 22

# What is carried from one round trip to the next; float64 too.
NEXT_ENTRY, NEXT_LONG, NEXT_SHORT = 0, 1, 2  # where to look on in entries and exits
CASH_NOW, EQUITY_NOW = 3, 4  # equity at the close that decides on the next entry
SINCE = 5  # the bar whose close statistics look at next
N_STATE = 6

# The values of `kanalo.execution.records.Reason`, and one for what is open.
EXIT_REASON, STOP_REASON, TARGET_REASON, MAX_BARS_REASON, RUIN_REASON, OPEN = 1, 2, 3, 4, 5, 7

# What a bar that touches both levels counts as.
STOP_FIRST, TARGET_FIRST, RESOLVE = 0, 1, 2


class Tape(NamedTuple):
    """A market and its funding as arrays."""

    open: FloatArray  # shape (n_bars,), as the next three
    high: FloatArray
    low: FloatArray
    close: FloatArray
    block_high: FloatArray  # extremes of each whole block, shape (n_bars // BLOCK,)
    block_low: FloatArray
    wide_high: FloatArray  # the same of WIDE_BLOCK bars
    wide_low: FloatArray
    paid_before: IntArray  # how many bars before t pay funding, shape (n_bars + 1,)
    paid_bar: IntArray  # the bars that pay, shape (n_paid,)
    paid_rate: FloatArray
    finer_start: IntArray  # rows of the finer bars in bar t; none unless they cover it wholly
    finer_stop: IntArray
    finer_high: FloatArray
    finer_low: FloatArray


class Orders(NamedTuple):
    """One set of decisions as arrays; a guard line of length 0 is none."""

    entries: IntArray
    side: npt.NDArray[np.int8]
    stop: FloatArray
    target: FloatArray
    trail: FloatArray
    size: FloatArray
    max_bars: IntArray
    exit_long: IntArray
    exit_short: IntArray
    guard_long: FloatArray
    guard_short: FloatArray


class Terms(NamedTuple):
    """Costs and account as numbers."""

    cash: float
    max_leverage: float
    tolerance: float
    fee: float
    maker_fee: float
    slippage: float
    both_touched: int
    entry_bar_exits: bool
