"""The heatmap of a sweep: a statistic over two parameters, or over the only one that varies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kanalo.analyzers.statistics import get_statistic
from kanalo.arguments import check_names, show
from kanalo.errors import ParameterError
from kanalo.report.methods.plots import open_plot

if TYPE_CHECKING:
    from kanalo.sweep import SweepResult

_MAX_TICKS = 12
_MAX_CELLS = 60
"""Values of a parameter that are drawn as cells; more of them are drawn as points."""


def plot_heatmap(
    result: SweepResult, x: str | None = None, y: str | None = None, statistic: str = "sharpe_ratio"
) -> Figure:
    """Draw a statistic over two parameters, or over the only one that varies.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    x, y : str, optional
        Parameters of the grid; the first two that vary by default.
    statistic : str
        A key of `STATISTICS`.

    Returns
    -------
    matplotlib.figure.Figure
        A cell shows the median over all other parameters; random draws are points.

    Raises
    ------
    ParameterError
        If nothing varies, or a parameter is not one of those that vary.
    UnknownNameError
        If there is no such statistic.
    """
    shown = get_statistic(statistic)
    first, second = _choose(result, x, y)
    with open_plot(5.0, 7.5) as figure:
        axes = figure.subplots()
        axes.set(title=f"{result.strategy}: {shown.label}", xlabel=first, ylabel=shown.label)
        columns = [_to_column(result, name) for name in (first, second) if name]
        values = result.table[statistic].groupby([result.table[name] for name in columns]).median()
        if not second:
            axes.plot(values.index, values, marker="o", markersize=4)
            return figure
        axes.set(ylabel=second)
        _draw(figure, axes, values, "viridis" if shown.better >= 0 else "viridis_r")
        return figure


def list_varying(result: SweepResult) -> list[str]:
    """Return the parameters of a sweep that take more than one value, in the grid's order."""
    columns = {name: _to_column(result, name) for name in result.grid.axes}
    return [name for name, column in columns.items() if result.table[column].nunique() > 1]


def _choose(result: SweepResult, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the parameters of both axes; the second is empty if only one varies."""
    names = list_varying(result)
    if not names:
        raise ParameterError("heatmap(): no parameter of the sweep takes more than one value.")
    check_names(
        "heatmap(): the sweep",
        (each for each in (x, y) if each is not None),
        names,
        "varying parameter",
    )
    first = x or next(name for name in names if name != y or len(names) == 1)
    second = y or next((name for name in names if name != first), "")
    if first == second:
        raise ParameterError(f"heatmap(): 'x' and 'y' must differ; received {show(first)} twice.")
    return first, second


def _to_column(result: SweepResult, name: str) -> str:
    prefixed = f"param_{name}"
    return prefixed if prefixed in result.table.columns else name


def _draw(figure: Figure, axes: Axes, values: pd.Series[float], colors: str) -> None:
    cells = values.unstack(level=0)
    axes.grid(visible=False)
    if max(cells.shape) > _MAX_CELLS:
        xs, ys = (values.index.get_level_values(level) for level in (0, 1))
        drawn: Any = axes.scatter(xs, ys, c=values.to_numpy(), cmap=colors, s=16)
    else:
        masked = np.ma.masked_invalid(cells.to_numpy(np.float64))
        drawn = axes.imshow(masked, origin="lower", aspect="auto", cmap=colors)
        _label(axes, "x", list(cells.columns))
        _label(axes, "y", list(cells.index))
    figure.colorbar(drawn, ax=axes)


def _label(axes: Axes, which: str, values: Sequence[Any]) -> None:
    """Label at most twelve places of an axis with the values of a parameter."""
    places = list(range(0, len(values), -(-len(values) // _MAX_TICKS)))
    shown = [values[place] for place in places]
    labels = [f"{value:g}" if _is_number(value) else value for value in shown]
    axes.set(**{f"{which}ticks": places, f"{which}ticklabels": labels})


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
