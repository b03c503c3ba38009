"""What a time means that names one bar: the bar that is labelled with it, its open.

Tables, trades and reports label a bar with its open; what the bar tells is known at its close. One
function reads such a time for every verb, so that one time never names two bars.
"""

from __future__ import annotations

import pandas as pd

from kanalo.errors import DataError
from kanalo.market.market import Market
from kanalo.market.times import to_time


def find_labelled_bar(market: Market, at: str | pd.Timestamp, name: str = "'at'") -> int:
    """Return the bar that is labelled with a time, that is, which opens then.

    Parameters
    ----------
    market : Market
        The bars.
    at : str or Timestamp
        OPEN time of the bar; UTC unless it carries a zone.
    name : str
        What messages call the time.

    Returns
    -------
    int
        Number of the bar, in [0, len(market)). What it tells is known at ``market.closes_at`` of
        that number.

    Raises
    ------
    ParameterError
        If it is no time, or may be read in two ways.
    DataError
        If no bar opens at it.
    """
    time = to_time(at, name)
    bar = int(market.index.searchsorted(time))
    if bar < len(market) and market.index[bar] == time:
        return bar
    raise DataError(
        f"{market.name or market.symbol}: no bar opens at {time:%Y-%m-%dT%H:%M} UTC; bars are "
        f"labelled with their open, every {market.interval}, from "
        f"{market.index[0]:%Y-%m-%dT%H:%M} to {market.index[-1]:%Y-%m-%dT%H:%M}."
        f"{_hint(market, bar)}"
    )


def _hint(market: Market, later: int) -> str:
    """Name the bar that holds a time between two labels, and when it was known."""
    if not 0 < later < len(market):
        return ""
    label, known = market.index[later - 1], market.closes_at[later - 1]
    return f" The last label before is {label:%Y-%m-%dT%H:%M}, known at {known:%Y-%m-%dT%H:%M}."
