"""How markets, decisions and trades are laid out for the kernels of this package."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from kanalo.typing import FloatArray, IntArray

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
INSIDE = 22  # an entry inside its bar: 1 by a stop order, 2 by a limit order; else 0
PART = 23  # coins that a first target closed at this row's exit; 0 where the exit closed all
CONTINUES = 24  # whether the row goes on with what a first target left of the row before
SHORTFALL = 25  # what the account lacked after the exit, and the venue bore
AT_CLOSE = 26  # whether it was liquidated at the close of the exit's bar, after funding
N_COLUMNS = 27

# What is carried from one round trip to the next; float64 too.
NEXT_ENTRY, NEXT_LONG, NEXT_SHORT = 0, 1, 2  # where to look on in entries and exits
CASH_NOW, EQUITY_NOW = 3, 4  # equity at the close that decides on the next entry
SINCE = 5  # the bar whose close statistics look at next
BAR = 6  # the bar at which orders look on
ENTERING, MARKET_WANTED = 7, 8  # the market entry of the next open, -1 for none; its coins
ORDER_LONG, ORDER_SHORT = 9, 10  # the entries that wait as orders, -1 for none
WANTED_LONG, WANTED_SHORT = 11, 12  # their coins
LAST_LONG, LAST_SHORT = 13, 14  # the last bars in which they are live
N_NOTED, N_DECIDED = 15, 16  # questions that bars left open, and those that finer bars decided
NOTED_BAR, NOTED_MASK = 17, 18  # the bar of the last question, and which it asked
TARGET_NOW, SECOND_NOW = 19, 20  # the next target of what is held, and the one behind it
FIRST_HIT = 21  # the bar of the first of two targets, -1 before it
N_STATE = 22

# The values of `kanalo.execution.records.Reason`, and one for what is open.
EXIT_REASON, STOP_REASON, TARGET_REASON, MAX_BARS_REASON, RUIN_REASON = 1, 2, 3, 4, 5
LIQUIDATION_REASON, OPEN = 7, 8

# The values of `kanalo.strategy.OrderType`, and of `kanalo.execution.records.Question`.
MARKET, STOP_ORDER, LIMIT_ORDER = 0, 1, 2
HELD, STOP_ENTRY, LIMIT_ENTRY, STRADDLE = 0, 1, 2, 3

# What a bar that touches both levels counts as.
STOP_FIRST, TARGET_FIRST, RESOLVE, PATH = 0, 1, 2, 3


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
    finer_open: FloatArray
    finer_close: FloatArray
    volume: FloatArray  # the next three have length 0 where no fill looks at the market's size
    volatility: FloatArray  # of a day, NaN where unknown; see `kanalo.execution.liquidity`
    turnover: FloatArray
    tier_table: IntArray  # all that follow are of `kanalo.execution.margin`, of length 0 without
    tier_start: IntArray
    tier_cap: FloatArray
    tier_rate: FloatArray
    tier_amount: FloatArray
    tier_leverage: FloatArray
    highest_rate: float  # of all tiers
    borrow: FloatArray  # interest of a bar as a fraction, 0 on perpetuals; empty if 0 everywhere


class Orders(NamedTuple):
    """One set of decisions as arrays, named as in `Decisions`; a line of length 0 is none."""

    entries: IntArray
    side: npt.NDArray[np.int8]
    stop: FloatArray
    target: FloatArray
    trail: FloatArray
    size: FloatArray
    max_bars: IntArray
    order: npt.NDArray[np.int8]  # this and the next five have length 0 where no entry needs them
    price: FloatArray
    valid: IntArray
    target_2: FloatArray
    share: FloatArray
    breakeven: npt.NDArray[np.bool_]
    exit_long: IntArray
    exit_short: IntArray
    guard_long: FloatArray
    guard_short: FloatArray


def _list_dtypes(layout: type) -> dict[str, type[np.generic]]:
    """Read the numpy type of each array of a layout from its annotations."""
    return {name: _scalar_of(hint) for name, hint in get_type_hints(layout).items()}


def _scalar_of(hint: Any) -> type[np.generic]:
    """Find the scalar type in `NDArray[scalar]`.

    It is an alias of its own since numpy 2.5, and `ndarray[shape, dtype[scalar]]` before.
    """
    last = get_args(hint)[-1]
    return _scalar_of(last) if get_args(last) else last


ORDER_DTYPES = _list_dtypes(Orders)
"""numpy type of each array of `Orders`; from it follow their conversion and their addresses."""


class Terms(NamedTuple):
    """Costs and account as numbers, named as the attributes of `Costs` and `Execution`."""

    cash: float
    max_leverage: float
    tolerance: float
    fee: float
    maker_fee: float
    slippage: float
    both_touched: int
    entry_bar_exits: bool
    through: bool  # limit orders and targets want to be gone through
    leverage: float
    is_margined: bool
    liquidation_fee: float
    impact: float
    max_share: float
