"""Static figures in the quality of a paper, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from kanalo.report.canvas import INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.groups import HOLDING, RANDOM, Entry, Group

FloatArray = npt.NDArray[np.float64]

WIDE = (880, 460)
NARROW = (380, 520)
"""Sizes in CSS pixels: one for desks, one for telephones."""

_POINTS = 350  # pairs of extremes per line: two to a pixel of the widest figure


def draw_equity(group: Group, size: tuple[int, int] = WIDE) -> str:
    """Draw the equity of all results on a log scale with their drawdowns under it.

    Parameters
    ----------
    group : Group
        Results of one market and cost set.
    size : tuple of int
        Width and height in CSS pixels; below 500 the legend goes under the axes.

    Returns
    -------
    str
        An ``<svg>`` element. Equity is the multiple of its start at the close of each UTC day and
        ends where an account is ruined; drawdowns are fractions below the highest close so far.
    """
    with open_figure(*size) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(7, 3))
        lines = [(entry, *_to_multiples(entry)) for entry in group.results]
        for rank, (entry, days, multiples) in enumerate(lines):
            style = to_style(entry, rank)
            upper.plot(*_thin(days, multiples), **style)
            lower.plot(*_thin(days, _to_drawdown(multiples)), **style)
        _dress_equity(upper, lower, lines)
        _add_legend(figure, upper, lines, size)
        return to_svg(figure, f"Equity and drawdown on {group.title}")


def to_style(entry: Entry, rank: int) -> dict[str, Any]:
    """Choose colour and weight of a result's line: rules in colour, yardsticks in grey."""
    if entry["role"] == HOLDING:
        return {"color": INK, "linewidth": 1.5, "linestyle": (0, (4, 1.5)), "label": entry["label"]}
    if entry["role"] == RANDOM:
        return {"color": MUTED, "linewidth": 0.8, "label": entry["label"]}
    return {"color": SERIES[rank % len(SERIES)], "label": entry["label"]}


def _to_multiples(entry: Entry) -> tuple[npt.NDArray[np.datetime64], FloatArray]:
    days = np.array(entry["equity"]["dates"], dtype="datetime64[D]")
    values = np.array(entry["equity"]["values"], dtype=np.float64)
    solvent = np.logical_and.accumulate(~(values <= 0))
    return days, np.where(solvent, values, np.nan) / entry["cash"]


def _to_drawdown(multiples: FloatArray) -> FloatArray:
    peak = np.fmax.accumulate(np.fmax(multiples, 1.0))
    return multiples / peak - 1


def _thin(days: npt.NDArray[Any], values: FloatArray) -> tuple[npt.NDArray[Any], FloatArray]:
    """Keep the lowest and the highest value of each stretch, in their order."""
    if len(values) <= 2 * _POINTS:
        return days, values
    parts = np.array_split(np.arange(len(values)), _POINTS)
    low = [part[np.argmin(np.nan_to_num(values[part], nan=np.inf))] for part in parts]
    high = [part[np.argmax(np.nan_to_num(values[part], nan=-np.inf))] for part in parts]
    keep = np.unique([0, *low, *high, len(values) - 1])
    return days[keep], values[keep]


def _dress_equity(upper: Axes, lower: Axes, lines: Sequence[tuple[Any, ...]]) -> None:
    values = np.concatenate([multiples for _, _, multiples in lines])
    upper.set_yscale("log")
    ticks = find_log_ticks(float(np.nanmin(values)), float(np.nanmax(values)))
    upper.yaxis.set_major_locator(FixedLocator(ticks))
    upper.yaxis.set_minor_locator(NullLocator())
    upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    upper.set_ylabel("Equity, multiple of start (log)")
    lower.set_ylabel("Drawdown")
    lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    lower.set_ylim(top=0)
    dress_dates(lower)


def dress_dates(axes: Axes) -> None:
    """Label a time axis with few, short dates."""
    locator = dates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.margins(x=0.005)


def find_log_ticks(low: float, high: float) -> list[float]:
    """Choose about four to eight round ticks on a log axis.

    Examples
    --------
    >>> find_log_ticks(0.4, 12.0)
    [0.5, 1.0, 2.0, 5.0, 10.0]
    """
    steps: tuple[tuple[float, ...], ...] = (
        (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
        (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
        (1, 1.5, 2, 3, 5, 7),
        (1, 2, 5),
        (1, 3),
        (1,),
    )
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for step in steps:
        ticks = [round(s * 10.0**d, 12) for d in decades for s in step]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= 8:
            break
    return ticks


def _add_legend(
    figure: Figure, axes: Axes, lines: Sequence[tuple[Any, ...]], size: tuple[int, int]
) -> None:
    ends = [multiples[~np.isnan(multiples)] for _, _, multiples in lines]
    order = sorted(range(len(lines)), key=lambda i: -(ends[i][-1] if len(ends[i]) else 0.0))
    handles, labels = axes.get_legend_handles_labels()
    narrow = size[0] < 500
    figure.legend(
        [handles[i] for i in order],
        [shorten(labels[i], 22 if narrow else 24) for i in order],
        loc="outside lower left" if narrow else "outside right upper",
        ncols=2 if narrow else 1,
        handlelength=1.4,
        columnspacing=1.0,
    )


def shorten(label: str, width: int) -> str:
    """Cut a label with an ellipsis, so that a long name cannot squeeze the axes."""
    return label if len(label) <= width else label[: width - 1] + "…"
