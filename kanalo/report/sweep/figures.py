"""Figures of a sweep: a statistic over one parameter or over a pair of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from kanalo.analyzers.statistics import Statistic, get_statistic
from kanalo.report.toolkit.axes import WIDE, dress_dates, is_narrow
from kanalo.report.toolkit.canvas import INK, MUTED, ON_PAPER, SERIES, open_figure, to_svg
from kanalo.report.toolkit.formats import format_plain, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.ticks import find_log_ticks
from kanalo.typing import FloatArray

SIZE = (640, 420)
_NARROW_SIZE = (380, 360)
_MAX_TICKS = 12
_MOST_NUMBERS = 12
_FEW_NUMBERS = 9
_PIXELS = 72
_BRIGHT = 0.55
_RASTER_CELLS = 2_500
_DPI = 144


@dataclass(frozen=True)
class Drawing:
    """One figure thrice: ``<svg>`` elements for desks and telephones, and a PNG for anywhere."""

    svg: str
    narrow: str
    png: bytes


def draw_heatmap(heatmap: Model, statistic: str) -> Drawing:
    """Draw one entry of a sweep model's ``heatmaps``; bright is better.

    Parameters
    ----------
    heatmap : mapping
        Of the kind ``cells`` (a value for each pair), ``points`` (random draws) or ``line`` (one
        parameter).
    statistic : str
        Its key.

    Returns
    -------
    Drawing
        The figure as SVG and as PNG.
    """
    title = f"{get_statistic(statistic).label} over {heatmap['x']} {heatmap['y']}".strip()
    with open_figure(*SIZE) as figure:
        _draw_heatmap(figure, heatmap, statistic)
        wide, png = to_svg(figure, title), _to_png(figure)
    with open_figure(*_NARROW_SIZE) as figure:
        _draw_heatmap(figure, heatmap, statistic)
        return Drawing(wide, to_svg(figure, title), png)


def _draw_heatmap(figure: Figure, heatmap: Model, statistic: str) -> None:
    shown = get_statistic(statistic)
    axes = figure.subplots()
    axes.grid(visible=False)
    _DRAWERS[heatmap["kind"]](figure, axes, heatmap, shown)
    axes.set_xlabel(heatmap["x"])
    axes.set_ylabel(heatmap["y"] or shown.label)
    axes.set_title(shown.label if heatmap["y"] else "", loc="left", fontsize=11)


def _draw_cells(figure: Figure, axes: Axes, heatmap: Model, shown: Statistic) -> None:
    cells = np.array(heatmap["values"], dtype=np.float64)
    drawn = axes.pcolormesh(
        np.ma.masked_invalid(cells),
        cmap=_to_map(shown),
        rasterized=cells.size > _RASTER_CELLS,
    )
    xs, ys = heatmap["x_values"], heatmap["y_values"]
    _label(axes, "x", xs)
    _label(axes, "y", ys)
    _write_cells(figure, axes, cells, shown)
    _frame(axes, xs.index(heatmap["best"][0]), ys.index(heatmap["best"][1]))
    _add_bar(figure, axes, drawn, shown)


def _write_cells(figure: Figure, axes: Axes, cells: FloatArray, shown: Statistic) -> None:
    """Write each value into its cell, where there is room; dark on bright cells, bright on dark."""
    rows, columns = cells.shape
    room = _MOST_NUMBERS if figure.get_figwidth() * _PIXELS > _NARROW_SIZE[0] else _FEW_NUMBERS
    if columns > room or rows > 2 * _MOST_NUMBERS:
        return
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    for (row, column), value in np.ndenumerate(cells):
        if np.isnan(value):
            continue
        bright = (value - low) / ((high - low) or 1.0)
        bright = bright if shown.better > 0 else 1 - bright
        axes.text(
            column + 0.5,
            row + 0.5,
            format_value(float(value), shown.unit),
            ha="center",
            va="center",
            fontsize=_choose_font(columns, room),
            color="black" if bright > _BRIGHT else "white",
        )


def _choose_font(columns: int, room: int) -> int:
    """Choose a size at which a number fits into its cell."""
    if room == _MOST_NUMBERS:
        return 9 if columns <= 8 else 8
    return 9 if columns <= 6 else 7


def draw_neighbours(curves: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the equity of the best set over that of its neighbours, on a log scale.

    Parameters
    ----------
    curves : mapping
        A sweep model's ``curves``.
    size : tuple of int
        Width in CSS pixels; the height is fixed.

    Returns
    -------
    str
        An ``<svg>`` element: multiples of the start at the close of each UTC day.
    """
    narrow = is_narrow(size)
    with open_figure(size[0], 300, (58, 8, 8, 24)) as figure:
        axes = figure.subplots()
        days = np.array(curves["dates"], dtype="datetime64[D]")
        lines = [np.array(each["values"], dtype=np.float64) for each in curves["neighbours"]]
        for number, values in enumerate(lines):
            label = "one step away" if not number else "_"
            axes.plot(days, values, color=MUTED, linewidth=0.8, linestyle="--", label=label)
        best = np.array(curves["best"]["values"], dtype=np.float64)
        axes.plot(days, best, color=SERIES[0], linewidth=1.8, label="best set")
        axes.set_yscale("log")
        every = np.concatenate([best, *lines])
        ticks = find_log_ticks(float(np.nanmin(every)), float(np.nanmax(every)))
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        axes.set_ylabel("Equity (log)")
        dress_dates(axes, days, 4 if narrow else 8)
        axes.legend(loc="upper left", **ON_PAPER)
        return to_svg(figure, "Equity of the best set and of its neighbours")


def _draw_points(figure: Figure, axes: Axes, heatmap: Model, shown: Statistic) -> None:
    points = heatmap["points"]
    xs, ys = (_to_numbers([point[i] for point in points]) for i in range(2))
    values = np.array([point[2] for point in points], dtype=np.float64)
    drawn = axes.scatter(xs, ys, c=values, cmap=_to_map(shown), s=16, linewidths=0)
    best = int(np.argmax(values * shown.better))
    _ring(axes, xs[best], ys[best])
    _add_bar(figure, axes, drawn, shown)


def _draw_line(figure: Figure, axes: Axes, heatmap: Model, shown: Statistic) -> None:
    del figure
    xs = heatmap["x_values"]
    values = np.array(heatmap["values"], dtype=np.float64)
    axes.plot(np.arange(len(xs)) + 0.5, values, color=SERIES[0], marker="o", markersize=3)
    _label(axes, "x", xs)
    axes.yaxis.set_major_formatter(_to_formatter(shown))
    best = xs.index(heatmap["best"][0])
    _ring(axes, best + 0.5, float(values[best]))


_DRAWERS = {"cells": _draw_cells, "points": _draw_points, "line": _draw_line}


def _to_map(shown: Statistic) -> str:
    return "viridis" if shown.better > 0 else "viridis_r"


def _label(axes: Axes, which: str, values: Sequence[Any]) -> None:
    """Label the middles of cells, few enough of them to be read."""
    step = -(-len(values) // _MAX_TICKS)
    places = range(0, len(values), step)
    labels = [format_plain(values[place]) for place in places]
    axes.set(**{f"{which}ticks": [place + 0.5 for place in places], f"{which}ticklabels": labels})


def _frame(axes: Axes, column: int, row: int) -> None:
    """Frame a cell, so that its number stays legible."""
    for width, color in ((5.0, "white"), (2.2, INK)):
        axes.add_patch(
            Rectangle(
                (column, row), 1, 1, fill=False, edgecolor=color, linewidth=width,
                clip_on=False, zorder=3,
            )
        )  # fmt: skip


def _ring(axes: Axes, x: float, y: float) -> None:
    for width, color in ((4.0, "white"), (1.8, INK)):
        axes.plot([x], [y], "o", markersize=13, fillstyle="none", color=color, mew=width)


def _add_bar(figure: Figure, axes: Axes, drawn: Any, shown: Statistic) -> None:
    bar = figure.colorbar(drawn, ax=axes, format=_to_formatter(shown))
    bar.ax.grid(visible=False)


def _to_formatter(shown: Statistic) -> FuncFormatter:
    return FuncFormatter(lambda value, _: format_value(value, shown.unit))


def _to_numbers(values: Sequence[Any]) -> list[float]:
    """Return numbers as they are, and words by their place among the words."""
    if all(isinstance(value, (int, float)) for value in values):
        return [float(value) for value in values]
    order = {value: i for i, value in enumerate(dict.fromkeys(map(str, values)))}
    return [float(order[str(value)]) for value in values]


def _to_png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    return file.getvalue()
