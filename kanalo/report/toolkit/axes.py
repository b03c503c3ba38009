"""Sizes, date axes and labels that the static figures share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes

from kanalo.report.toolkit.ticks import MAX_TICKS, find_date_ticks

WIDE = (900, 470)
NARROW = (380, 560)
"""Sizes in CSS pixels: one for desks, one for telephones."""


def is_narrow(size: tuple[int, int]) -> bool:
    """Tell whether a figure is drawn for a telephone."""
    return size[0] < 500


def dress_dates(axes: Axes, days: npt.NDArray[np.datetime64], at_most: int = MAX_TICKS) -> None:
    """Label a time axis with few, round dates.

    Parameters
    ----------
    axes : Axes
        Whose horizontal axis counts days.
    days : datetime64[D] array of shape (n,)
        Ascending.
    at_most : int
        Most labels.
    """
    span = (pd.Timestamp(days[0]), pd.Timestamp(days[-1]))
    times, labels = find_date_ticks(*span, at_most)
    axes.set_xticks([np.datetime64(time, "D") for time in times], labels)
    if len(days) > 1:
        axes.set_xlim(*mdates.date2num(days[[0, -1]]))  # type: ignore[no-untyped-call]


def shorten(label: str, width: int) -> str:
    """Cut the middle out of a long label: names of variants often differ at their ends.

    Parameters
    ----------
    label : str
        Any text.
    width : int
        Most characters.

    Returns
    -------
    str
        The label, with an ellipsis in its middle where it was too long.

    Examples
    --------
    >>> shorten("rising_channel_breakout", 15)
    'rising_…reakout'
    """
    if len(label) <= width:
        return label
    head = (width - 1) // 2
    return f"{label[:head]}…{label[len(label) - (width - 1 - head) :]}"
