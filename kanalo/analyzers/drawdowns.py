"""Drawdowns: how far and for how long equity stood below its peak.

Drawdowns are negative fractions of the running peak. They are computed on every mark that is
passed in: on bars for the figures of a report, so that a fall within a day counts. The starting
cash, where given, is the first peak. After ruin a drawdown is −1 or below.

Lengths are differences of the bars' OPEN times. A drawdown from the starting cash has no earlier
mark to begin at; its peak is dated at the open of the first bar.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers._arrays import NAN, calc_mean, to_known, to_values
from kanalo.errors import ParameterError
from kanalo.typing import FloatArray, IntArray

COLUMNS = ("peak", "valley", "recovery", "depth", "length", "fall_length", "recovery_length")
"""Columns of `find_drawdowns`."""


def to_drawdown(equity: pd.Series[float], cash: float | None = None) -> pd.Series[float]:
    """Compute the drawdown at every mark, ``equity / running peak − 1``.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        Marks in order.
    cash : float, optional
        Equity before the first bar, the first peak; the first mark by default.

    Returns
    -------
    Series of shape (n_bars,)
        Fractions, never positive; below −1 where equity is negative. NaN where a mark is NaN and
        before any positive peak.
    """
    return pd.Series(_fall(to_values(equity), cash), index=equity.index, name="drawdown")


def calc_drawdown_statistics(equity: pd.Series[float], cash: float) -> dict[str, float]:
    """Compute the drawdown figures on every mark, the starting cash being the first peak.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float
        Starting cash, > 0: the first peak.

    Returns
    -------
    dict of str to float
        The statistics of drawdowns by name: fractions, and the longest duration in days; NaN
        without marks.
    """
    drawdown = _fall(to_values(equity), cash)
    known = drawdown[~np.isnan(drawdown)]
    episodes = _episodes(drawdown)
    longest = _find_longest(equity.index, *episodes) / pd.Timedelta(days=1)
    return {
        "max_drawdown": _deepest(known),
        "average_drawdown": calc_mean(_depths(drawdown, episodes[0])),
        "max_drawdown_duration": longest if len(equity) else NAN,
        "ulcer_index": _ulcer(known),
        "time_under_water": _time_below(known),
    }


def find_drawdowns(
    equity: pd.Series[float], cash: float | None = None, *, top: int | None = 10
) -> pd.DataFrame:
    """List the drawdowns from peak to recovery, deepest first.

    Parameters
    ----------
    equity : Series of shape (n_bars,)
        Marks on OPEN times.
    cash : float, optional
        Equity before the first bar, the first peak.
    top : int, optional
        How many to list, at least 1; None for all.

    Returns
    -------
    DataFrame with `COLUMNS`
        ``peak`` (last mark at the peak), ``valley`` (first mark at the lowest), ``recovery`` (first
        mark back at the peak, NaT where there is none yet): OPEN times. ``depth``: a negative
        fraction. ``length`` (peak to recovery, or to the last bar), ``fall_length`` (peak to
        valley) and ``recovery_length`` (valley to recovery, NaT without one): Timedeltas. Of two
        equally deep ones the earlier comes first.

    Raises
    ------
    ParameterError
        If ``top`` is neither None nor an int of at least 1.

    Notes
    -----
    ffn's ``drawdown_details`` starts at the first mark under water, one bar after ``peak``.
    """
    if top is not None and (not isinstance(top, int) or top < 1):
        raise ParameterError(f"'top' must be None or an int of at least 1; received {top!r}.")
    drawdown = to_values(to_drawdown(equity, cash))
    starts, ends = _episodes(drawdown)
    depths = _depths(drawdown, starts)
    order = np.argsort(depths, kind="stable")[:top]
    starts, ends = starts[order], ends[order]
    valleys = [a + int(np.argmin(drawdown[a:b])) for a, b in zip(starts, ends, strict=True)]
    rows = np.maximum(starts - 1, 0), np.array(valleys, dtype=np.int64), ends
    return _table(equity.index, *rows, depths[order])


def calc_max_drawdown(equity: pd.Series[float], cash: float | None = None) -> float:
    """Compute the deepest drawdown.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float, optional
        Starting cash, the first peak; without it the first mark is.

    Returns
    -------
    float
        A fraction ≤ 0, equal to the first ``depth`` of `find_drawdowns` if there is one; NaN
        without marks.

    Notes
    -----
    empyrical and ffn agree on the same marks; of UTC-daily marks the figure is the same or nearer
    to zero.
    """
    return _deepest(to_known(to_drawdown(equity, cash)))


def calc_average_drawdown(equity: pd.Series[float], cash: float | None = None) -> float:
    """Compute the mean depth of all drawdowns, each counted once however long it was.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float, optional
        Starting cash, the first peak; without it the first mark is.

    Returns
    -------
    float
        A fraction < 0; NaN where equity was never under water.
    """
    drawdown = to_values(to_drawdown(equity, cash))
    return calc_mean(_depths(drawdown, _episodes(drawdown)[0]))


def calc_ulcer_index(equity: pd.Series[float], cash: float | None = None) -> float:
    """Compute the ulcer index, ``√mean(drawdown²)`` over all marks.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float, optional
        Starting cash, the first peak; without it the first mark is.

    Returns
    -------
    float
        A fraction ≥ 0; NaN without marks.

    Notes
    -----
    ffn gives it in percentage points, a hundred times as much.

    References
    ----------
    Martin, P. and McCann, B. (1989), The Investor's Guide to Fidelity Funds.
    """
    return _ulcer(to_known(to_drawdown(equity, cash)))


def calc_time_under_water(equity: pd.Series[float], cash: float | None = None) -> float:
    """Compute the share of marks that stand below their peak.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float, optional
        Starting cash, the first peak; without it the first mark is.

    Returns
    -------
    float
        A fraction in [0, 1]; NaN without marks.
    """
    return _time_below(to_known(to_drawdown(equity, cash)))


def calc_longest_drawdown(equity: pd.Series[float], cash: float | None = None) -> pd.Timedelta:
    """Measure the longest time from a peak to its recovery, or to the last bar without one.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        Marks of equity in time order, in the account's currency; NaN is left out.
    cash : float, optional
        Starting cash, the first peak; without it the first mark is.

    Returns
    -------
    Timedelta
        Zero where equity was never under water.
    """
    return _find_longest(equity.index, *_episodes(to_values(to_drawdown(equity, cash))))


def _fall(values: FloatArray, cash: float | None) -> FloatArray:
    peak = np.fmax.accumulate(values if cash is None else np.fmax(values, cash))
    return values / np.where(peak > 0, peak, np.nan) - 1


def _deepest(known: FloatArray) -> float:
    return float(known.min()) if len(known) else NAN


def _ulcer(known: FloatArray) -> float:
    return float(np.sqrt(np.mean(known**2))) if len(known) else NAN


def _time_below(known: FloatArray) -> float:
    return float(np.mean(known < 0)) if len(known) else NAN


def _find_longest(index: pd.Index, starts: IntArray, ends: IntArray) -> pd.Timedelta:
    if not len(starts):
        return pd.Timedelta(0)
    stops, begins = np.minimum(ends, len(index) - 1), np.maximum(starts - 1, 0)
    if isinstance(index, pd.DatetimeIndex):
        stamps = index.asi8
        longest = int((stamps[stops] - stamps[begins]).max())
        return pd.Timedelta(np.timedelta64(longest, index.unit))
    return pd.Timedelta((index[stops] - index[begins]).max())


def _episodes(drawdown: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the first row under water of each episode and the row of its recovery (or n)."""
    under = np.concatenate(([False], drawdown < 0, [False]))
    edges = np.flatnonzero(under[1:] != under[:-1])
    return edges[::2], edges[1::2]


def _depths(drawdown: FloatArray, starts: IntArray) -> FloatArray:
    """Return the deepest drawdown of each episode."""
    if not len(starts):
        return np.empty(0)
    # reduceat runs on to the next start; what lies between is zero and never the lowest.
    return np.minimum.reduceat(np.where(drawdown < 0, drawdown, 0.0), starts)


def _table(
    index: pd.Index, peaks: IntArray, valleys: IntArray, ends: IntArray, depths: FloatArray
) -> pd.DataFrame:
    peak, valley = index[peaks], index[valleys]
    last = index[np.minimum(ends, len(index) - 1)]
    recovery = last.where(ends < len(index))
    columns = (peak, valley, recovery, depths, last - peak, valley - peak, recovery - valley)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
