"""Statistics of round trips: what one trade earned, how often, and how it ended.

Every function takes ``Result.trades`` as it is, a table with the columns of
`kanalo.execution.trades.TRADE_COLUMNS`. Only closed trades count (``exit_bar`` ≥ 0); `count_open`
says how many are left out. What no trade could tell is NaN, counts are 0. A trade that broke even
is neither won nor lost.

Two yardsticks are kept apart. Profit factor and payoff are in money: what the account made, larger
trades weighing more. Expectancy, SQN and Kelly are in returns per trade: what the rule makes of a
coin in the market, whatever the account had grown to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd

from kanalo.analyzers._arrays import NAN, calc_mean, calc_spread, divide
from kanalo.typing import BoolArray, FloatArray

FEW_TRADES = 30
"""Closed trades that a judgement needs at least: of fewer, nothing is said."""

DAYS = "days"
"""In `ClosedColumns`: how long the closed trades took, in days."""


@dataclass(frozen=True, eq=False)
class ClosedColumns:
    """The closed trades of a table as arrays, each taken out of the table once.

    Attributes
    ----------
    table : DataFrame of n_trades rows
        Round trips; an ``exit_bar`` below 0 marks an open one.
    """

    table: pd.DataFrame
    _kept: dict[str, FloatArray] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Count all trades, open ones included."""
        return len(self.table)

    def get(self, column: str) -> FloatArray:
        """Return a column of the closed trades, shape (n_closed,); ``days`` is how long they took.

        Raises
        ------
        KeyError
            If the table has no such column.
        """
        if column not in self._kept:
            self._kept[column] = _take_column(self.table, column, self._closed)
        return self._kept[column]

    @cached_property
    def _closed(self) -> BoolArray:
        return _find_closed(self.table)


TradesLike: TypeAlias = pd.DataFrame | ClosedColumns
"""``Result.trades``, or its closed trades as arrays where many statistics are wanted."""


def to_closed(trades: TradesLike, column: str) -> FloatArray:
    """Return a column of the closed trades as float64 of shape (n_closed,).

    Parameters
    ----------
    trades : DataFrame of n_trades rows
        Round trips; an ``exit_bar`` below 0 marks an open one.
    column : str
        Name of a numeric column.

    Returns
    -------
    float64 array of shape (n_closed,)
        The column's values in the order of the trades.
    """
    if isinstance(trades, ClosedColumns):
        return trades.get(column)
    return _take_column(trades, column, _find_closed(trades))


def count_closed(trades: TradesLike) -> int:
    """Count the trades that have ended."""
    return len(to_closed(trades, "exit_bar"))


def count_open(trades: TradesLike) -> int:
    """Count the trades that were open at the end, which every other statistic leaves out."""
    return len(trades) - count_closed(trades)


def calc_win_rate(trades: TradesLike) -> float:
    """Compute the share of closed trades with a profit after costs; breaking even is no win."""
    return calc_mean(to_closed(trades, "pnl") > 0)


def calc_profit_factor(trades: TradesLike) -> float:
    """Compute the sum of profits over the sum of losses, in money.

    Returns
    -------
    float
        NaN without a losing trade.

    Notes
    -----
    backtesting.py sums returns instead, which weighs a small early trade like a large late one.
    """
    pnl = to_closed(trades, "pnl")
    return divide(pnl[pnl > 0].sum(), -pnl[pnl < 0].sum())


def calc_payoff_ratio(trades: TradesLike) -> float:
    """Compute the average profit over the average loss, in money; NaN unless there are both."""
    pnl = to_closed(trades, "pnl")
    return divide(calc_mean(pnl[pnl > 0]), -calc_mean(pnl[pnl < 0]))


def calc_expectancy(trades: TradesLike) -> float:
    """Compute the mean return per closed trade, a fraction of the value at entry."""
    return calc_mean(to_closed(trades, "return"))


def calc_average_trade(trades: TradesLike) -> float:
    """Compute the geometric mean return per trade, ``(Π(1 + r))^(1/n) − 1``.

    What one trade adds when each stakes the whole account; below the expectancy by about half the
    variance. −1 where a trade lost all it staked.
    """
    growth = 1 + to_closed(trades, "return")
    if not len(growth):
        return NAN
    return float(np.expm1(np.log(growth).mean())) if growth.min() > 0 else -1.0


def calc_best_trade(trades: TradesLike) -> float:
    """Return the highest return of a closed trade, a fraction."""
    returns = to_closed(trades, "return")
    return float(returns.max()) if len(returns) else NAN


def calc_worst_trade(trades: TradesLike) -> float:
    """Return the lowest return of a closed trade, a fraction."""
    returns = to_closed(trades, "return")
    return float(returns.min()) if len(returns) else NAN


def calc_sqn(trades: TradesLike) -> float:
    """Compute the system quality number, ``√n × mean(r) / std(r, ddof=1)`` of returns per trade.

    Returns
    -------
    float
        NaN with fewer than two trades or where they do not vary.

    Notes
    -----
    It is the t-statistic of the mean return. backtrader and backtesting.py take money, backtrader
    with the population's deviation.

    References
    ----------
    Tharp, V. K. (2008), The Definitive Guide to Position Sizing.
    """
    returns = to_closed(trades, "return")
    return divide(float(np.sqrt(len(returns))) * calc_mean(returns), calc_spread(returns))


def calc_kelly(trades: TradesLike) -> float:
    """Compute the Kelly fraction, ``W − (1 − W) / R``.

    W is the share of trades with a positive return, R the average positive return over the average
    loss. Negative where the rule should not be traded; NaN unless there are wins and losses.

    References
    ----------
    Kelly, J. L. (1956), A New Interpretation of Information Rate.
    """
    returns = to_closed(trades, "return")
    won = calc_mean(returns > 0)
    payoff = divide(calc_mean(returns[returns > 0]), -calc_mean(returns[returns < 0]))
    return won - divide(1 - won, payoff)


def calc_average_bars(trades: TradesLike) -> float:
    """Compute the mean number of bars held."""
    return calc_mean(to_closed(trades, "bars_held"))


def calc_max_bars(trades: TradesLike) -> float:
    """Return the most bars that a closed trade was held."""
    bars = to_closed(trades, "bars_held")
    return float(bars.max()) if len(bars) else NAN


def calc_average_days(trades: TradesLike) -> float:
    """Compute the mean time from the bar of the entry to the bar of the exit, in days.

    A trade that ended within its entry bar lasted 0 days by its stamps, and 1 bar.
    """
    return calc_mean(to_closed(trades, DAYS))


def calc_max_days(trades: TradesLike) -> float:
    """Return the longest time from the bar of an entry to the bar of its exit, in days."""
    days = to_closed(trades, DAYS)
    return float(days.max()) if len(days) else NAN


def calc_average_mae(trades: TradesLike) -> float:
    """Compute the mean of the most adverse excursions, fractions ≤ 0 of the entry price."""
    return calc_mean(to_closed(trades, "mae"))


def calc_average_mfe(trades: TradesLike) -> float:
    """Compute the mean of the most favourable excursions, fractions ≥ 0 of the entry price."""
    return calc_mean(to_closed(trades, "mfe"))


def count_clipped(trades: TradesLike, share: float = 0.01) -> int:
    """Count the closed trades that lost more than a share of their size to the account's limit.

    Parameters
    ----------
    trades : DataFrame
        The table of trades.
    share : float
        Least part of the wanted quantity that has to be missing, a fraction. The default of 1 %
        passes over what every fully invested entry cedes to its own fee and slippage.

    Returns
    -------
    int
        In [0, n_closed].
    """
    return int((to_closed(trades, "clipped") > share).sum())


def count_consecutive_losses(trades: TradesLike) -> int:
    """Return the length of the longest run of losing trades, in order of entry."""
    lost = to_closed(trades, "pnl") < 0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], lost, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def to_exit_reasons(trades: pd.DataFrame) -> pd.Series[int]:
    """Count the closed trades by what ended them.

    Returns
    -------
    Series
        Counts by reason, the commonest first, ties by name; empty without closed trades.
    """
    closed = trades.loc[trades["exit_bar"] >= 0, "exit_reason"].astype(str)
    counts = closed.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return counts.rename_axis("exit_reason").rename("trades")


def _find_closed(trades: pd.DataFrame) -> BoolArray:
    closed: BoolArray = trades["exit_bar"].to_numpy() >= 0
    return closed


def _take_column(trades: pd.DataFrame, column: str, closed: BoolArray) -> FloatArray:
    if column != DAYS:
        return trades[column].to_numpy()[closed].astype(np.float64)
    spans = trades["exit_time"].array[closed] - trades["entry_time"].array[closed]
    return np.asarray(spans / pd.Timedelta(days=1), dtype=np.float64)
