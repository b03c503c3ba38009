"""`OutsideRecord`: what the file of another engine says about one strategy."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kanalo.periods import DAYS_PER_YEAR, YEAR

TRADE_COLUMNS = ("entry_time", "exit_time", "side", "profit", "notional")
"""Columns of ``trades``: UTC times, +1 or -1, and money; the notional is NaN where unknown."""

_CALENDAR_SHARE = 0.95
"""Share of calendar days with a return from which a year has 365 returns."""


@dataclass(frozen=True, eq=False)
class OutsideRecord:
    """One strategy as another engine recorded it.

    Attributes
    ----------
    label : str
        Name in reports.
    source : str
        The file, or what else the record comes from.
    layout : str
        The layout that was recognised, such as ``"freqtrade export"``.
    returns : Series of shape (n_days,)
        Daily returns as fractions on midnights UTC, no NaN; empty where the file has none.
    total_return : float
        Growth over the whole record, a fraction.
    trades : DataFrame or None
        Closed trades with `TRADE_COLUMNS` in order of their entries; None where the file lists
        none.
    n_trades : int
        Closed trades; -1 where the file does not say.
    currency : str
        What profits are counted in; empty where the file does not say.
    notes : tuple of str
        What was noticed or assumed when the file was read.
    """

    label: str
    source: str
    layout: str
    returns: pd.Series[float]
    total_return: float
    trades: pd.DataFrame | None = None
    n_trades: int = -1
    currency: str = ""
    notes: tuple[str, ...] = ()

    @property
    def per_year(self) -> float:
        """Returns a year: 365, or as many as the record has where days are missing in it."""
        return calc_returns_per_year(self.returns.index)


def calc_returns_per_year(days: pd.Index) -> float:
    """Count how many daily returns a year of a record has.

    Returns
    -------
    float
        365 where at least 95 % of the calendar days have a return, else the number of returns per
        365 days: about 252 for a stock market.
    """
    if len(days) < 2:
        return float(DAYS_PER_YEAR)
    span = pd.Timedelta(days[-1] - days[0]) + pd.Timedelta(days=1)
    per_year = len(days) / (span / YEAR)
    return float(DAYS_PER_YEAR) if per_year >= _CALENDAR_SHARE * DAYS_PER_YEAR else per_year
