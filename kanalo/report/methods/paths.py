"""What `MonteCarlo.plot` draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanalo.report.methods.plots import open_plot
from kanalo.report.monte_carlo.figures import draw_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kanalo.monte_carlo import MonteCarlo


def plot_monte_carlo(result: MonteCarlo) -> Figure:
    """Draw the fans of equity and drawdown with the real result on top.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels over the same days: bands of 5-95 % and 25-75 % of the paths, their median, and
        the real market.
    """
    with open_plot(6.5) as figure:
        draw_panels(figure, result)
    return figure
