"""All statistics of one run at once, under the keys of `STATISTICS`.

The ``calc_*_statistics`` functions return the figures of one concern as plain dicts. They are what
`calc_statistics` merges for a `Result` and what the wrappers in `kanalo.analyzers.backtrader`
return: one implementation.
"""

from __future__ import annotations

import pandas as pd

from kanalo.analyzers import drawdowns, exposure, ratios, relative, returns, trades
from kanalo.analyzers._arrays import NAN, to_values
from kanalo.analyzers.statistics import STATISTICS
from kanalo.periods import DAYS_PER_YEAR, bars_per_year
from kanalo.result import Result

_DAY = pd.Timedelta(days=1)


def calc_statistics(result: Result) -> dict[str, float]:
    """Compute every statistic of a run.

    Parameters
    ----------
    result : Result
        The run; buy-and-hold and BTC are taken from its market.

    Returns
    -------
    dict of str to float
        One entry for each of `STATISTICS`, in their order: fractions, ratios, days, bars and quote
        currency as floats, counts as ints. NaN where a figure is not defined or its data are
        missing (no BTC, no trade, fewer than two days).

    Notes
    -----
    Annual figures take 365 returns a year, or the number of bars where a bar is longer than a day.
    """
    market = result.market
    per_year = min(float(DAYS_PER_YEAR), bars_per_year(market.interval))
    daily = returns.to_daily_returns(result.equity, result.cash)
    figures = {
        **calc_return_statistics(result.equity, result.cash, market.length, daily, per_year),
        **calc_drawdown_statistics(result.equity, result.cash),
        **calc_ratio_statistics(daily, per_year),
        **calc_trade_statistics(result.trades),
        **_calc_cost_statistics(result),
        **_calc_relative_statistics(result, daily, per_year),
    }
    return {statistic.key: figures[statistic.key] for statistic in STATISTICS}


def calc_return_statistics(
    equity: pd.Series[float],
    cash: float,
    length: pd.Timedelta,
    daily: pd.Series[float],
    per_year: float = DAYS_PER_YEAR,
) -> dict[str, float]:
    """Compute what was earned, and how unsteadily.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        Marks at the closes on OPEN times.
    cash : float
        Equity before the first bar.
    length : Timedelta
        Length of a bar.
    daily : Series of shape (n_days,)
        `to_daily_returns` of the same equity.
    per_year : float
        Returns a year.
    """
    marks = to_values(equity)
    return {
        "total_return": returns.calc_total_return(equity, cash),
        "cagr": returns.calc_cagr(equity, cash, length),
        "equity_final": float(marks[-1]) if len(marks) else NAN,
        "equity_peak": float(marks.max(initial=cash)),
        "duration": returns.calc_years(equity, length) * DAYS_PER_YEAR,
        "annual_volatility": returns.calc_annual_volatility(daily, per_year),
    }


def calc_drawdown_statistics(equity: pd.Series[float], cash: float) -> dict[str, float]:
    """Compute the drawdown figures on every mark, the starting cash being the first peak."""
    longest = drawdowns.calc_longest_drawdown(equity, cash)
    return {
        "max_drawdown": drawdowns.calc_max_drawdown(equity, cash),
        "average_drawdown": drawdowns.calc_average_drawdown(equity, cash),
        "max_drawdown_duration": longest / _DAY if len(equity) else NAN,
        "ulcer_index": drawdowns.calc_ulcer_index(equity, cash),
        "time_under_water": drawdowns.calc_time_under_water(equity, cash),
    }


def calc_ratio_statistics(
    daily: pd.Series[float], per_year: float = DAYS_PER_YEAR
) -> dict[str, float]:
    """Compute the ratios of daily returns without a risk-free rate."""
    return {
        "sharpe_ratio": ratios.calc_sharpe_ratio(daily, per_year=per_year),
        "sortino_ratio": ratios.calc_sortino_ratio(daily, per_year=per_year),
        "calmar_ratio": ratios.calc_calmar_ratio(daily, per_year=per_year),
        "omega_ratio": ratios.calc_omega_ratio(daily, per_year=per_year),
    }


def calc_trade_statistics(table: pd.DataFrame) -> dict[str, float]:
    """Compute the figures of a table of trades, closed and open."""
    return {
        "n_trades": trades.count_closed(table),
        "n_open_trades": trades.count_open(table),
        "win_rate": trades.calc_win_rate(table),
        "profit_factor": trades.calc_profit_factor(table),
        "expectancy": trades.calc_expectancy(table),
        "payoff_ratio": trades.calc_payoff_ratio(table),
        "sqn": trades.calc_sqn(table),
        "kelly_criterion": trades.calc_kelly(table),
        "best_trade": trades.calc_best_trade(table),
        "worst_trade": trades.calc_worst_trade(table),
        "average_trade": trades.calc_average_trade(table),
        "max_trade_bars": trades.calc_max_bars(table),
        "average_trade_bars": trades.calc_average_bars(table),
        "max_trade_duration": trades.calc_max_days(table),
        "average_trade_duration": trades.calc_average_days(table),
        "average_mae": trades.calc_average_mae(table),
        "average_mfe": trades.calc_average_mfe(table),
        "max_consecutive_losses": trades.count_consecutive_losses(table),
        "n_clipped": trades.count_clipped(table),
    }


def _calc_cost_statistics(result: Result) -> dict[str, float]:
    years = returns.calc_years(result.equity, result.market.length)
    return {
        "exposure_time": exposure.calc_exposure_time(result.position),
        "average_exposure": exposure.calc_average_exposure(result.exposure),
        "turnover": exposure.calc_turnover(result.fills, result.equity, years),
        "fees": exposure.calc_fees(result.fills),
        "slippage": exposure.calc_slippage(result.fills),
        "funding": exposure.calc_funding(result.funding),
        "funding_assumed": 1 - float(result.funding_coverage),
        "ambiguous_bars": int(result.ambiguous_bars),
        "resolved_bars": int(result.resolved_bars),
    }


def _calc_relative_statistics(
    result: Result, daily: pd.Series[float], per_year: float
) -> dict[str, float]:
    bars = result.market.bars
    unknown = pd.DataFrame({"close": NAN}, index=bars.index)
    benchmark = unknown if result.market.benchmark is None else result.market.benchmark
    hold, btc = relative.to_benchmark_returns(bars), relative.to_benchmark_returns(benchmark)
    return {
        "buy_and_hold_return": relative.calc_hold_return(bars),
        "btc_return": relative.calc_hold_return(benchmark),
        **_compare(daily, hold, per_year),
        **{f"btc_{key}": value for key, value in _compare(daily, btc, per_year).items()},
        "btc_days": relative.count_common_days(daily, btc),
    }


def _compare(
    daily: pd.Series[float], benchmark: pd.Series[float], per_year: float
) -> dict[str, float]:
    return {
        "alpha": relative.calc_alpha(daily, benchmark, per_year=per_year),
        "beta": relative.calc_beta(daily, benchmark),
        "correlation": relative.calc_correlation(daily, benchmark),
        "information_ratio": relative.calc_information_ratio(daily, benchmark, per_year=per_year),
        "excess_return": relative.calc_excess_return(daily, benchmark),
    }
