"""Bar intervals and the one place that annualises: 365 days of 24 hours.

Monero trades around the clock, so a year has 365 daily bars and 8,760 hourly ones; the 252 trading
days of stock markets (backtrader's, empyrical's and pyfolio's default) appear nowhere.
"""

from __future__ import annotations

import re
from typing import Literal

import pandas as pd

from kanalo.errors import DataError

DAYS_PER_YEAR = 365
HOURS_PER_YEAR = DAYS_PER_YEAR * 24
YEAR = pd.Timedelta(days=DAYS_PER_YEAR)

_UNITS: dict[str, Literal["min", "h", "D", "W"]] = {"m": "min", "h": "h", "d": "D", "w": "W"}
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
    match = _INTERVAL.fullmatch(interval)
    if match is None:
        raise DataError(
            f"An interval is a whole number and m, h, d or w, like '1h'; received {interval!r}."
        )
    return pd.Timedelta(int(match[1]), unit=_UNITS[match[2]]).as_unit("ns")


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


def to_years(length: pd.Timedelta) -> float:
    """Express a length of time in years of 365 days."""
    return length / YEAR
