"""From sums to figures: the statistics of many runs at once, as `calc_statistics` defines them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers import relative, returns
from kanalo.analyzers._arrays import ROUNDING
from kanalo.analyzers.batch import _sum_layout as layout
from kanalo.analyzers.statistics import derive
from kanalo.execution.funding import funding_coverage
from kanalo.market import Market
from kanalo.periods import DAYS_PER_YEAR, returns_per_year
from kanalo.typing import FloatArray

_DAY_NS = 86_400_000_000_000
_LOG_MAX = float(np.log(np.finfo(float).max))

Figures = dict[str, FloatArray]


def finish(sums: FloatArray, compared: FloatArray, market: Market, cash: float) -> Figures:
    """Compute every statistic from what the kernels added up.

    Parameters
    ----------
    sums : float64 array of shape (n_sets, N_SUMS)
        Columns as in `kanalo.analyzers.batch._sum_layout`.
    compared : float64 array of shape (n_sets, 2, N_COMPARED)
        Comparisons with buy-and-hold and with BTC.
    market : Market
        The market that was traded.
    cash : float
        Equity before the first bar.

    Returns
    -------
    dict of str to float64 array of shape (n_sets,)
        By the keys of `STATISTICS`; NaN where a figure is not defined.
    """
    same = market.cached(calc_same)
    per_year, years, columns = same["per_year"], same["years"], sums.T
    figures = {
        **{key: np.full(len(sums), value) for key, value in same.items()},
        "btc_days": compared[:, 1, layout.N_COMMON],
        **_finish_returns(columns, cash, years, per_year),
        **_finish_drawdowns(columns, len(market)),
        **_finish_ratios(columns, cash, per_year),
        **_finish_trades(columns),
        **_finish_costs(columns, len(market), years),
        **_finish_comparison(compared[:, 0].T, per_year, ""),
        **_finish_comparison(compared[:, 1].T, per_year, "btc_"),
    }
    figures = returns.drop_annual_rates(figures, years, np.full(len(sums), np.nan))
    return figures | derive(figures)


def calc_same(market: Market) -> dict[str, float]:
    """Compute what all runs over a market have in common."""
    closes = pd.Series(market.close, index=market.index)
    years = returns.calc_years(closes, market.length)
    btc = market.benchmark
    return {
        "per_year": returns_per_year(market.interval),
        "years": years,
        "duration": years * DAYS_PER_YEAR,
        "funding_assumed": 1 - market.cached(funding_coverage),
        "buy_and_hold_return": relative.calc_hold_return(market.bars),
        "btc_return": np.nan if btc is None else relative.calc_hold_return(btc),
    }


def _finish_returns(c: FloatArray, cash: float, years: float, per_year: float) -> Figures:
    total = c[layout.EQUITY_FINAL] / cash - 1
    n, squares = c[layout.N_DAYS], c[layout.SQUARES_DAYS]
    return {
        "total_return": total,
        "cagr": _annualise(1 + total, np.full(len(total), years)),
        "equity_final": c[layout.EQUITY_FINAL],
        "equity_peak": c[layout.PEAK],
        "annual_volatility": _deviation(n, squares) * np.sqrt(per_year),
    }


def _finish_drawdowns(c: FloatArray, n_bars: int) -> Figures:
    return {
        "max_drawdown": c[layout.MAX_DEPTH],
        "average_drawdown": _divide(c[layout.SUM_DEPTHS], c[layout.N_DRAWDOWNS]),
        "max_drawdown_duration": c[layout.LONGEST] / _DAY_NS,
        "ulcer_index": np.sqrt(c[layout.SUM_SQUARES] / n_bars),
        "time_under_water": c[layout.N_UNDER] / n_bars,
    }


def _finish_ratios(c: FloatArray, cash: float, per_year: float) -> Figures:
    n = c[layout.N_DAYS]
    mean = c[layout.SUM_DAYS] / n
    enough = n >= 2
    downside = np.sqrt(c[layout.SQUARES_DOWNSIDE] / n)
    depth, lost = c[layout.DAILY_DEPTH], -c[layout.SUM_LOSSES]
    # The last day with a return ends at the final equity: after ruin nothing moves any more.
    growth = _annualise(c[layout.EQUITY_FINAL] / cash, n / per_year)
    scale = np.sqrt(per_year)
    return {
        "sharpe_ratio": _divide(mean, _spread(n, c[layout.SQUARES_DAYS])) * scale,
        "sortino_ratio": _divide(mean, _where(enough & (downside >= ROUNDING), downside)) * scale,
        "calmar_ratio": _divide(growth, _where(enough & (depth <= -ROUNDING), -depth)),
        "omega_ratio": _divide(c[layout.SUM_GAINS], _where(enough & (lost >= ROUNDING), lost)),
    }


def _finish_trades(c: FloatArray) -> Figures:
    n = c[layout.N_CLOSED]
    some = n > 0
    mean = _divide(c[layout.SUM_RETURNS], n)
    won = _divide(c[layout.N_UP], n)
    return {
        "n_trades": n,
        "n_open_trades": c[layout.N_OPEN],
        "win_rate": _divide(c[layout.N_WON], n),
        "profit_factor": _divide(c[layout.SUM_WON], -c[layout.SUM_LOST]),
        "expectancy": mean,
        "payoff_ratio": _payoff(c, layout.N_WON, layout.N_LOST),
        "sqn": _divide(np.sqrt(n) * mean, _spread(n, c[layout.SQUARES_RETURNS])),
        "kelly_criterion": won - _divide(1 - won, _payoff(c, layout.N_UP, layout.N_DOWN)),
        "best_trade": _where(some, c[layout.BEST]),
        "worst_trade": _where(some, c[layout.WORST]),
        "average_trade": np.expm1(_divide(c[layout.SUM_LOGS], n)),
        "max_trade_bars": _where(some, c[layout.MAX_BARS_HELD]),
        "average_trade_bars": _divide(c[layout.SUM_BARS_HELD], n),
        "max_trade_duration": _where(some, c[layout.MAX_TIME] / _DAY_NS),
        "average_trade_duration": _divide(c[layout.SUM_TIME] / _DAY_NS, n),
        "average_mae": _divide(c[layout.SUM_MAE], n),
        "average_mfe": _divide(c[layout.SUM_MFE], n),
        "max_consecutive_losses": c[layout.MAX_LOSSES],
        "n_clipped": c[layout.N_CLIPPED],
        "ambiguous_bars": c[layout.N_AMBIGUOUS],
        "resolved_bars": c[layout.N_RESOLVED],
    }


def _payoff(c: FloatArray, gains: int, losses: int) -> FloatArray:
    """Return the average gain over the average loss; each sum stands behind its count."""
    return _divide(_divide(c[gains + 1], c[gains]), -_divide(c[losses + 1], c[losses]))


def _finish_costs(c: FloatArray, n_bars: int, years: float) -> Figures:
    mean = c[layout.SUM_EQUITY] / n_bars
    return {
        "exposure_time": c[layout.N_HELD] / n_bars,
        "average_exposure": _divide(c[layout.SUM_EXPOSURE], c[layout.N_MARKED]),
        "turnover": _divide(c[layout.SUM_VALUE], mean) / years,
        "fees": c[layout.SUM_FEES],
        "slippage": c[layout.SUM_SLIPPAGE],
        "funding": c[layout.SUM_FUNDING],
    }


def _finish_comparison(c: FloatArray, per_year: float, prefix: str) -> Figures:
    n = c[layout.N_COMMON]
    ours, theirs = c[layout.SQUARES_OURS], c[layout.SQUARES_THEIRS]
    varies = ~np.isnan(_spread(n, theirs))
    both = varies & ~np.isnan(_spread(n, ours))
    beta = _divide(c[layout.PRODUCTS], _where(varies, theirs))
    left = c[layout.MEAN_OURS] - beta * c[layout.MEAN_THEIRS]
    active = _divide(c[layout.MEAN_ACTIVE], _spread(n, c[layout.SQUARES_ACTIVE]))
    excess = c[layout.GROWTH_OURS] - c[layout.GROWTH_THEIRS]
    figures = {
        "alpha": _annualise(1 + left, np.full(len(n), 1 / per_year)),
        "beta": beta,
        "correlation": _divide(c[layout.PRODUCTS], np.sqrt(_where(both, ours * theirs))),
        "information_ratio": active * np.sqrt(per_year),
        "excess_return": _where(n > 0, excess),
    }
    return {f"{prefix}{key}": figure for key, figure in figures.items()}


# -- arithmetic where something may be missing --------------------------------------------------


def _where(condition: np.ndarray[tuple[int], np.dtype[np.bool_]], values: FloatArray) -> FloatArray:
    return np.where(condition, values, np.nan)


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; NaN where either is NaN or the denominator is not above zero."""
    return np.asarray(numerator / _where(denominator > 0, denominator))


def _deviation(n: FloatArray, squares: FloatArray) -> FloatArray:
    """Return the sample standard deviation; NaN with fewer than two values."""
    return np.sqrt(_divide(squares, n - 1))


def _spread(n: FloatArray, squares: FloatArray) -> FloatArray:
    """Return the sample standard deviation; NaN too where nothing but rounding varies."""
    spread = _deviation(n, squares)
    return _where(spread >= ROUNDING, spread)


def _annualise(growth: FloatArray, years: FloatArray) -> FloatArray:
    """Turn growth over some years into a yearly rate, as `returns.annualise` does."""
    exponent = _divide(np.log(_where(growth > 0, growth)), years)
    rate = np.expm1(_where(exponent < _LOG_MAX, exponent))
    ruined = (growth <= 0) & (years > 0)
    return np.where(ruined, -1.0, rate)
