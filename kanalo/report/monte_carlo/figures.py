"""Fans of a Monte Carlo: quantiles of equity and drawdown day by day, and the real result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from kanalo.report.toolkit.canvas import open_figure, to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kanalo.monte_carlo import MonteCarlo

_BAND, _MIDDLE, _REAL = "#4c78a8", "#274b73", "#b3261e"
_WIDE, _NARROW = (900, 520), (380, 520)
_TITLE = "Equity and drawdown of the paths"


def draw_fans(result: MonteCarlo) -> tuple[tuple[str, str], bytes]:
    """Draw the same thrice: ``<svg>`` elements for desks and for telephones, and a PNG file."""
    with open_figure(*_WIDE) as figure:
        draw_panels(figure, result)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=144, facecolor="white", metadata={"Software": None})
        wide = to_svg(figure, _TITLE)
    with open_figure(*_NARROW) as figure:
        draw_panels(figure, result)
        for axes in figure.axes:
            locator = AutoDateLocator(maxticks=5)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(locator)
        return (wide, to_svg(figure, _TITLE)), file.getvalue()


def draw_panels(figure: Figure, result: MonteCarlo) -> None:
    """Draw both fans into an empty figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Gets two panels.
    result : MonteCarlo
        The paths.
    """
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _draw_fan(top, result.equity_fan(), "Equity over its start")
    if float(result.equity_fan().to_numpy().min()) > 0:
        top.set_yscale("log")
        top.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        top.yaxis.set_minor_formatter(NullFormatter())
    top.legend(loc="upper left", fontsize=9, ncols=2)
    _draw_fan(bottom, result.drawdown_fan(), "Drawdown")
    bottom.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def _draw_fan(axes: Axes, fan: pd.DataFrame, title: str) -> None:
    days = fan.index.tz_localize(None).to_numpy()  # type: ignore[attr-defined]
    for low, high, strength in ((0.05, 0.95, 0.2), (0.25, 0.75, 0.35)):
        label = f"{100 * (high - low):.0f} % of the paths"
        axes.fill_between(
            days, fan[low], fan[high], color=_BAND, alpha=strength, linewidth=0, label=label
        )
    axes.plot(days, fan[0.5], color=_MIDDLE, linewidth=1.2, label="median path")
    axes.plot(days, fan["actual"], color=_REAL, linewidth=1.4, label="real market")
    axes.set_title(title, loc="left", fontsize=11)
