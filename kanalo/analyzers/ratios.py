"""Ratios of reward to risk, all from UTC-daily returns and years of 365 days.

Each function takes the returns of `to_daily_returns`; NaN among them are left out. What is not
defined is NaN, never infinite: fewer than two returns, or a denominator of zero. ``risk_free`` is
an annual rate, 0 by default, of which each day takes ``(1 + risk_free)^(1/365) − 1``. ``per_year``
is the number of returns a year: 365 unless the bars are longer than a day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers._arrays import NAN, ROUNDING, calc_spread, to_known
from kanalo.analyzers.returns import annualise
from kanalo.periods import DAYS_PER_YEAR
from kanalo.typing import FloatArray


def calc_sharpe_ratio(
    returns: pd.Series[float], *, risk_free: float = 0.0, per_year: float = DAYS_PER_YEAR
) -> float:
    """Compute the Sharpe ratio, ``mean(x) / std(x, ddof=1) × √365`` with x the excess returns.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns.
    risk_free : float
        Annual rate, a fraction.
    per_year : float
        Returns a year.

    Returns
    -------
    float
        NaN with fewer than two returns or where they do not vary.

    Notes
    -----
    backtesting.py divides the annual growth rate by the volatility instead; backtrader takes yearly
    returns and the population's deviation; empyrical expects the rate per day.

    References
    ----------
    Sharpe, W. F. (1994), The Sharpe Ratio.
    """
    excess = _to_excess(returns, risk_free, per_year)
    return _ratio(excess, calc_spread(excess), per_year)


def calc_sortino_ratio(
    returns: pd.Series[float], *, risk_free: float = 0.0, per_year: float = DAYS_PER_YEAR
) -> float:
    """Compute the Sortino ratio, ``mean(x) / √mean(min(x, 0)²) × √365``.

    The denominator is the target downside deviation: the mean runs over ALL days, those above the
    target counting as zero. The deviation of the losing days alone, which some tools take, would
    not punish a rule for losing more often.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns.
    risk_free : float
        The target: an annual rate, a fraction.
    per_year : float
        Returns a year.

    Returns
    -------
    float
        NaN with fewer than two returns or where no day lies below the target.

    References
    ----------
    Sortino, F. and Price, L. (1994), Performance Measurement in a Downside Risk Framework.
    """
    excess = _to_excess(returns, risk_free, per_year)
    downside = np.sqrt(np.mean(np.minimum(excess, 0) ** 2)) if len(excess) > 1 else NAN
    return _ratio(excess, downside, per_year)


def calc_calmar_ratio(returns: pd.Series[float], *, per_year: float = DAYS_PER_YEAR) -> float:
    """Compute the Calmar ratio, annual growth over the depth of the worst drawdown.

    Both come from the daily returns, ``(Π(1 + r))^(365 / n) − 1`` over ``|max drawdown|``, so that
    hourly and daily bars of one account give one figure. A headline CAGR over a headline drawdown,
    which sees every bar, is the same or nearer to zero.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns.
    per_year : float
        Returns a year.

    Returns
    -------
    float
        NaN with fewer than two returns or where there was no drawdown.

    References
    ----------
    Young, T. W. (1991), Calmar Ratio: A Smoother Tool.
    """
    known = to_known(returns)
    if len(known) < 2:
        return NAN
    wealth = np.cumprod(1 + known)
    depth = (wealth / np.maximum.accumulate(np.maximum(wealth, 1)) - 1).min()
    if depth > -ROUNDING:
        return NAN
    return annualise(float(wealth[-1]), len(known) / per_year) / -float(depth)


def calc_omega_ratio(
    returns: pd.Series[float], *, risk_free: float = 0.0, per_year: float = DAYS_PER_YEAR
) -> float:
    """Compute the Omega ratio: the sum of excess gains over the sum of excess losses.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns.
    risk_free : float
        The threshold: an annual rate, a fraction (empyrical's ``required_return``).
    per_year : float
        Returns a year.

    Returns
    -------
    float
        Above 1 where gains outweigh losses; NaN with fewer than two returns or without a loss.

    References
    ----------
    Keating, C. and Shadwick, W. (2002), A Universal Performance Measure.
    """
    excess = _to_excess(returns, risk_free, per_year)
    losses = -excess[excess < 0].sum()
    if len(excess) < 2 or losses < ROUNDING:
        return NAN
    return float(excess[excess > 0].sum() / losses)


def _to_excess(returns: pd.Series[float], risk_free: float, per_year: float) -> FloatArray:
    """Return the known returns less the risk-free rate of one period."""
    free: float = (1 + risk_free) ** (1 / per_year) - 1
    return to_known(returns) - free


def _ratio(excess: FloatArray, risk: float, per_year: float) -> float:
    if np.isnan(risk) or risk < ROUNDING:
        return NAN
    return float(excess.mean() / risk * np.sqrt(per_year))
