"""Figures that methods of results return: matplotlib, on white, without pyplot's global state."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from kanalo.analyzers.drawdowns import to_drawdown
from kanalo.analyzers.statistics import get_statistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kanalo.execution.result import Result
    from kanalo.experiment.comparison import Comparison, Run
    from kanalo.walk_forward import WalkForward

_STYLE: Any = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "font.size": 10,
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "text.parse_math": False,
}
_WIDTH = 10.0
_HOLDING, _LONG, _SHORT = "#9a9a9a", "#1a7f37", "#b3261e"


class Plot(Figure):
    """A figure that notebooks draw and scripts save; made without pyplot."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=100, facecolor="white")
        return file.getvalue()


@contextmanager
def open_plot(height: float, width: float = _WIDTH) -> Iterator[Plot]:
    """Give an empty figure whose panels are drawn in the style of the plots.

    Parameters
    ----------
    height, width : float
        In inches.

    Returns
    -------
    iterator of Plot
        The figure with its panels and colours.
    """
    with mpl.rc_context(_STYLE):
        yield Plot(figsize=(width, height), layout="constrained")


def plot_result(result: Result) -> Figure:
    """Draw the equity, the drawdown, and the price with every trade.

    Parameters
    ----------
    result : Result
        The run.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels over one axis of time (UTC); grey: the same cash in the market.
    """
    with open_plot(8.0) as figure:
        axes = figure.subplots(3, 1, sharex=True, height_ratios=(4, 2, 4))
        close = result.market.bars["close"]
        hold = result.cash * close / float(result.market.bars["open"].iloc[0])
        axes[0].plot(hold.index, hold, color=_HOLDING, label="buy and hold")
        axes[0].plot(result.equity.index, result.equity, label=result.strategy)
        axes[0].set(title=f"{result.strategy} on {_name(result)}", ylabel="Equity")
        axes[0].legend(loc="upper left")
        _draw_drawdown(axes[1], result)
        axes[2].plot(close.index, close, color=_HOLDING, linewidth=0.9)
        axes[2].set(ylabel="Price")
        _mark_trades(axes[2], result.trades)
        return figure


def plot_comparison(comparison: Comparison) -> Figure:
    """Draw the equity of every run as a multiple of its cash, and the drawdowns.

    Parameters
    ----------
    comparison : Comparison
        The runs; each market and cost set has a column of its own.

    Returns
    -------
    matplotlib.figure.Figure
        Multiples on a log scale above, drawdowns below.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in comparison.runs:
        groups.setdefault((run.market, run.costs), []).append(run)
    with open_plot(6.0, max(_WIDTH, 6.0 * len(groups))) as figure:
        grid = figure.subplots(2, len(groups), sharex="col", squeeze=False, height_ratios=(3, 1.5))
        for column, (key, runs) in enumerate(groups.items()):
            _draw_group(grid[0][column], grid[1][column], " / ".join(key), runs)
        return figure


def plot_walk_forward(result: WalkForward) -> Figure:
    """Draw the equity of all tests together, with a line where parameters were chosen anew.

    Parameters
    ----------
    result : WalkForward
        The test.

    Returns
    -------
    matplotlib.figure.Figure
        Equity above, the efficiency of each test below.
    """
    with open_plot(6.0) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.5))
        upper.plot(result.equity.index, result.equity)
        upper.set(title=f"{result.strategy}, out of sample", ylabel="Equity")
        starts = [fold.test_start for fold in result.folds]
        for start in starts:
            upper.axvline(start, color=_HOLDING, linewidth=0.6)
        sharpes = [fold.out_of_sample[result.select] for fold in result.folds]
        lower.plot(starts, sharpes, "o", markersize=5)
        lower.axhline(0, color=_HOLDING, linewidth=0.8)
        lower.set(ylabel=get_statistic(result.select).label)
        return figure


def _draw_group(upper: Axes, lower: Axes, title: str, runs: Iterable[Run]) -> None:
    for run in runs:
        result, style = run.result, ":" if run.matches else "-"
        line = (result.equity / result.cash).where(result.equity > 0)
        upper.plot(line.index, line, label=run.label, linestyle=style)
        fall = to_drawdown(result.equity, result.cash)
        lower.plot(fall.index, fall, linewidth=0.9, linestyle=style)
    upper.set(title=title, ylabel="Equity, multiple of its cash", yscale="log")
    for axis in (upper.yaxis.set_major_formatter, upper.yaxis.set_minor_formatter):
        axis(FuncFormatter(lambda value, _: f"{value:g}"))
    upper.legend(loc="upper left", fontsize=8)
    lower.set(ylabel="Drawdown")
    lower.yaxis.set_major_formatter(PercentFormatter(1.0))


def _draw_drawdown(axes: Axes, result: Result) -> None:
    fall = to_drawdown(result.equity, result.cash)
    axes.fill_between(fall.index, fall, 0, color=_SHORT, alpha=0.35, linewidth=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(ylabel="Drawdown")


def _mark_trades(axes: Axes, trades: pd.DataFrame) -> None:
    """Mark every entry with a triangle in its direction and every exit with a cross."""
    for side, marker, color in ((1, "^", _LONG), (-1, "v", _SHORT)):
        some = trades[trades["side"] == side]
        label = f"{'long' if side > 0 else 'short'} entries"
        if len(some):
            axes.scatter(
                some["entry_time"], some["entry_price"], s=28, c=color, marker=marker, label=label
            )
    closed = trades[trades["exit_time"].notna()]
    if len(closed):
        axes.scatter(
            closed["exit_time"], closed["exit_price"], s=18, c="black", marker="x", label="exits"
        )
    if len(trades):
        axes.legend(loc="upper left", fontsize=8)


def _name(result: Result) -> str:
    return result.market.name or result.market.symbol
