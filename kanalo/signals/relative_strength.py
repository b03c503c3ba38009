"""Strength against a benchmark: rolling beta, and what the benchmark does not explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.signals.moving import moving_sum, previous
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray


@dataclass(frozen=True, eq=False)
class RelativeStrength:
    """How a market moves with its benchmark and apart from it.

    Attributes
    ----------
    beta : float64 array of shape (n_bars,)
        Slope of the market's log returns on the benchmark's over the window that ends BEFORE the
        bar; NaN while it is incomplete or the benchmark is unknown in it.
    residual : float64 array of shape (n_bars,)
        ``r[t] - beta[t] × r_benchmark[t]``: the bar's log return beyond what beta explains.
    strength : float64 array of shape (n_bars,)
        Sum of the residuals over the last bars; positive where the market is the stronger.
    """

    beta: FloatArray
    residual: FloatArray
    strength: FloatArray


def compare_returns(
    close: FloatArray, benchmark: FloatArray, window: int, lookback: int
) -> RelativeStrength:
    """Split log returns into what a rolling beta explains and the rest.

    ``beta[t] = cov(r, b) / var(b)`` over bars ``t - window … t - 1``, so the residual of bar t is
    out of sample; there is no intercept in the residual, so a steady drift shows up in it.

    Parameters
    ----------
    close, benchmark : float64 arrays of shape (n,)
        Prices; the benchmark is NaN where unknown.
    window : int
        Returns in the estimate of beta, at least 2.
    lookback : int
        Residuals in the strength.

    Returns
    -------
    RelativeStrength
        Warm-up: beta needs ``window + 1`` earlier prices.
    """
    r, b = log_returns(close), log_returns(benchmark)
    rolling = pd.Series(r).rolling(window, min_periods=window)
    covariance = rolling.cov(pd.Series(b)).to_numpy(np.float64)
    variance = pd.Series(b).rolling(window, min_periods=window).var().to_numpy(np.float64)
    varies = variance > 0
    beta = previous(np.where(varies, covariance / np.where(varies, variance, 1.0), np.nan))
    residual = r - beta * b
    return RelativeStrength(beta, residual, moving_sum(residual, lookback))


def relative_strength(market: Market, window: int = 30, lookback: int = 7) -> RelativeStrength:
    """Compare a market with its benchmark.

    Parameters
    ----------
    market : Market
        With or without a benchmark; without one everything is NaN.
    window, lookback : int
        Days in the estimate of beta and in the strength.

    Returns
    -------
    RelativeStrength
        Beta and strength of shape (n_bars,), as fractions; NaN until the windows are full.
    """
    if market.benchmark is None:
        unknown = np.full(len(market), np.nan)
        return RelativeStrength(unknown, unknown, unknown)
    benchmark = market.benchmark["close"].to_numpy(np.float64)
    n_window = max(to_bars(market, days=window), 2)
    return compare_returns(market.close, benchmark, n_window, to_bars(market, days=lookback))


def log_returns(price: FloatArray) -> FloatArray:
    """Return ``log(p[t] / p[t-1])``; NaN first and where either price is unknown."""
    return np.log(price) - np.log(previous(price))
