"""The registry of statistics: keys for machines, labels for people, and what they mean.

Labels are those of backtesting.py where it has the figure, for they are the ones most copied.
Values are fractions; a report multiplies by a hundred where the label says ``[%]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kanalo.errors import unknown_name

Unit = Literal["fraction", "ratio", "count", "money", "days", "bars"]


@dataclass(frozen=True)
class Statistic:
    """One figure of a run.

    Attributes
    ----------
    key : str
        Name in JSON and in code.
    label : str
        Heading in tables.
    unit : str
        ``fraction`` (shown in percent), ``ratio``, ``count``, ``money`` (quote currency), ``days``
        or ``bars``.
    better : int
        +1 where higher is better, −1 where lower is, 0 where neither.
    help : str
        One sentence.
    group : str
        Return, Risk, Ratios, Trades, Costs or Relative.
    """

    key: str
    label: str
    unit: Unit
    better: Literal[-1, 0, 1]
    help: str
    group: str


_Row = tuple[str, str, Unit, Literal[-1, 0, 1], str]

_RETURN: tuple[_Row, ...] = (
    ("total_return", "Return [%]", "fraction", 1, "Last equity over starting cash, less one."),
    (
        "buy_and_hold_return",
        "Buy & Hold Return [%]",
        "fraction",
        0,
        "The same market from its first open to its last close, before any cost.",
    ),
    ("btc_return", "BTC Return [%]", "fraction", 0, "BTC over the same bars, before any cost."),
    ("cagr", "CAGR [%]", "fraction", 1, "Compound growth a year of 365 days; none below 90 days."),
    ("equity_final", "Equity Final [$]", "money", 1, "Equity at the last close."),
    ("equity_peak", "Equity Peak [$]", "money", 1, "Highest equity at a close or at the start."),
    ("duration", "Duration", "days", 0, "From the first bar's open to the last bar's close."),
)

_RISK: tuple[_Row, ...] = (
    ("annual_volatility", "Volatility (Ann.) [%]", "fraction", -1, "Daily deviation times √365."),
    ("max_drawdown", "Max. Drawdown [%]", "fraction", 1, "Deepest fall from a peak, on bars."),
    ("average_drawdown", "Avg. Drawdown [%]", "fraction", 1, "Mean depth of all drawdowns."),
    (
        "max_drawdown_duration",
        "Max. Drawdown Duration",
        "days",
        -1,
        "Longest time from a peak to its recovery, or to the end without one.",
    ),
    ("ulcer_index", "Ulcer Index [%]", "fraction", -1, "Root of the mean squared drawdown."),
    ("time_under_water", "Time Under Water [%]", "fraction", -1, "Share of bars below the peak."),
    ("exposure_time", "Exposure Time [%]", "fraction", 0, "Share of closes with a position."),
    (
        "average_exposure",
        "Avg. Exposure [%]",
        "fraction",
        0,
        "Mean absolute value of the position over equity, flat bars included; above 100 % where "
        "funding or losses shrink the equity under a position that is not trimmed.",
    ),
)

_RATIOS: tuple[_Row, ...] = (
    ("sharpe_ratio", "Sharpe Ratio", "ratio", 1, "Mean daily return over its deviation, × √365."),
    ("sortino_ratio", "Sortino Ratio", "ratio", 1, "The same over the target downside deviation."),
    ("calmar_ratio", "Calmar Ratio", "ratio", 1, "Annual growth over the worst daily drawdown."),
    ("omega_ratio", "Omega Ratio", "ratio", 1, "Sum of daily gains over the sum of daily losses."),
)

_TRADES: tuple[_Row, ...] = (
    ("n_trades", "# Trades", "count", 0, "Closed round trips; the ones that statistics look at."),
    ("n_open_trades", "# Open Trades", "count", 0, "Round trips still open at the end."),
    ("win_rate", "Win Rate [%]", "fraction", 1, "Share with a profit after costs."),
    ("profit_factor", "Profit Factor", "ratio", 1, "Sum of profits over the sum of losses."),
    ("expectancy", "Expectancy [%]", "fraction", 1, "Mean return per trade."),
    ("payoff_ratio", "Payoff Ratio", "ratio", 1, "Average profit over the average loss."),
    ("sqn", "SQN", "ratio", 1, "√n times mean over deviation of the returns per trade."),
    ("kelly_criterion", "Kelly Criterion", "fraction", 1, "W − (1 − W) / R on returns per trade."),
    ("best_trade", "Best Trade [%]", "fraction", 1, "Highest return of a trade."),
    ("worst_trade", "Worst Trade [%]", "fraction", 1, "Lowest return of a trade."),
    ("average_trade", "Avg. Trade [%]", "fraction", 1, "Geometric mean return per trade."),
    ("max_trade_bars", "Max. Trade Bars", "bars", 0, "Most bars that a trade was held."),
    ("average_trade_bars", "Avg. Trade Bars", "bars", 0, "Mean bars held."),
    ("max_trade_duration", "Max. Trade Duration", "days", 0, "Longest trade, bar to bar."),
    ("average_trade_duration", "Avg. Trade Duration", "days", 0, "Mean length, bar to bar."),
    ("average_mae", "Avg. MAE [%]", "fraction", 1, "Mean of the most adverse excursions."),
    ("average_mfe", "Avg. MFE [%]", "fraction", 1, "Mean of the most favourable excursions."),
    ("max_consecutive_losses", "Max. Consecutive Losses", "count", -1, "Longest losing run."),
    ("n_clipped", "# Clipped Trades", "count", 0, "Trades that the account cut by over 1 %."),
    ("ambiguous_bars", "# Ambiguous Bars", "count", 0, "Bars that leave open what came first."),
    ("resolved_bars", "# Resolved Bars", "count", 0, "Those that finer bars put in order."),
)

_COSTS: tuple[_Row, ...] = (
    ("turnover", "Turnover (Ann.)", "ratio", 0, "Value traded a year over mean equity."),
    ("fees", "Commissions [$]", "money", -1, "Fees of all fills."),
    ("slippage", "Slippage [$]", "money", -1, "What slippage cost."),
    ("funding", "Funding [$]", "money", 1, "Net funding; negative where paid."),
    (
        "funding_assumed",
        "Assumed Funding [%]",
        "fraction",
        -1,
        "Share of due funding stamps without data, at which a rate was assumed.",
    ),
)

_RELATIVE: tuple[_Row, ...] = (
    (
        "alpha",
        "Alpha [%]",
        "fraction",
        1,
        "Annual return left after beta to buy-and-hold; none below 90 days.",
    ),
    ("beta", "Beta", "ratio", 0, "Slope of daily returns on buy-and-hold's."),
    ("correlation", "Correlation", "ratio", 0, "Of daily returns with buy-and-hold's."),
    ("information_ratio", "Information Ratio", "ratio", 1, "Sharpe ratio of the difference."),
    ("excess_return", "Excess Return [%]", "fraction", 1, "Return less buy-and-hold's."),
    (
        "btc_alpha",
        "Alpha vs. BTC [%]",
        "fraction",
        1,
        "Annual return left after beta to BTC; none below 90 days.",
    ),
    ("btc_beta", "Beta vs. BTC", "ratio", 0, "Slope of daily returns on BTC's."),
    ("btc_correlation", "Correlation with BTC", "ratio", 0, "Of daily returns with BTC's."),
    (
        "btc_information_ratio",
        "Information Ratio vs. BTC",
        "ratio",
        1,
        "Sharpe ratio of the difference to BTC.",
    ),
    (
        "btc_excess_return",
        "Excess Return vs. BTC [%]",
        "fraction",
        1,
        "Return less BTC's over the days that both have.",
    ),
    ("btc_days", "# Days with BTC", "count", 0, "Days on which both returns are known."),
)

_GROUPS = {
    "Return": _RETURN,
    "Risk": _RISK,
    "Ratios": _RATIOS,
    "Trades": _TRADES,
    "Costs": _COSTS,
    "Relative": _RELATIVE,
}

GROUPS: tuple[str, ...] = tuple(_GROUPS)
"""The groups in display order."""

DERIVED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {}
"""Statistics that follow from others: by key a function of the figures so far, which are floats for
one run and arrays of shape (n_sets,) for a sweep. With its row above, a statistic that stands here
is complete, in every report and in sweeps; one with sums of its own needs
`kanalo.analyzers.summary` and, for sweeps, `kanalo.analyzers.batch.finish` too."""

STATISTICS: tuple[Statistic, ...] = tuple(
    Statistic(*row, group=group) for group, rows in _GROUPS.items() for row in rows
)
"""Every statistic that `calc_statistics` returns, in display order."""


def derive(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the statistics of `DERIVED` from the others.

    Parameters
    ----------
    figures : mapping
        By key: floats, or arrays of shape (n_sets,).

    Returns
    -------
    dict
        The derived ones by key, of the same form.
    """
    return {key: calc(figures) for key, calc in DERIVED.items()}


_BY_KEY = {statistic.key: statistic for statistic in STATISTICS}


def get_statistic(key: str) -> Statistic:
    """Return the statistic of that key.

    Raises
    ------
    UnknownNameError
        If there is none; with a suggestion where a name is near.

    Examples
    --------
    >>> get_statistic("cagr").label
    'CAGR [%]'
    """
    if key not in _BY_KEY:
        raise unknown_name("statistic", key, _BY_KEY)
    return _BY_KEY[key]
