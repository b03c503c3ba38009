"""Join what was known beside the bars: by the time it was known, never by the time it describes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.errors import DataError
from kanalo.market.bars import COLUMNS
from kanalo.market.market import Market

POSITIONING_MAX_AGE = pd.Timedelta(hours=2)
"""Age, since it was known, after which a positioning row says nothing any more.

Rows are published every hour: two publishing intervals bridge one lost row, no more.
"""


def align_positioning(
    market: Market, table: pd.DataFrame, *, max_age: pd.Timedelta = POSITIONING_MAX_AGE
) -> pd.DataFrame:
    """Join the last positioning row that was known at the close of each bar.

    Parameters
    ----------
    market : Market
        Bars to join to.
    table : DataFrame
        Any numeric columns beside ``known_at`` (UTC), which says when a row could be read and must
        be sorted.
    max_age : Timedelta
        How long after ``known_at`` a row still counts.

    Returns
    -------
    DataFrame of shape (n_bars, k)
        The columns of the table (float64) on the market's index; NaN where no row was known yet or
        the last one is older than ``max_age``.

    Raises
    ------
    DataError
        If the table has no ``known_at`` or it is not sorted.
    """
    known_at = _known_at(table)
    closes = market.closes_at.as_unit("ns").asi8
    row = np.searchsorted(known_at, closes, side="right") - 1
    fresh = (row >= 0) & (closes - known_at[np.maximum(row, 0)] <= max_age.as_unit("ns").value)
    values = table.drop(columns="known_at").astype(np.float64)
    aligned = np.full((len(market), len(values.columns)), np.nan)
    aligned[fresh] = values.to_numpy()[row[fresh]]
    return pd.DataFrame(aligned, index=market.index, columns=values.columns)


def _known_at(table: pd.DataFrame) -> np.ndarray:
    if "known_at" not in table.columns:
        raise DataError(
            "A positioning table must have a column 'known_at', the time at which a row could be "
            f"read; received {', '.join(map(str, table.columns))}."
        )
    if not table["known_at"].is_monotonic_increasing:
        raise DataError("The column 'known_at' of a positioning table must be sorted.")
    return pd.DatetimeIndex(table["known_at"]).as_unit("ns").asi8


def align_benchmark(market: Market, bars: pd.DataFrame) -> pd.DataFrame:
    """Return a benchmark's bars on the OPEN times of the market, NaN where it has none.

    Parameters
    ----------
    market : Market
        Bars to align with; the benchmark must have bars of the same length.
    bars : DataFrame
        ``open high low close volume`` on a UTC index of OPEN times.

    Returns
    -------
    DataFrame of n_bars rows
        The benchmark's columns; volume is in the benchmark's own coins.
    """
    aligned = bars.loc[:, list(COLUMNS)].astype(np.float64)
    return aligned.reindex(market.index)
