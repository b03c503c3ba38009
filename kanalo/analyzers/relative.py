"""Figures relative to a benchmark: buy-and-hold of the same market, or BTC.

Both sides are UTC-daily returns. A day counts only where both are known: a day whose last bar, or
the one before it, has no price of the benchmark is dropped from both, and `to_common_days` tells
how many are left. A benchmark's return across several days is therefore never set against one day
of the strategy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers._arrays import NAN, calc_spread, to_known, to_values
from kanalo.analyzers.returns import annualise, to_daily_returns
from kanalo.periods import DAYS_PER_YEAR
from kanalo.typing import FloatArray


def calc_hold_return(bars: pd.DataFrame) -> float:
    """Compute the return of holding a market, before any cost.

    Parameters
    ----------
    bars : DataFrame of shape (n_bars, k)
        ``close`` and, where known, ``open`` in order; NaN where there is no price.

    Returns
    -------
    float
        The last known close over the first bar's open (over the first known close where that open
        is not known), less one; NaN without a price.
    """
    closes = to_known(bars["close"])
    if not len(closes):
        return NAN
    start = float(bars["open"].iloc[0]) if "open" in bars.columns else NAN
    return float(closes[-1] / (closes[0] if np.isnan(start) else start) - 1)


def to_benchmark_returns(bars: pd.DataFrame) -> pd.Series[float]:
    """Compute the daily returns of holding a market from its first bar's open, before any cost.

    Parameters
    ----------
    bars : DataFrame of shape (n_bars, k)
        ``close`` and, where known, ``open`` on OPEN times; NaN where there is no price.

    Returns
    -------
    Series of shape (n_days,)
        Fractions; NaN where a day's last bar or the one before has no price. Without an ``open``
        column the first day is NaN.
    """
    known = "open" in bars.columns and len(bars) > 0
    start = float(bars["open"].iloc[0]) if known else NAN
    return to_daily_returns(bars["close"], start)


def to_common_days(
    returns: pd.Series[float], benchmark: pd.Series[float]
) -> tuple[FloatArray, FloatArray]:
    """Keep the days on which both returns are known.

    Parameters
    ----------
    returns, benchmark : Series of shape (n_days,)
        Daily returns; the days need not be the same.

    Returns
    -------
    two float64 arrays of shape (n_common,)
        The strategy's and the benchmark's returns.
    """
    if not returns.index.equals(benchmark.index):
        returns, benchmark = returns.align(benchmark, join="inner")
    ours, theirs = to_values(returns), to_values(benchmark)
    known = ~(np.isnan(ours) | np.isnan(theirs))
    return ours[known], theirs[known]


def calc_relative(
    returns: pd.Series[float], benchmark: pd.Series[float], per_year: float = DAYS_PER_YEAR
) -> dict[str, float]:
    """Compute alpha, beta, correlation, information ratio and excess return at once.

    Parameters
    ----------
    returns, benchmark : Series of shape (n_days,)
        Daily returns; days that only one side has are left out.
    per_year : float
        Returns in a year, > 0.

    Returns
    -------
    dict of str to float
        By key; each as the function of its name gives it.
    """
    pair = to_common_days(returns, benchmark)
    slope = _beta(*pair)
    return {
        "alpha": _alpha(*pair, slope, 0.0, per_year),
        "beta": slope,
        "correlation": _correlation(*pair),
        "information_ratio": _information_ratio(*pair, per_year),
        "excess_return": _excess_return(*pair),
    }


def calc_beta(returns: pd.Series[float], benchmark: pd.Series[float]) -> float:
    """Compute the slope of the strategy's returns on the benchmark's, ``cov(r, b) / var(b)``.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    benchmark : Series of shape (m_days,)
        Daily returns of the benchmark as fractions; days that only one side has are left out.

    Returns
    -------
    float
        NaN with fewer than two common days or where the benchmark does not vary.
    """
    return _beta(*to_common_days(returns, benchmark))


def calc_alpha(
    returns: pd.Series[float],
    benchmark: pd.Series[float],
    *,
    risk_free: float = 0.0,
    per_year: float = DAYS_PER_YEAR,
) -> float:
    """Compute Jensen's alpha a year: what is left of the mean return after beta, compounded.

    ``(1 + mean((r − f) − beta × (b − f)))^365 − 1`` with f the risk-free rate of a day.

    Parameters
    ----------
    returns, benchmark : Series of shape (n_days,)
        Daily returns.
    risk_free : float
        Annual rate, a fraction.
    per_year : float
        Returns a year.

    Returns
    -------
    float
        A fraction a year; NaN where beta is.

    Notes
    -----
    As empyrical, which takes the risk-free rate per day. backtesting.py takes total returns over
    the whole span and does not annualise.
    """
    pair = to_common_days(returns, benchmark)
    return _alpha(*pair, _beta(*pair), risk_free, per_year)


def calc_correlation(returns: pd.Series[float], benchmark: pd.Series[float]) -> float:
    """Compute Pearson's correlation of the daily returns.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    benchmark : Series of shape (m_days,)
        Daily returns of the benchmark as fractions; days that only one side has are left out.

    Returns
    -------
    float
        In [−1, 1]; NaN with fewer than two common days or where either side does not vary.
    """
    return _correlation(*to_common_days(returns, benchmark))


def calc_information_ratio(
    returns: pd.Series[float],
    benchmark: pd.Series[float],
    *,
    per_year: float = DAYS_PER_YEAR,
) -> float:
    """Compute the information ratio, ``mean(a) / std(a, ddof=1) × √365`` with a = r − b.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    benchmark : Series of shape (m_days,)
        Daily returns of the benchmark as fractions; days that only one side has are left out.
    per_year : float
        Returns in a year, > 0; 365 for daily returns of a market that never closes.

    Returns
    -------
    float
        NaN with fewer than two common days or where the difference does not vary.

    Notes
    -----
    ffn and empyrical (``excess_sharpe``) do not annualise; ffn gives 0 where ours is NaN.

    References
    ----------
    Goodwin, T. H. (1998), The Information Ratio.
    """
    return _information_ratio(*to_common_days(returns, benchmark), per_year)


def calc_excess_return(returns: pd.Series[float], benchmark: pd.Series[float]) -> float:
    """Compute the total return over the common days less the benchmark's over the same days.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    benchmark : Series of shape (m_days,)
        Daily returns of the benchmark as fractions; days that only one side has are left out.

    Returns
    -------
    float
        A fraction of the starting equity; NaN without a common day.
    """
    return _excess_return(*to_common_days(returns, benchmark))


def count_common_days(returns: pd.Series[float], benchmark: pd.Series[float]) -> int:
    """Count the days on which both returns are known.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    benchmark : Series of shape (m_days,)
        Daily returns of the benchmark as fractions; days that only one side has are left out.

    Returns
    -------
    int
        In [0, min(n_days, m_days)].
    """
    return len(to_common_days(returns, benchmark)[0])


def _beta(ours: FloatArray, theirs: FloatArray) -> float:
    if np.isnan(calc_spread(theirs)):
        return NAN
    deviation = theirs - theirs.mean()
    return float((deviation @ ours) / (deviation @ deviation))


def _alpha(
    ours: FloatArray, theirs: FloatArray, slope: float, risk_free: float, per_year: float
) -> float:
    if np.isnan(slope):
        return NAN
    free = (1 + risk_free) ** (1 / per_year) - 1
    left = float(np.mean((ours - free) - slope * (theirs - free)))
    return annualise(1 + left, 1 / per_year)


def _correlation(ours: FloatArray, theirs: FloatArray) -> float:
    if np.isnan(calc_spread(ours) * calc_spread(theirs)):
        return NAN
    return float(np.corrcoef(ours, theirs)[0, 1])


def _information_ratio(ours: FloatArray, theirs: FloatArray, per_year: float) -> float:
    active = ours - theirs
    spread = calc_spread(active)
    return NAN if np.isnan(spread) else float(active.mean() / spread * np.sqrt(per_year))


def _excess_return(ours: FloatArray, theirs: FloatArray) -> float:
    return float(np.prod(1 + ours) - np.prod(1 + theirs)) if len(ours) else NAN
