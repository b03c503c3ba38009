"""Returns: UTC-daily equity and returns, growth, volatility, the monthly table, rolling figures.

Every ratio in this package rests on `to_daily_returns`, so hourly and daily bars of the same
account give the same Sharpe ratio. Equity is marked at the close of a bar and carries the bar's
OPEN time, therefore the bar that opens at 23:00 and closes at midnight belongs to the day it ends.

**Ruin.** Once equity is zero or negative there is nothing left to earn a return on. The day of ruin
has its return (−1 or below) and every later one is NaN; the total return is −1 or below, the CAGR
is −1, and `to_solvent_equity` cuts the curve where a logarithmic axis has to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers._arrays import NAN, ROUNDING, to_known, to_values
from kanalo.errors import DataError, ParameterError
from kanalo.periods import DAYS_PER_YEAR, has_annual_rate, to_years
from kanalo.typing import FloatArray

T = TypeVar("T")

ROLLING_DAYS = 90
"""Default window of the rolling figures, in days that have bars."""

_DAY_NS = 86_400_000_000_000


def to_daily_equity(equity: pd.Series[float]) -> pd.Series[float]:
    """Take the last mark of each UTC day.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        Marks at the bars' closes on a strictly increasing index of OPEN times; an index without a
        zone is read as UTC. Prices do as well.

    Returns
    -------
    Series of shape (n_days,)
        On midnights UTC (the start of the day). Days without bars are absent, not filled: the next
        return spans the gap. A mark that is NaN stays NaN.

    Raises
    ------
    DataError
        If the index holds no times or is not increasing.
    """
    opens = _open_times(equity.index)
    days = opens // _DAY_NS
    last = np.flatnonzero(np.diff(days, append=np.iinfo(np.int64).max))
    index = pd.DatetimeIndex(days[last] * _DAY_NS, tz="UTC", name=equity.index.name)
    return pd.Series(to_values(equity)[last], index=index, name=equity.name)


def to_daily_returns(equity: pd.Series[float], cash: float) -> pd.Series[float]:
    """Compute simple returns from one UTC day's last mark to the next.

    ``r[d] = equity[d] / equity[d-1] − 1``; the first day is relative to ``cash``, so compounding
    all of them gives the total return.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        As for `to_daily_equity`.
    cash : float
        Equity before the first bar.

    Returns
    -------
    Series of shape (n_days,)
        Fractions. NaN after ruin and where either mark is NaN. A return across a gap in the data
        spans all the days of the gap and counts as one.
    """
    daily = to_daily_equity(equity)
    before = np.concatenate(([cash], to_values(daily)))[: len(daily)]
    solvent = np.logical_and.accumulate(~(before <= 0))
    returns = to_values(daily) / np.where(solvent, before, np.nan) - 1
    return pd.Series(returns, index=daily.index, name="return")


def to_solvent_equity(equity: pd.Series[float]) -> pd.Series[float]:
    """Blank the equity from its first mark at or below zero on: what a log axis can show.

    Returns
    -------
    Series of shape (n_bars,)
        The marks before ruin, NaN after. Unchanged where there is no ruin.
    """
    solvent = np.logical_and.accumulate(~(to_values(equity) <= 0))
    return equity.where(pd.Series(solvent, index=equity.index))


def calc_total_return(equity: pd.Series[float], cash: float) -> float:
    """Compute the last mark relative to the starting cash: ``equity[-1] / cash − 1``.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float
        Starting cash, > 0, in the same currency.

    Returns
    -------
    float
        A fraction; −1 or below after ruin, NaN without marks.
    """
    return float(to_values(equity)[-1] / cash - 1) if len(equity) else NAN


def calc_years(equity: pd.Series[float], length: pd.Timedelta) -> float:
    """Measure the time from the first bar's open to the last bar's close in years of 365 days.

    Parameters
    ----------
    equity : Series
        On OPEN times.
    length : Timedelta
        Length of a bar.

    Returns
    -------
    float
        Years of 365 days, ≥ 0.
    """
    if not len(equity):
        return 0.0
    opens = _open_times(equity.index)
    return to_years(pd.Timedelta(int(opens[-1] - opens[0]), unit="ns") + length)


def calc_cagr(equity: pd.Series[float], cash: float, length: pd.Timedelta) -> float:
    """Compute the compound annual growth rate, ``(equity[-1] / cash)^(1 / years) − 1``.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        Marks on OPEN times.
    cash : float
        Equity before the first bar.
    length : Timedelta
        Length of a bar; time runs from the first bar's open to the last bar's close.

    Returns
    -------
    float
        A fraction a year of 365 days; −1 after ruin; NaN without marks or where a short, lucky
        span annualises to more than a float can hold.

    Notes
    -----
    backtesting.py counts years of 365 days from the first bar to the last; ffn years of 365.25 days
    between the two index stamps, which leaves the last bar's own length out; empyrical the number
    of returns. All agree with ours on an unbroken series once the years are measured alike.
    """
    growth = 1 + calc_total_return(equity, cash)
    return annualise(growth, calc_years(equity, length))


ANNUAL_RATES = ("cagr", "calmar_ratio", "alpha", "btc_alpha")
"""Keys of the statistics that compound a return to a year."""


def drop_annual_rates(figures: Mapping[str, T], years: float, missing: T) -> dict[str, T]:
    """Leave compound annual rates out where the span is too short for them.

    Parameters
    ----------
    figures : mapping of str to object
        Statistics by key.
    years : float
        Length of the span; see `kanalo.periods.has_annual_rate`.
    missing : object
        What stands in place of `ANNUAL_RATES`: NaN, or an array of NaN.

    Returns
    -------
    dict
        The same keys.
    """
    if has_annual_rate(years):
        return dict(figures)
    return {key: missing if key in ANNUAL_RATES else each for key, each in figures.items()}


def annualise(growth: float, years: float) -> float:
    """Turn growth over some years into a yearly rate, ``growth^(1 / years) − 1``.

    Parameters
    ----------
    growth : float
        Last value over first value; 1.21 is a gain of 21 %.
    years : float
        Length of the time between them, in years of 365 days.

    Returns
    -------
    float
        A fraction; −1 where growth is zero or negative; NaN where it is unknown, no time has
        passed, or the rate exceeds what a float can hold.

    Examples
    --------
    >>> round(annualise(1.21, 2.0), 12)
    0.1
    """
    if np.isnan(growth) or years <= 0:
        return NAN
    if growth <= 0:
        return -1.0
    exponent = np.log(growth) / years
    return float(np.expm1(exponent)) if exponent < np.log(np.finfo(float).max) else NAN


def calc_annual_volatility(returns: pd.Series[float], per_year: float = DAYS_PER_YEAR) -> float:
    """Compute the annual volatility, ``std(returns, ddof=1) × √365``.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns; NaN are left out.
    per_year : float
        Returns a year; 365 for daily ones.

    Returns
    -------
    float
        A fraction; NaN with fewer than two returns.
    """
    known = to_known(returns)
    return float(known.std(ddof=1) * np.sqrt(per_year)) if len(known) > 1 else NAN


def to_monthly_returns(returns: pd.Series[float]) -> pd.DataFrame:
    """Compound daily returns to a table of calendar months (UTC).

    Returns
    -------
    DataFrame of shape (n_years, 13)
        One row a year; columns 1 … 12 and ``"year"``, fractions. NaN where no return is known.
        A return that spans a gap counts in the month of its last day.
    """
    known = returns.dropna()
    index = cast(pd.DatetimeIndex, known.index)
    growth = known + 1
    table = (growth.groupby([index.year, index.month]).prod() - 1).unstack()
    table = table.reindex(columns=pd.Index([*range(1, 13), "year"], dtype=object))
    table["year"] = growth.groupby(index.year).prod() - 1
    return table.rename_axis(index="year", columns="month").astype(np.float64)


def to_rolling_return(returns: pd.Series[float], days: int = ROLLING_DAYS) -> pd.Series[float]:
    """Compound the last ``days`` daily returns at each day.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns.
    days : int
        Length of the window in days that have bars, at least 2.

    Returns
    -------
    Series of shape (n_days,)
        Fractions; NaN before ``days`` returns have been seen and where one of them is NaN.

    Raises
    ------
    ParameterError
        If ``days`` is not an int of at least 2.
    """
    return _rolled(returns, days, np.prod(1 + _windows(returns, days), axis=1) - 1)


def to_rolling_volatility(
    returns: pd.Series[float], days: int = ROLLING_DAYS, per_year: float = DAYS_PER_YEAR
) -> pd.Series[float]:
    """Compute `calc_annual_volatility` of the last ``days`` daily returns at each day.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    days : int
        Days in the rolling window, ≥ 2.
    per_year : float
        Returns in a year, > 0.

    Returns
    -------
    Series of shape (n_days,)
        A fraction ≥ 0 for each day; NaN until the window is full, as in `to_rolling_return`.
    """
    spread = _windows(returns, days).std(axis=1, ddof=1)
    return _rolled(returns, days, spread * np.sqrt(per_year))


def to_rolling_sharpe(
    returns: pd.Series[float], days: int = ROLLING_DAYS, per_year: float = DAYS_PER_YEAR
) -> pd.Series[float]:
    """Compute the Sharpe ratio of the last ``days`` daily returns at each day.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily returns of the strategy as fractions, stamped with the day.
    days : int
        Days in the rolling window, ≥ 2.
    per_year : float
        Returns in a year, > 0.

    Returns
    -------
    Series of shape (n_days,)
        An annual ratio for each day; NaN until the window is full, and where it does not vary.
    """
    windows = _windows(returns, days)
    spread = windows.std(axis=1, ddof=1)
    spread[spread < ROUNDING] = np.nan
    return _rolled(returns, days, windows.mean(axis=1) / spread * np.sqrt(per_year))


def _open_times(index: pd.Index) -> npt.NDArray[np.int64]:
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(f"The index must hold the bars' open times; received {index.dtype}.")
    opens = index.as_unit("ns").asi8
    # pandas remembers of an index whether it increases; an index may be asked many times.
    if not index.is_monotonic_increasing and (opens[1:] < opens[:-1]).any():
        row = int(np.argmax(opens[1:] < opens[:-1])) + 1
        raise DataError(f"Row {row} of the index ({index[row]}) is earlier than the row before it.")
    return opens


def _windows(returns: pd.Series[float], days: int) -> FloatArray:
    if not isinstance(days, int) or days < 2:
        raise ParameterError(
            f"The 'days' of a rolling figure must be an int of at least 2; received {days!r}."
        )
    values = to_values(returns)
    if len(values) < days:
        return np.empty((0, days))
    return np.lib.stride_tricks.sliding_window_view(values, days)


def _rolled(returns: pd.Series[float], days: int, tail: FloatArray) -> pd.Series[float]:
    values = np.full(len(returns), np.nan)
    values[days - 1 :] = tail
    return pd.Series(values, index=returns.index)
