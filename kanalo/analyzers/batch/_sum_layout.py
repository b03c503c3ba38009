"""How marks and sums are laid out for the kernels of this package."""

from __future__ import annotations

from typing import NamedTuple

from kanalo.typing import FloatArray, IntArray

MOMENT_BLOCK = 128
"""Bars over which sums of prices run before they start anew, so that they lose no digits."""

STRETCH = 32
"""Held bars that are looked at whole; a block of moments holds several whole ones."""

SHARE_TERMS = 8
"""Powers of the distance from the middle of a stretch that shares of equity are summed by."""


class Marks(NamedTuple):
    """A market as statistics see it: closes, days, and sums of closes.

    ``net`` is the close less the funding that one coin has paid up to then. A position of q coins
    that was entered in bar e with ``cash`` left has at the close of bar t the equity
    ``cash + q × (close[e - 1] - net[e - 1]) + q × net[t]``.
    """

    times: IntArray  # OPEN times in nanoseconds, shape (n_bars,)
    net: FloatArray  # shape (n_bars,)
    middle: FloatArray  # first ``net`` of each block of MOMENT_BLOCK bars
    moments: FloatArray  # running sums within the block of net - middle and its square, (n_bars, 2)
    lows: FloatArray  # extremes of ``net`` in each whole stretch, shape (n_bars // STRETCH,)
    highs: FloatArray
    share_sums: FloatArray  # of close × (net - (low + high) / 2)ᵏ, shape (n_stretches, SHARE_TERMS)
    days_before: IntArray  # how many days ended before bar t, shape (n_bars + 1,)
    day_net: FloatArray  # ``net`` at the last bar of each day, shape (n_days,)


class Benchmark(NamedTuple):
    """Daily returns to compare with, zero where they are not known, and where they are.

    Both are empty where none is known. The numbers are of all days.
    """

    returns: FloatArray
    known: FloatArray  # 1 or 0
    days: float  # how many are known
    mean: float
    squares: float  # of the distances from the mean, summed
    growth: float


# Columns of a row of sums.
N_SUMS = 59
(
    PEAK,  # highest mark so far, the starting cash at first
    TROUGH,  # lowest mark of the drawdown that lasts
    UNDER_SINCE,  # its first bar; -1 at the peak
    N_UNDER,
    SUM_SQUARES,  # of drawdowns
    SUM_EQUITY,
    N_DRAWDOWNS,
    SUM_DEPTHS,
    MAX_DEPTH,
    LONGEST,  # nanoseconds
    N_HELD,
    N_MARKED,  # bars with an exposure: all but those without any equity
    SUM_EXPOSURE,
    EQUITY_FINAL,
    N_CLOSED,
    N_OPEN,
    N_WON,  # in money, as the next three
    SUM_WON,
    N_LOST,
    SUM_LOST,
    SUM_RETURNS,
    SQUARES_RETURNS,  # of what lies between each and the mean
    N_UP,  # in returns, as the next three
    SUM_UP,
    N_DOWN,
    SUM_DOWN,
    BEST,
    WORST,
    SUM_LOGS,
    MAX_BARS_HELD,
    SUM_BARS_HELD,
    MAX_TIME,  # nanoseconds, as the next
    SUM_TIME,
    SUM_MAE,
    SUM_MFE,
    LOSSES_NOW,
    MAX_LOSSES,
    N_CLIPPED,
    N_AMBIGUOUS,
    N_RESOLVED,
    SUM_VALUE,  # of fills, as the next two
    SUM_FEES,
    SUM_SLIPPAGE,
    SUM_FUNDING,
    N_DAYS,  # with a return
    SUM_DAYS,
    SQUARES_DAYS,
    SQUARES_DOWNSIDE,
    SUM_GAINS,
    SUM_LOSSES,
    DAILY_DEPTH,
    REASONS,  # closed trades by Reason, from here to the end
) = range(52)
N_REASONS = N_SUMS - REASONS

# Columns of a comparison of daily returns with a benchmark's.
(
    N_COMMON,
    MEAN_OURS,
    MEAN_THEIRS,
    SQUARES_OURS,
    SQUARES_THEIRS,
    PRODUCTS,
    MEAN_ACTIVE,
    SQUARES_ACTIVE,
    GROWTH_OURS,
    GROWTH_THEIRS,
    N_COMPARED,
) = range(11)
