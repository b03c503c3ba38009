"""Exposure and costs: how much was in the market, how much was traded, what it cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers._arrays import NAN, calc_mean, to_values


def calc_exposure_time(position: pd.Series[float]) -> float:
    """Compute the share of bars at whose close something was held.

    Parameters
    ----------
    position : Series of shape (n_bars,)
        Coins held after each close.

    Returns
    -------
    float
        A fraction in [0, 1]; NaN without bars.

    Notes
    -----
    backtesting.py counts every bar from an entry to its exit, so the bar in which a trade ends
    counts there and does not here.
    """
    return calc_mean(to_values(position) != 0)


def calc_average_exposure(exposure: pd.Series[float]) -> float:
    """Compute the mean absolute exposure over all bars, flat ones included.

    Parameters
    ----------
    exposure : Series of shape (n_bars,)
        Value of the position over equity at each close, ``Result.exposure``.

    Returns
    -------
    float
        A fraction ≥ 0 of equity; bars with an undefined exposure (equity of zero) are left out;
        NaN if none remains.
    """
    values = np.abs(to_values(exposure))
    return calc_mean(values[np.isfinite(values)])


def calc_turnover(fills: pd.DataFrame, equity: pd.Series[float], years: float) -> float:
    """Compute the annual turnover, ``Σ|price × quantity| / mean(equity) / years``.

    Parameters
    ----------
    fills : DataFrame
        ``price`` and ``quantity`` of every fill.
    equity : Series of shape (n_bars,)
        Marks at the closes.
    years : float
        Length of the run in years of 365 days.

    Returns
    -------
    float
        Times the equity that is traded in a year; a round trip at full size is 2. NaN where the
        mean equity is not positive or no time has passed.
    """
    mean = calc_mean(to_values(equity))
    if not mean > 0 or years <= 0:
        return NAN
    return calc_traded_value(fills) / mean / years


def calc_traded_value(fills: pd.DataFrame) -> float:
    """Sum the value of all fills, bought and sold, in quote currency."""
    values = fills["price"].to_numpy(np.float64) * fills["quantity"].to_numpy(np.float64)
    return float(np.abs(values).sum())


def calc_fees(fills: pd.DataFrame) -> float:
    """Sum the fees of all fills, in quote currency; those of an open trade's entry included."""
    return float(fills["fee"].to_numpy(np.float64).sum())


def calc_slippage(fills: pd.DataFrame) -> float:
    """Sum what slippage cost, ``Σ|(price − level) × quantity|``, in quote currency.

    Returns
    -------
    float
        Positive; NaN where the level of a fill is not known (orders of a hand-written strategy).
    """
    slipped = fills["price"].to_numpy(np.float64) - fills["level"].to_numpy(np.float64)
    return float(np.abs(slipped * fills["quantity"].to_numpy(np.float64)).sum())


def calc_funding(funding: pd.Series[float]) -> float:
    """Sum the funding, in quote currency; negative where more was paid than received."""
    return float(to_values(funding).sum())
