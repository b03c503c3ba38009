"""Slower bars without peeking: each appears at the first base bar that closes no earlier than it.

A weekly bar of hourly data is known when its last hour has closed and not a bar earlier. pandas'
``resample("W")`` labels a week by its Sunday 00:00, a day before it closes: joining on that label
reads a day of the future.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo import periods
from kanalo.errors import ParameterError
from kanalo.market.market import Market
from kanalo.typing import FloatArray, IntArray

_WEEK = 7 * 86_400_000_000_000
_MONDAY = -3 * 86_400_000_000_000
"""1970-01-01 was a Thursday: the Monday before it, in nanoseconds."""


@dataclass(frozen=True, eq=False)
class Slower:
    """Slower bars of a market and which of them is known at each of its bars.

    Attributes
    ----------
    interval : str
        Length of a slower bar.
    bars : DataFrame of shape (n_slower, 6)
        ``open high low close volume n_bars`` on a UTC index of OPEN times; ``n_bars`` counts the
        base bars inside, fewer than a full number where the base has gaps.
    closes_at : DatetimeIndex of length n_slower
        CLOSE times of the slower bars, UTC.
    known : int64 array of shape (n_bars,)
        Row of the last slower bar that is known at the close of each base bar; -1 before the first.
    """

    interval: str
    bars: pd.DataFrame
    closes_at: pd.DatetimeIndex
    known: IntArray

    def project(self, values: npt.ArrayLike) -> FloatArray:
        """Spread values of the slower bars over the base bars that know them.

        Parameters
        ----------
        values : array_like of shape (n_slower,) or (n_slower, k)
            One row per slower bar.

        Returns
        -------
        float64 array of shape (n_bars,) or (n_bars, k)
            ``values[known]``; NaN before the first slower bar is known.
        """
        rows = np.asarray(values, dtype=np.float64)
        projected = np.full((len(self.known), *rows.shape[1:]), np.nan)
        if len(rows) != len(self.bars):
            raise ParameterError(
                f"The 'values' to project must have one row for each of the {len(self.bars)} "
                f"slower bars; received {len(rows)}."
            )
        seen = self.known >= 0
        projected[seen] = rows[self.known[seen]]
        return projected


def to_slower(market: Market, interval: str) -> Slower:
    """Build slower bars and the moment at which each becomes known.

    Weeks start on Monday 00:00 UTC, every other interval counts from 1970-01-01 00:00 UTC, so days
    start at midnight. The bar that the data enter half-way is dropped; the last, unfinished one is
    never shown; one without any base bar does not exist.

    Parameters
    ----------
    market : Market
        The base bars.
    interval : str
        Length of a slower bar, a multiple of the market's, e.g. ``"1w"``.

    Returns
    -------
    Slower
        Slower bars, and for each base bar the last of them that has closed, or -1.

    Raises
    ------
    ParameterError
        If the interval is not a multiple of the market's.

    Notes
    -----
    Causal: a prefix of the market gives a prefix of ``bars`` and of ``known``.
    """
    size = _check_multiple(market, interval)
    anchor = _MONDAY if size % _WEEK == 0 else 0
    opens = market.index.as_unit("ns").asi8
    closes = market.closes_at.as_unit("ns").asi8
    slot = (opens - anchor) // size
    starts = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
    begins = slot[starts] * size + anchor
    kept = begins + size <= closes[-1]
    kept[0] &= begins[0] == opens[0]
    ends = begins[kept] + size
    return Slower(
        interval,
        _aggregate(market, starts, kept, begins[kept]),
        _to_index(ends),
        np.searchsorted(ends, closes, side="right").astype(np.int64) - 1,
    )


def _check_multiple(market: Market, interval: str) -> int:
    size = int(periods.to_timedelta(interval).as_unit("ns").value)
    if size % market.length.as_unit("ns").value:
        raise ParameterError(
            f"The 'interval' of slower bars must be a multiple of the market's {market.interval}; "
            f"received {interval!r}."
        )
    return size


def _aggregate(
    market: Market, starts: npt.NDArray[np.intp], kept: npt.NDArray[np.bool_], begins: IntArray
) -> pd.DataFrame:
    stops = np.append(starts[1:], len(market))
    columns = {
        "open": market.open[starts],
        "high": np.maximum.reduceat(market.high, starts),
        "low": np.minimum.reduceat(market.low, starts),
        "close": market.close[stops - 1],
        "volume": np.add.reduceat(market.volume, starts),
        "n_bars": stops - starts,
    }
    selected = {name: values[kept] for name, values in columns.items()}
    return pd.DataFrame(selected, index=_to_index(begins))


def _to_index(nanoseconds: IntArray) -> pd.DatetimeIndex:
    return pd.to_datetime(nanoseconds, unit="ns", utc=True).rename("time")
