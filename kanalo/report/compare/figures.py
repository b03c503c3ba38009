"""Static figures that compare the results of a group, in the quality of a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from kanalo.report.compare.groups import HOLDING, RANDOM, Group, find_banded, has_traded
from kanalo.report.compare.schema import ResultModel
from kanalo.report.toolkit.axes import WIDE, dress_dates, is_narrow, shorten
from kanalo.report.toolkit.canvas import INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.series import thin, to_days, to_drawdown, to_multiples
from kanalo.report.toolkit.ticks import MAX_TICKS, find_log_ticks
from kanalo.typing import FloatArray


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
    n_named = len({style["label"] for style in to_styles(group)} - {"_hidden"})
    left, right, _, _ = _to_margins(size, n_named)
    stretches = (size[0] - left - right) // 2  # two points each: one to a pixel
    with open_figure(*size, _to_margins(size, n_named)) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(7, 3))
        figure.subplots_adjust(hspace=0.08)
        lines = [(to_days(entry), to_multiples(entry)) for entry in group.results]
        band = _draw_band(upper, find_banded(group))
        for (days, multiples), style in zip(lines, to_styles(group), strict=True):
            upper.plot(*thin(days, multiples, stretches), **style)
            lower.plot(*thin(days, to_drawdown(multiples), stretches), **style)
        _dress_equity(upper, lower, np.concatenate([*(line for _, line in lines), band]))
        dress_dates(lower, lines[0][0], 6 if is_narrow(size) else MAX_TICKS)
        _add_legend(figure, upper, [_last(multiples) for _, multiples in lines], size)
        return to_svg(figure, f"Equity and drawdown on {group.title}")


def _draw_band(axes: Axes, entry: ResultModel | None) -> FloatArray:
    """Shade where the random entries of a rule stand, their median a line; return its ends."""
    band = None if entry is None else entry["random_band"]
    if band is None:
        return np.empty(0)
    days = np.array(band["dates"], dtype="datetime64[D]")
    low, median, high = (
        np.maximum(np.array(band[key], dtype=np.float64), _LEAST)
        for key in ("low", "median", "high")
    )
    axes.fill_between(days, low, high, color=MUTED, alpha=0.16, linewidth=0, zorder=1)
    axes.plot(days, median, color=MUTED, linewidth=0.9, linestyle=(0, (1, 1)), label="_median")
    return np.array([low[-1], high[-1]])


_LEAST = 1e-3
"""Lowest multiple that a band is drawn at: ruin has no place on a log axis."""


def draw_rolling_sharpe(group: Group, size: tuple[int, int] = WIDE) -> str:
    """Draw the rolling Sharpe ratio of each rule in a panel of its own, over that of holding.

    Parameters
    ----------
    group : Group
        Results of one market and cost set.
    size : tuple of int
        Width and height in CSS pixels; the height grows with the number of rules.

    Returns
    -------
    str
        An ``<svg>`` element with panels of equal scale; lines break where the ratio is undefined.
    """
    columns = 2 if is_narrow(size) else 3
    shown = list(group.rules or group.results)
    rows = -(-len(shown) // columns)
    with open_figure(size[0], 50 + 115 * rows, (42, 6, 22, 24)) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        figure.subplots_adjust(hspace=0.32, wspace=0.06)
        styles = dict(zip(map(id, group.results), to_styles(group), strict=True))
        for axes, entry in zip(panels, shown, strict=False):
            _draw_sharpe(axes, group.holding, MUTED, size[0] // columns)
            _draw_sharpe(axes, entry, styles[id(entry)]["color"], size[0] // columns)
            axes.set_title(shorten(entry["label"], 24), fontsize=11, loc="left")
            axes.axhline(0, color=INK, linewidth=0.6)
        # the panels share their axes
        dress_dates(panels[0], to_days(shown[0]), 3 if is_narrow(size) else 5)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        return to_svg(figure, f"Rolling Sharpe ratio on {group.title}")


def _draw_sharpe(axes: Axes, entry: ResultModel | None, color: str, width: int) -> None:
    if entry is not None:
        values = np.array(entry["rolling_sharpe"]["values"], dtype=np.float64)
        axes.plot(*thin(to_days(entry), values, width // 4), color=color, linewidth=0.9)


def draw_scatter(group: Group, size: tuple[int, int] = (560, 400)) -> str:
    """Draw annual growth against the worst drawdown; up and right is better.

    Parameters
    ----------
    group : Group
        Results of one market and cost set.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element. Random entries are crosses without a name, holding is a diamond;
        results without a trade or without either figure are left out.
    """
    with open_figure(*size, (62, 8, 8, 42)) as figure:
        axes = figure.subplots()
        points = []
        for entry, style in zip(group.results, to_styles(group), strict=True):
            x, y = (entry["statistics"].get(key) for key in ("max_drawdown", "cagr"))
            if x is None or y is None or not has_traded(entry):
                continue
            axes.plot([x], [y], _MARKERS.get(entry["role"], "o"), color=style["color"])
            if entry["role"] != RANDOM:
                points.append((float(x), float(y), shorten(str(entry["label"]), 26)))
        _dress_scatter(axes, 5 if is_narrow(size) else 8)
        _place_labels(figure, axes, points)
        return to_svg(figure, f"Growth against drawdown on {group.title}")


_MARKERS = {HOLDING: "D", RANDOM: "x"}


DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.4, 1.2)), (0, (6, 1.5, 1.4, 1.5)))
"""Line styles in turn, so that neighbours are told apart by more than hue."""


def to_dash(number: int) -> Any:
    """Return the line style of a rule by its number.

    Neighbours differ, and so do the numbers whose colours are alike to colour-blind readers.

    Examples
    --------
    >>> to_dash(0) == to_dash(1)
    False
    """
    return DASHES[_TURNS[number % len(_TURNS)]]


_TURNS = (0, 1, 2, 3, 1, 2, 3, 0, 3, 1, 0, 2)
"""Line style of each colour of `SERIES`."""


_LEGEND_ROW = 16
_AXIS, _LEGEND = 70, 190


def _to_margins(size: tuple[int, int], n_named: int) -> tuple[int, int, int, int]:
    """Leave room for the legend: beside the axes on a desk, under them on a telephone."""
    if is_narrow(size):
        return _AXIS, 8, 6, 30 + _LEGEND_ROW * -(-n_named // 2)
    return _AXIS, _LEGEND, 6, 24


def to_styles(group: Group) -> list[dict[str, Any]]:
    """Choose colour and weight of every line: rules in colour, yardsticks in grey and dashes.

    Random entries share one label; those after the first carry none, which keeps legends short.
    """
    colors = {id(entry): SERIES[i % len(SERIES)] for i, entry in enumerate(group.rules)}
    dashes = {id(entry): to_dash(i) for i, entry in enumerate(group.rules)}
    randoms = [id(entry) for entry in group.results if entry["role"] == RANDOM]
    styles = []
    for entry in group.results:
        style: dict[str, Any] = {"color": colors.get(id(entry), MUTED), "label": _to_label(entry)}
        if id(entry) in dashes:
            style["linestyle"] = dashes[id(entry)]
        if entry["role"] == HOLDING:
            dash = "-" if entry is group.holding else (0, (2.5, 1.2))
            style |= {"color": INK, "linewidth": 1.7, "linestyle": dash}
        elif id(entry) in randoms:
            named = len(randoms) > 1 and id(entry) == randoms[0]
            label = f"random entries ({len(randoms)})" if named else _to_label(entry)
            hidden = len(randoms) > 1 and not named
            style |= {"linewidth": 0.7, "zorder": 1.5, "label": "_hidden" if hidden else label}
        styles.append(style)
    return styles


def _to_label(entry: ResultModel) -> str:
    """Guard a leading underscore, which tells matplotlib to leave a line out of the legend."""
    label = str(entry["label"])
    return f"\N{ZERO WIDTH SPACE}{label}" if label.startswith("_") else label


def _dress_equity(upper: Axes, lower: Axes, values: FloatArray) -> None:
    upper.set_yscale("log")
    ticks = find_log_ticks(float(np.nanmin(values)), float(np.nanmax(values)))
    upper.yaxis.set_major_locator(FixedLocator(ticks))
    upper.yaxis.set_minor_locator(NullLocator())
    upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    upper.set_ylabel("Equity, multiple of start (log)")
    lower.set_ylabel("Drawdown")
    lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    lower.set_ylim(top=0)


def _dress_scatter(axes: Axes, at_most: int) -> None:
    percent = PercentFormatter(1.0, decimals=0, symbol=" %")
    axes.xaxis.set_major_locator(MaxNLocator(at_most))
    axes.xaxis.set_major_formatter(percent)
    axes.yaxis.set_major_formatter(percent)
    axes.set_xlabel("Worst drawdown")
    axes.set_ylabel("CAGR")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.margins(x=0.08, y=0.12)


def _place_labels(figure: Figure, axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Write names beside their points, pushed apart so that none covers another."""
    figure.draw_without_rendering()  # settles the layout, so that pixels mean something
    box = axes.get_window_extent()
    middle = np.mean(box.intervalx)
    points = sorted(points, key=lambda point: point[1])
    pixels = [axes.transData.transform(point[:2]) for point in points]
    heights = spread([float(pixel[1]) for pixel in pixels], 13.0, box.y1)
    for (x, y, label), (px, py), height in zip(points, pixels, heights, strict=True):
        left = px > middle
        axes.annotate(
            label,
            (x, y),
            xytext=(-9 if left else 9, height - py),
            textcoords="offset pixels",
            ha="right" if left else "left",
            va="center",
            fontsize=10.5,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.5, "shrinkB": 3},
        )


def spread(heights: Sequence[float], gap: float, top: float) -> list[float]:
    """Push rising heights apart: upwards first, then down again from the top.

    Parameters
    ----------
    heights : sequence of float
        Ascending places.
    gap : float
        Least distance between two of them.
    top : float
        The highest place that is allowed.

    Returns
    -------
    list of float
        The new places, in the same order.

    Examples
    --------
    >>> spread([0.0, 1.0, 50.0], 10.0, 100.0), spread([95.0, 95.0], 10.0, 100.0)
    ([0.0, 10.0, 50.0], [90.0, 100.0])
    """
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], placed[i + 1] - gap if i + 1 < len(placed) else top)
    return placed


def _last(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else -np.inf


def _add_legend(figure: Figure, axes: Axes, ends: Sequence[float], size: tuple[int, int]) -> None:
    """List the lines in the order in which they end, so that the legend reads like the figure."""
    drawn = [line for line in axes.get_lines() if line.get_label() != "_median"]
    lines = list(zip(drawn, ends, strict=True))
    named = [(line, end) for line, end in lines if not str(line.get_label()).startswith("_")]
    named.sort(key=lambda each: -each[1])
    narrow = is_narrow(size)
    figure.legend(
        [line for line, _ in named],
        [shorten(str(line.get_label()), 21 if narrow else 24) for line, _ in named],
        loc="lower left" if narrow else "upper right",
        ncols=2 if narrow else 1,
        handlelength=2.2,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
