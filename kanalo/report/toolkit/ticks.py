"""Round ticks for log axes and for time axes: few, and the same on every machine."""

from __future__ import annotations

import numpy as np
import pandas as pd

MAX_TICKS = 8
_LEAST_TICKS = 2

_MANTISSAS: tuple[tuple[float, ...], ...] = (
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.5, 2, 3, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)
_STEPS = (
    *((f"{n}D", "%d %b") for n in (1, 2, 4, 7, 14)),
    *((f"{n}MS", "%b %Y") for n in (1, 2, 3, 6)),
    *((f"{n}YS", "%Y") for n in (1, 2, 5, 10, 20, 50)),
)
_LONGEST = {"D": 1, "MS": 31, "YS": 366}
"""Most days of each unit of the steps."""


def find_log_ticks(low: float, high: float, at_most: int = MAX_TICKS) -> list[float]:
    """Choose round ticks on a log axis, as many as there may be.

    Parameters
    ----------
    low, high : float
        Ends of the axis; 0 < low < high.
    at_most : int
        Most ticks.

    Returns
    -------
    list of float
        Ascending.

    Examples
    --------
    >>> find_log_ticks(0.4, 12.0)
    [0.5, 1.0, 2.0, 5.0, 10.0]
    >>> find_log_ticks(0.955, 1.005)
    [0.96, 0.98, 1.0]
    """
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for mantissas in _MANTISSAS:
        ticks = [round(mantissa * 10.0**d, 12) for d in decades for mantissa in mantissas]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= at_most:
            return inside if len(inside) >= _LEAST_TICKS else _find_even_ticks(low, high) or inside
    return inside


def _find_even_ticks(low: float, high: float) -> list[float]:
    """Choose round ticks at equal steps: a range too small for round numbers of a log axis."""
    rough = (high - low) / 4
    if not rough > 0:
        return []
    power = float(10.0 ** np.floor(np.log10(rough)))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [round(number * step, 12) for number in range(first, last + 1)]


def find_date_ticks(
    first: pd.Timestamp, last: pd.Timestamp, at_most: int = MAX_TICKS
) -> tuple[list[pd.Timestamp], list[str]]:
    """Choose round dates and their labels: days, months or years, as many as there may be.

    Parameters
    ----------
    first, last : Timestamp
        Ends of the axis.
    at_most : int
        Most ticks.

    Returns
    -------
    tuple of lists
        The dates, ascending, and their labels.

    Examples
    --------
    >>> times, labels = find_date_ticks(pd.Timestamp("2020-02-03"), pd.Timestamp("2022-06-07"), 3)
    >>> labels
    ['2021', '2022']
    """
    days = (last - first).days
    for step, form in _STEPS:
        number, unit = int(step.rstrip("DMSY")), step.lstrip("0123456789")
        if days // (number * _LONGEST[unit]) > at_most and step != _STEPS[-1][0]:
            continue  # there are more of them than that
        start = first.floor("D") if step.endswith("D") else first.to_period("Y").start_time
        times = [each for each in pd.date_range(start, last, freq=step) if each >= first]
        labels = [each.strftime(form).lstrip("0") for each in times]
        if len(times) <= at_most:
            break
    return times, labels
