"""Figures of a search: what each parameter decides, and the objective over two of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from kanalo.analyzers.statistics import get_statistic
from kanalo.report.toolkit.canvas import open_figure, to_svg
from kanalo.sweep import rank
from kanalo.sweep.result import to_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kanalo.search.result import SearchResult

_SIZE, _WIDE = (560, 260), (560, 420)
_LEVELS = 12


def draw_importance(result: SearchResult) -> tuple[str, bytes] | None:
    """Draw the share of each parameter, once for each objective; None where nothing is known."""
    if not result.importance:
        return None
    with open_figure(*_SIZE) as figure:
        axes = figure.subplots()
        names = list(result.swept.grid.axes)
        height = 0.8 / len(result.importance)
        for i, (key, shares) in enumerate(result.importance.items()):
            places = np.arange(len(names)) + i * height
            widths = [shares[name] for name in names]
            axes.barh(places, widths, height, label=get_statistic(key).label)
        axes.set_yticks(np.arange(len(names)) + 0.4 - height / 2, names)
        axes.set_xlabel("Importance")
        axes.set_xlim(0, 1)
        axes.legend(loc="lower right", fontsize=8)
        return _save(figure, "Importance of the parameters")


def draw_contour(result: SearchResult) -> tuple[str, bytes] | None:
    """Draw the first objective over two numeric parameters; None where sets span no area."""
    pair, points = find_points(result)
    if points is None:
        return None
    with open_figure(*_WIDE) as figure:
        axes = figure.subplots()
        _fill(axes, points, get_statistic(result.by[0]).label)
        axes.set_xlabel(pair[0])
        axes.set_ylabel(pair[1])
        return _save(figure, f"{result.by[0]} over {pair[0]} and {pair[1]}")


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


def _save(figure: Any, title: str) -> tuple[str, bytes]:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=144, facecolor="white", metadata={"Software": None})
    return to_svg(figure, title), file.getvalue()
