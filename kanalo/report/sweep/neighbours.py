"""Equity of the best set of a sweep and of the sets one step away from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.report.toolkit.plain import to_dates, to_numbers, to_plain
from kanalo.sweep import SweepResult, rank
from kanalo.sweep.plateau import find_steps_away

MOST = 8
"""Neighbours that are kept; of more, those with the best statistic."""

MOST_POINTS = 260
_DIGITS = 5


def to_curves(result: SweepResult, statistic: str) -> dict[str, Any] | None:
    """Return the equity of the best set and of its neighbours, thinned for a figure.

    Parameters
    ----------
    result : SweepResult
        Over a grid of values; random draws have no steps.
    statistic : str
        What sets are ranked by.

    Returns
    -------
    dict or None
        ``dates``, ``best`` and ``neighbours`` (``row``, ``parameters`` and ``values``: multiples of
        the start at the close of each of those days, None from ruin on). None where there is no
        best set, or none one step away, or daily returns were not kept.
    """
    order = rank(result.table, statistic)
    if not len(order) or not result.daily_returns.shape[1]:
        return None
    near = find_steps_away(result, order)[:MOST]
    rows = near[result.find_kept(near) >= 0]
    if not len(rows) or result.find_kept(order[:1])[0] < 0:
        return None
    n_days = result.daily_returns.shape[1]
    kept = np.arange(n_days - 1, -1, -max(1, -(-n_days // MOST_POINTS)))[::-1]
    days = pd.DatetimeIndex(result.to_returns(int(order[0])).index[kept])
    best, *others = (_to_curve(result, int(row), kept) for row in (order[0], *rows))
    return {"dates": to_dates(days), "best": best, "neighbours": others}


def _to_curve(result: SweepResult, row: int, kept: npt.NDArray[np.intp]) -> dict[str, Any]:
    growth = np.cumprod(1 + result.to_returns(row).to_numpy(np.float64))
    solvent = np.logical_and.accumulate(growth > 0)
    values = np.where(solvent, growth, np.nan)[kept]
    return {
        "row": row,
        "parameters": to_plain(result.parameters(row)),
        "values": to_numbers(values, _DIGITS),
    }
