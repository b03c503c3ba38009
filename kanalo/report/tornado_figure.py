"""The tornado: what each assumption does to the main statistics, as bars from the run's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kanalo.analyzers.statistics import Statistic, get_statistic
from kanalo.report.canvas import BAD, GOOD, INK, MUTED, open_figure, to_svg
from kanalo.report.figures import WIDE, is_narrow, shorten
from kanalo.report.formats import NBSP, format_percent, format_value
from kanalo.report.groups import Model

_HEIGHT = 21
_NAMES = {
    "total_return": "Return",
    "cagr": "CAGR",
    "sharpe_ratio": "Sharpe ratio",
    "max_drawdown": "Worst drawdown",
}


def draw_tornado(tornado: Model, title: str, width: int = WIDE[0]) -> str:
    """Draw the changes of the main statistics under every changed assumption.

    Parameters
    ----------
    tornado : mapping
        Of `kanalo.judgement.tornado.Tornado.to_dict`.
    title : str
        Whose it is: a strategy, a market.
    width : int
        In CSS pixels; below 500 the panels stand in two columns.

    Returns
    -------
    str
        An ``<svg>`` element with a panel for each statistic. Bars reach from the run's own value
        (the line) to that under the assumption, in the colour of better or worse; assumptions that
        move the Sharpe ratio most stand at the top. A change that is not defined has no bar.
    """
    statistics = list(tornado["base"])
    rows = sort_variations(tornado)
    columns = 2 if is_narrow((width, 0)) else len(statistics)
    lines = -(-len(statistics) // columns)
    height = lines * (64 + _HEIGHT * len(rows))
    with open_figure(width, height) as figure:
        panels = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
        for axes, key in zip(panels, statistics, strict=False):
            _draw_panel(axes, get_statistic(key), tornado["base"][key], rows)
        for axes in panels[len(statistics) :]:
            axes.set_visible(False)
        panels[0].set_yticks(range(len(rows)), [shorten(row["label"], 24) for row in rows])
        panels[0].invert_yaxis()  # the panels share it
        return to_svg(figure, f"Assumptions of {title}")


def sort_variations(tornado: Model) -> list[dict[str, Any]]:
    """Sort the variations by how far they move the Sharpe ratio, the farthest first."""

    def reach(row: dict[str, Any]) -> float:
        change = row["changes"].get("sharpe_ratio")
        return 0.0 if _is_missing(change) else -abs(change)

    return sorted(tornado["variations"], key=reach)


def _draw_panel(
    axes: Axes, shown: Statistic, base: float | None, rows: list[dict[str, Any]]
) -> None:
    for place, row in enumerate(rows):
        change = row["changes"][shown.key]
        if base is None or not change or _is_missing(change) or _is_missing(base):
            continue
        better = change * shown.better > 0
        axes.barh([place], [change], left=[base], height=0.62, color=GOOD if better else BAD)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_value(value, shown.unit)))
    axes.set_xlabel(f"{_NAMES.get(shown.key, shown.key)}{_to_unit(shown)}")
    if not _is_missing(base):
        axes.axvline(float(base or 0.0), color=INK, linewidth=0.8)
        axes.set_title(_format(base, shown), fontsize=11, color=MUTED, loc="left")
    axes.margins(x=0.1)


def _format(value: float | None, shown: Statistic) -> str:
    text = format_percent(value) if shown.unit == "fraction" else format_value(value, shown.unit)
    return f"as run: {text}"


def _to_unit(shown: Statistic) -> str:
    return f",{NBSP}%" if shown.unit == "fraction" else ""


def _is_missing(value: float | None) -> bool:
    return value is None or bool(np.isnan(value))
