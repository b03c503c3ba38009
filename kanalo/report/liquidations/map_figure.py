"""The liquidation map at one time, in the form that traders know from map sites."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from kanalo.report.liquidations.palette import Draw, Palette, is_wide
from kanalo.report.liquidations.views import MapView
from kanalo.report.toolkit.formats import format_percent, format_price
from kanalo.signals.liquidation_map import Cluster
from kanalo.typing import FloatArray

SIZE = (900, 430)
NARROW = (380, 380)
"""Sizes in CSS pixels: one for desks, one for telephones."""

LABELLED = 4
"""Most clusters that are named in the figure; the table has all."""

_HEADROOM, _ROW = 1.06, 0.09
"""Where the labels of clusters begin and how far apart their rows are, in heights of a bar."""

_APART = 0.075
"""Distance in log price from which on two labels do not touch."""


def draw_map(view: MapView) -> Draw:
    """Return what draws a map: bars by side, cumulative curves, clusters and the price.

    Price runs to the right. Levels of longs lie below the price, those of shorts above; a curve
    adds up what would be liquidated on the way there. Sizes are shares of all levels within reach.
    """

    def draw(figure: Figure, palette: Palette) -> None:
        axes = figure.subplots()
        curves = axes.twinx()
        wide = is_wide(figure)
        for side, sign, shares in (("long", -1, view.longs), ("short", 1, view.shorts)):
            color = palette.longs if side == "long" else palette.shorts
            _draw_side(axes, curves, view.close * np.exp(sign * view.distances), shares, color)
            axes.patches[-1].set_label(f"estimated {side} levels")
        _mark_price(axes, view, palette)
        _mark_clusters(axes, view, palette, wide=wide)
        _dress(axes, curves, view, wide=wide)
        handles, labels = axes.get_legend_handles_labels()
        columns = 4 if wide else 1
        figure.legend(handles, labels, loc="outside lower left", ncols=columns, handlelength=1.4)

    return draw


def to_map_title(view: MapView) -> str:
    """Say what a map shows, its origin first."""
    return (
        f"Estimated liquidation map of {view.symbol}, known "
        f"{view.known_at:%Y-%m-%d %H:%M} UTC, price {format_price(view.close)}"
    )


def format_bin(view: MapView) -> str:
    """Format the height of a bar's range of prices, a fraction."""
    return f"{100 * view.distances[1]:.3g} %"


def _draw_side(
    axes: Axes, curves: Axes, prices: FloatArray, shares: FloatArray, color: str
) -> None:
    edges, sizes = (prices, shares) if prices[-1] > prices[0] else (prices[::-1], shares[::-1])
    axes.stairs(sizes, edges, fill=True, color=color, alpha=0.85)
    total = np.concatenate([[0.0], np.cumsum(shares)])
    curves.plot(prices, total, color=color, linewidth=1.6)
    curves.fill_between(prices, total, color=color, alpha=0.10, linewidth=0)


def _mark_price(axes: Axes, view: MapView, palette: Palette) -> None:
    axes.axvline(view.close, color=palette.ink, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.lines[-1].set_label(f"price {format_price(view.close)}")


def _mark_clusters(axes: Axes, view: MapView, palette: Palette, *, wide: bool) -> None:
    """Shade the clusters; name the largest ones above the bars, none over another."""
    named = sorted(range(len(view.shares)), key=lambda i: -view.shares[i])[: LABELLED * wide]
    named.sort(key=lambda i: view.clusters[i].centre)
    rows = to_rows([float(np.log(view.clusters[i].centre)) for i in named], _APART)
    top = max(view.shorts.max(initial=0.0), view.longs.max(initial=0.0), 1e-12)
    axes.set_ylim(0, (_HEADROOM + _ROW * (1 + max(rows, default=0))) * top)
    for i, cluster in enumerate(view.clusters):
        color = palette.shorts if cluster.side == "short" else palette.longs
        axes.axvspan(cluster.low, cluster.high, color=color, alpha=0.16, linewidth=0)
        if i in named:
            text = to_cluster_label(cluster, view.shares[i])
            height = (_HEADROOM + _ROW * rows[named.index(i)]) * top
            axes.text(cluster.centre, height, text, ha="center", va="bottom", fontsize=10)


def to_rows(places: Sequence[float], apart: float) -> list[int]:
    """Put labels into rows, the first where the one before lies far enough away.

    Parameters
    ----------
    places : sequence of float
        Ascending places of the labels along the axis.
    apart : float
        Distance from which on two labels do not touch.

    Returns
    -------
    list of int
        The row of each label, 0 first.

    Examples
    --------
    >>> to_rows([0.0, 0.05, 0.2, 0.22], 0.1)
    [0, 1, 0, 1]
    """
    last: list[float] = []
    rows = []
    for place in places:
        row = next((i for i, each in enumerate(last) if place - each >= apart), len(last))
        last[row : row + 1] = [place]
        rows.append(row)
    return rows


def to_cluster_label(cluster: Cluster, share: float) -> str:
    """Name a cluster: its side, its edges, its share of all levels within reach.

    Parameters
    ----------
    cluster : Cluster
        The cluster.
    share : float
        Its share of all levels within reach, a fraction.

    Returns
    -------
    str
        Short enough to stand beside the cluster.
    """
    low, high = (f"{price:,.4g}" for price in (cluster.low, cluster.high))
    return f"{cluster.side}s {low} – {high}: {format_percent(share)}"


def _dress(axes: Axes, curves: Axes, view: MapView, *, wide: bool) -> None:
    axes.set_title(to_map_title(view) if wide else "Estimated liquidation map", fontsize=12)
    reach = view.distances[-1]
    axes.set_xlim(view.close * np.exp(-reach), view.close * np.exp(reach))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel("Price")
    axes.set_ylabel(f"Share of all levels, per {format_bin(view)} of price")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1, symbol=" %"))
    curves.set_ylabel("Cumulative share, from the price outwards")
    curves.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    curves.set_ylim(0, 1.25 * max(view.shorts.sum(), view.longs.sum(), 1e-12))
    curves.spines["right"].set_visible(True)
    curves.grid(visible=False)
