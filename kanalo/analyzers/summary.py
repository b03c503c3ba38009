"""All statistics of one run at once, under the keys of `STATISTICS`.

The ``calc_*_statistics`` functions return the figures of one concern as plain dicts. They are what
`calc_statistics` merges for a `Result` and what the wrappers in `kanalo.analyzers.backtrader`
return: one implementation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo.analyzers import exposure, ratios, relative, returns, trades
from kanalo.analyzers._arrays import NAN, calc_mean, to_values
from kanalo.analyzers.drawdowns import calc_drawdown_statistics as calc_drawdown_statistics
from kanalo.analyzers.statistics import STATISTICS, derive
from kanalo.execution.result import Result
from kanalo.market import Market
from kanalo.periods import DAYS_PER_YEAR, returns_per_year


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
        missing (no BTC, no trade, fewer than two days; growth a year, the Calmar ratio and alpha of
        a span below 90 days).

    Notes
    -----
    Annual figures take 365 returns a year, or the number of bars where a bar is longer than a day.
    """
    market = result.market
    per_year = returns_per_year(market.interval)
    daily = returns.to_daily_returns(result.equity, result.cash)
    figures = {
        **calc_return_statistics(result.equity, result.cash, market.length, daily, per_year),
        **calc_drawdown_statistics(result.equity, result.cash),
        **calc_ratio_statistics(daily, per_year),
        **calc_trade_statistics(result.trades),
        **_calc_cost_statistics(result),
        **_calc_relative_statistics(result, daily, per_year),
    }
    years = returns.calc_years(result.equity, market.length)
    figures = returns.drop_annual_rates(figures, years, NAN)
    figures |= derive(figures)
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

    Returns
    -------
    dict of str to float
        Returns and volatilities by name, as fractions; NaN where undefined.
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


def calc_ratio_statistics(
    daily: pd.Series[float], per_year: float = DAYS_PER_YEAR
) -> dict[str, float]:
    """Compute the ratios of daily returns without a risk-free rate.

    Parameters
    ----------
    daily : Series of shape (n_days,)
        Daily returns as fractions.
    per_year : float
        Returns in a year, > 0.

    Returns
    -------
    dict of str to float
        Sharpe, Sortino, Calmar and omega ratio by name; NaN where a ratio is undefined.
    """
    return {
        "sharpe_ratio": ratios.calc_sharpe_ratio(daily, per_year=per_year),
        "sortino_ratio": ratios.calc_sortino_ratio(daily, per_year=per_year),
        "calmar_ratio": ratios.calc_calmar_ratio(daily, per_year=per_year),
        "omega_ratio": ratios.calc_omega_ratio(daily, per_year=per_year),
    }


def calc_trade_statistics(table: pd.DataFrame) -> dict[str, float]:
    """Compute the figures of a table of trades, closed and open."""
    closed = trades.ClosedColumns(table)
    return {
        "n_trades": trades.count_closed(closed),
        "n_open_trades": trades.count_open(closed),
        "win_rate": trades.calc_win_rate(closed),
        "profit_factor": trades.calc_profit_factor(closed),
        "expectancy": trades.calc_expectancy(closed),
        "payoff_ratio": trades.calc_payoff_ratio(closed),
        "sqn": trades.calc_sqn(closed),
        "kelly_criterion": trades.calc_kelly(closed),
        "best_trade": trades.calc_best_trade(closed),
        "worst_trade": trades.calc_worst_trade(closed),
        "average_trade": trades.calc_average_trade(closed),
        "max_trade_bars": trades.calc_max_bars(closed),
        "average_trade_bars": trades.calc_average_bars(closed),
        "max_trade_duration": trades.calc_max_days(closed),
        "average_trade_duration": trades.calc_average_days(closed),
        "average_mae": trades.calc_average_mae(closed),
        "average_mfe": trades.calc_average_mfe(closed),
        "max_consecutive_losses": trades.count_consecutive_losses(closed),
        "n_clipped": trades.count_clipped(closed),
    }


def _calc_cost_statistics(result: Result) -> dict[str, float]:
    years = returns.calc_years(result.equity, result.market.length)
    return {
        "exposure_time": exposure.calc_exposure_time(result.position),
        "average_exposure": _calc_average_exposure(result),
        "turnover": exposure.calc_turnover(result.fills, result.equity, years),
        "fees": exposure.calc_fees(result.fills),
        "slippage": exposure.calc_slippage(result.fills),
        "funding": exposure.calc_funding(result.funding),
        "funding_assumed": 1 - float(result.funding_coverage),
        "ambiguous_bars": int(result.ambiguous_bars),
        "resolved_bars": int(result.resolved_bars),
    }


def _calc_average_exposure(result: Result) -> float:
    """Compute `exposure.calc_average_exposure` of ``Result.exposure`` without a series for it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = to_values(result.position) * result.market.close
        share = np.abs(value / to_values(result.equity))
    return calc_mean(share[np.isfinite(share)])


def _calc_relative_statistics(
    result: Result, daily: pd.Series[float], per_year: float
) -> dict[str, float]:
    market = result.market
    held, btc = market.cached(_hold), market.cached(_hold_benchmark)
    return {
        "buy_and_hold_return": held.total,
        "btc_return": btc.total,
        **relative.calc_relative(daily, held.daily, per_year),
        **{
            f"btc_{key}": value
            for key, value in relative.calc_relative(daily, btc.daily, per_year).items()
        },
        "btc_days": relative.count_common_days(daily, btc.daily),
    }


@dataclass(frozen=True, eq=False)
class _Held:
    """Total and daily returns of holding."""

    total: float
    daily: pd.Series[float]


def _hold(market: Market) -> _Held:
    return _Held(relative.calc_hold_return(market.bars), relative.to_benchmark_returns(market.bars))


def _hold_benchmark(market: Market) -> _Held:
    unknown = pd.DataFrame({"close": NAN}, index=market.bars.index)
    bars = unknown if market.benchmark is None else market.benchmark
    return _Held(relative.calc_hold_return(bars), relative.to_benchmark_returns(bars))
