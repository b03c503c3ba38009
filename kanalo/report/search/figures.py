"""Figures of a search: what each parameter decides, and the objective over two of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kanalo.analyzers.statistics import get_statistic
from kanalo.report.toolkit.canvas import open_figure, to_svg
from kanalo.sweep import rank
from kanalo.sweep.result import to_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kanalo.search.result import SearchResult

_WIDTHS = (900, 380)
"""CSS pixels: one for desks, one for telephones."""

_ROW, _CONTOUR_HEIGHT = 44, 330
_LEVELS = 12

Drawn = tuple[tuple[str, ...], bytes]
"""``<svg>`` elements for desks and for telephones, and a PNG file."""


def draw_importance(result: SearchResult) -> Drawn | None:
    """Draw the share of each parameter, once for each objective; None where nothing is known."""
    if not result.importance:
        return None
    names = list(result.swept.grid.axes)

    def draw(axes: Axes) -> None:
        height = 0.8 / len(result.importance)
        for i, (key, shares) in enumerate(result.importance.items()):
            places = np.arange(len(names)) + i * height
            widths = [shares[name] for name in names]
            axes.barh(places, widths, height, label=get_statistic(key).label)
        axes.set_yticks(np.arange(len(names)) + 0.4 - height / 2, names)
        axes.set_xlabel("Importance")
        axes.set_xlim(0, 1)
        axes.legend(loc="lower right", fontsize=8)

    return _draw_twice(draw, 60 + _ROW * len(names), "Importance of the parameters")


def draw_contour(result: SearchResult) -> Drawn | None:
    """Draw the first objective over two numeric parameters; None where sets span no area."""
    pair, points = find_points(result)
    if points is None:
        return None

    def draw(axes: Axes) -> None:
        _fill(axes, points, get_statistic(result.by[0]).label)
        axes.set_xlabel(pair[0])
        axes.set_ylabel(pair[1])

    return _draw_twice(draw, _CONTOUR_HEIGHT, f"{result.by[0]} over {pair[0]} and {pair[1]}")


def find_points(result: SearchResult) -> tuple[tuple[str, str], Any]:
    """Return two parameters and, at each pair of values, the best value of the first objective.

    Returns
    -------
    tuple of str
        The two numeric parameters of most importance; empty names where there are not two.
    float64 array of shape (n_points, 3), or None
        None for fewer than four points, or points on a line.
    """
    shares = result.importance.get(result.by[0], {})
    columns = dict(to_columns(tuple(result.swept.grid.axes)))
    numeric = [
        name
        for name, column in columns.items()
        if result.table[column].dtype.kind in "if" and result.table[column].nunique() > 1
    ]
    names = sorted(numeric, key=lambda name: -shares.get(name, 0.0))[:2]
    if len(names) < 2:
        return ("", ""), None
    order = rank(result.table, result.by[0])
    chosen = [columns[name] for name in names]
    table = result.table.iloc[order].drop_duplicates(chosen)
    points = table[[*chosen, result.by[0]]].to_numpy(np.float64)
    area = len(points) >= 4 and np.linalg.matrix_rank(points[:, :2] - points[0, :2]) == 2
    return (names[0], names[1]), points if area else None


def _fill(axes: Axes, points: Any, label: str) -> None:
    x, y, values = points.T
    if np.ptp(values) > 0:
        drawn = axes.tricontourf(x, y, values, levels=_LEVELS, cmap="viridis")
        axes.figure.colorbar(drawn, ax=axes, label=label)
    axes.plot(x, y, ".", color="white", markersize=2, alpha=0.7)
    axes.plot(x[:1], y[:1], "x", color="black", markersize=9)


def _draw_twice(draw: Callable[[Axes], None], height: int, title: str) -> Drawn:
    """Draw for desks, which gives the PNG file too, and for telephones."""
    svgs, file = [], io.BytesIO()
    for width in _WIDTHS:
        with open_figure(width, height) as figure:
            draw(figure.subplots())
            svgs.append(to_svg(figure, title))
            if not file.tell():
                figure.savefig(
                    file, format="png", dpi=144, facecolor="white", metadata={"Software": None}
                )
    return tuple(svgs), file.getvalue()
