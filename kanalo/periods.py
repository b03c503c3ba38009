"""Bar intervals and the one place that annualises: 365 days of 24 hours.

Monero trades around the clock, so a year has 365 daily bars and 8,760 hourly ones; the 252 trading
days of stock markets (backtrader's, empyrical's and pyfolio's default) appear nowhere.
"""

from __future__ import annotations

import re
from typing import Literal

import pandas as pd

from kanalo.arguments import show
from kanalo.errors import DataError

DAYS_PER_YEAR = 365
HOURS_PER_YEAR = DAYS_PER_YEAR * 24
YEAR = pd.Timedelta(days=DAYS_PER_YEAR)
MIN_ANNUAL_DAYS = 90
"""Shorter spans get no compound annual rate: a good hour compounds to a figure of 47 digits."""

_UNITS: dict[str, Literal["min", "h", "D", "W"]] = {"m": "min", "h": "h", "d": "D", "w": "W"}
LONGEST = pd.Timedelta(days=36_500)
"""Longest interval: a hundred years, so that no time overflows when it is added."""

_MOST_DIGITS = 6
_INTERVAL = re.compile(r"([1-9]\d*)([mhdw])")


def to_timedelta(interval: str) -> pd.Timedelta:
    """Convert an interval such as ``"1m"``, ``"4h"``, ``"1d"`` or ``"1w"`` to its length.

    Raises
    ------
    DataError
        If the interval is not a positive whole number followed by m, h, d or w.

    Examples
    --------
    >>> to_timedelta("4h")
    Timedelta('0 days 04:00:00')
    """
    match = _INTERVAL.fullmatch(interval) if isinstance(interval, str) else None
    if match is None or len(match[1]) > _MOST_DIGITS:
        raise DataError(
            "An interval is a whole number of at most six digits and m, h, d or w, like '1h'; "
            f"received {show(interval)}."
        )
    length = pd.Timedelta(int(match[1]), unit=_UNITS[match[2]])
    if length > LONGEST:
        raise DataError(f"An interval is at most {LONGEST.days:,} days long; received {interval}.")
    return length.as_unit("ns")


def to_interval(length: pd.Timedelta) -> str:
    """Convert a length to the shortest interval name, the inverse of `to_timedelta`.

    Raises
    ------
    DataError
        If the length is not a positive whole number of minutes.

    Examples
    --------
    >>> to_interval(pd.Timedelta(hours=24))
    '1d'
    """
    minutes, rest = divmod(length, pd.Timedelta(minutes=1))
    if minutes <= 0 or rest:
        raise DataError(f"Bars must be whole minutes apart; received a step of {length}.")
    for unit, size in (("w", 10_080), ("d", 1_440), ("h", 60), ("m", 1)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    raise AssertionError  # every whole number of minutes is divisible by one


def bars_per_year(interval: str) -> float:
    """Return how many bars of this interval a year of 365 × 24 hours has.

    Examples
    --------
    >>> bars_per_year("1h")
    8760.0
    """
    return YEAR / to_timedelta(interval)


def returns_per_year(interval: str) -> float:
    """Return how many returns a year has in statistics of UTC days: 365, or fewer of longer bars.

    Parameters
    ----------
    interval : str
        Of the bars.

    Examples
    --------
    >>> returns_per_year("1h"), round(returns_per_year("1w"), 2)
    (365.0, 52.14)
    """
    return min(float(DAYS_PER_YEAR), bars_per_year(interval))


def has_annual_rate(years: float) -> bool:
    """Tell whether a span is long enough, `MIN_ANNUAL_DAYS`, to state a compound annual rate.

    Parameters
    ----------
    years : float
        Length of the span in years of 365 days.

    Examples
    --------
    >>> has_annual_rate(90 / 365), has_annual_rate(89 / 365)
    (True, False)
    """
    return years * DAYS_PER_YEAR >= MIN_ANNUAL_DAYS - 1e-6


def to_years(length: pd.Timedelta) -> float:
    """Express a length of time in years of 365 days."""
    return length / YEAR


def find_interval(index: pd.DatetimeIndex) -> str:
    """Return the commonest step between bars as an interval.

    Raises
    ------
    DataError
        If there are fewer than two bars or the step is not a whole number of minutes.
    """
    if len(index) < 2:
        raise DataError(
            f"At least two bars are needed to tell their interval; received {len(index)}."
        )
    steps = index[1:] - index[:-1]
    return to_interval(steps.value_counts().index[0])
