"""The heatmap of estimated liquidation levels over the price, with reported events as dots."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator

from kanalo.report.liquidations.palette import Draw, Palette, is_wide
from kanalo.report.liquidations.views import HeatView
from kanalo.report.toolkit.series import thin
from kanalo.report.toolkit.ticks import find_date_ticks, find_log_ticks
from kanalo.typing import FloatArray

SIZE = (900, 470)
NARROW = (380, 420)

SHADES = 24
"""Steps of colour: few enough for a small file."""

SATURATED = 0.985
"""Quantile of the densities from which on the colour is full, so that the rest is not pale."""

SHORTS_RGB, LONGS_RGB = to_rgb("#f08019"), to_rgb("#3b82e0")
"""Colours that read on white and on near-black alike, for an image cannot follow the page."""

_LARGEST_DOT = 130.0


def draw_heat(view: HeatView) -> Draw:
    """Return what draws a heatmap: time to the right, log price upwards, density as colour.

    Orange above the price: levels of shorts; blue below: of longs. Dots are liquidations that
    exchanges REPORTED, at the bar's high (shorts) or low (longs), their area in proportion to the
    USD; a line at the bottom tells when a feed was known at all.
    """

    def draw(figure: Figure, palette: Palette) -> None:
        axes = figure.subplots()
        _draw_levels(axes, view)
        index, closes = view.market.closes_at, np.log(view.market.close)
        axes.plot(
            *thin(to_date_numbers(index), closes), color=palette.ink, linewidth=1.1, label="close"
        )
        reported = _draw_reported(axes, view, palette)
        wide = is_wide(figure)
        _dress(axes, view, 8 if wide else 4)
        _add_scale(figure, axes)
        axes.set_title(to_heat_title(view) if wide else "Estimated liquidation levels", fontsize=12)
        handles = _to_handles(palette, reported)
        figure.legend(handles=handles, loc="outside lower left", ncols=3 if wide else 1)

    return draw


def to_heat_title(view: HeatView) -> str:
    """Say what a heatmap shows, its origin first."""
    index = view.market.index
    span = f"{index[0]:%Y-%m-%d %H:%M} to {view.market.closes_at[-1]:%Y-%m-%d %H:%M} UTC"
    return f"Estimated liquidation levels of {view.market.symbol}, {span}"


def _draw_levels(axes: Axes, view: HeatView) -> None:
    start, end = to_date_numbers(view.market.closes_at[[0, -1]])
    axes.imshow(
        to_pixels(view.shorts, view.longs),
        extent=(start, max(end, start + 1e-6), view.edges[0], view.edges[-1]),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        zorder=0.5,
    )


def to_pixels(shorts: FloatArray, longs: FloatArray) -> npt.NDArray[np.uint8]:
    """Return the image of both densities: the colour of the denser side, the opacity of its size.

    Parameters
    ----------
    shorts, longs : float64 arrays of shape (m, k)
        Densities at m times in k rows.

    Returns
    -------
    uint8 array of shape (k, m, 4)
        Red, green, blue, opacity.
    """
    both = np.maximum(shorts, longs).T
    found = both[both > 0]
    full = float(np.quantile(found, SATURATED)) if found.size else 1.0
    strength = np.sqrt(np.clip(both / full, 0.0, 1.0))
    shade = np.round(strength * SHADES) / SHADES
    pixels = np.empty((*both.shape, 4), dtype=np.uint8)
    colors = np.where((shorts >= longs).T[..., None], SHORTS_RGB, LONGS_RGB)
    pixels[..., :3] = np.round(255 * colors)
    pixels[..., 3] = np.round(255 * shade**1.4)
    return pixels


def _add_scale(figure: Figure, axes: Axes) -> None:
    """Draw a bar of each side's colours: the density, as a share of where the colour is full."""
    shades = np.linspace(0.0, 1.0, SHADES + 1)
    for number, (color, name) in enumerate(((SHORTS_RGB, "shorts"), (LONGS_RGB, "longs"))):
        steps = [(*color, float(np.sqrt(each) ** 1.4)) for each in shades]
        scale = ScalarMappable(Normalize(0.0, 1.0), ListedColormap(steps))
        last = bool(number)
        bar = figure.colorbar(scale, ax=axes, fraction=0.025, pad=0.015, aspect=30)
        bar.ax.grid(visible=False)
        bar.ax.set_title(name, fontsize=9)
        bar.set_ticks([0.0, 0.5, 1.0] if last else [])
        if last:
            bar.set_ticklabels(["0", "½", "full"], fontsize=9)
            bar.set_label("Density of levels, share of the densest", fontsize=10)


def _draw_reported(axes: Axes, view: HeatView, palette: Palette) -> bool:
    """Draw the reported liquidations and when they are known; tell whether any is."""
    flow = view.reported
    known = ~np.isnan(flow.longs + flow.shorts).all(axis=1) if flow.exchanges else np.array([])
    if not known.any():
        return False
    middles = to_date_numbers(view.market.index + view.market.length / 2)
    sides = (
        (flow.shorts, view.market.high, palette.shorts),
        (flow.longs, view.market.low, palette.longs),
    )
    sums = [np.nansum(usd, axis=1) for usd, _, _ in sides]
    largest = max(float(each.max()) for each in sums) or 1.0
    for usd, (_, price, color) in zip(sums, sides, strict=True):
        hit = usd > 0
        areas = _LARGEST_DOT * usd[hit] / largest
        axes.scatter(
            middles[hit], np.log(price[hit]), s=areas, color=color, edgecolors=palette.ink,
            linewidths=0.7, zorder=4,
        )  # fmt: skip
    line = np.where(known, view.edges[0], np.nan)
    axes.plot(middles, line, color=palette.ink, linewidth=5, solid_capstyle="butt", zorder=4)
    return True


def _to_handles(palette: Palette, reported: bool) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=palette.ink, linewidth=1.1, label="close"),
        Patch(color=SHORTS_RGB, label="estimated short levels (denser: stronger)"),
        Patch(color=LONGS_RGB, label="estimated long levels"),
    ]
    if not reported:
        label = "no reported liquidations known in this span"
        return [*handles, Line2D([], [], linestyle="none", label=label)]
    dots = {"marker": "o", "linestyle": "none", "markeredgecolor": palette.ink}
    return [
        *handles,
        Line2D([], [], color=palette.shorts, label="reported: shorts liquidated", **dots),  # type: ignore[arg-type]
        Line2D([], [], color=palette.longs, label="reported: longs liquidated", **dots),  # type: ignore[arg-type]
        Line2D([], [], color=palette.ink, linewidth=5, label="a feed is known (bottom edge)"),
    ]


def _dress(axes: Axes, view: HeatView, at_most: int) -> None:
    axes.grid(visible=False)
    low, high = np.exp(view.edges[[0, -1]])
    ticks = find_log_ticks(float(low), float(high))
    axes.yaxis.set_major_locator(FixedLocator([float(np.log(tick)) for tick in ticks]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([f"{tick:,g}" for tick in ticks])
    axes.set_ylim(view.edges[0], view.edges[-1])
    axes.set_ylabel("Price (log)")
    dress_times(axes, view.market.closes_at, at_most)


def dress_times(axes: Axes, index: pd.DatetimeIndex, at_most: int = 8) -> None:
    """Label a time axis with round dates, or with hours where it spans three days or fewer.

    Parameters
    ----------
    axes : Axes
        Whose horizontal axis counts matplotlib's days.
    index : DatetimeIndex
        UTC times of the span, ascending.
    at_most : int
        Most labels.
    """
    first, last = index[0].tz_localize(None), index[-1].tz_localize(None)
    if last - first > pd.Timedelta(days=3):
        times, labels = find_date_ticks(first, last, at_most)
    else:
        hours = (last - first) / pd.Timedelta(hours=1)
        step = next(each for each in (1, 3, 6, 12, 24) if hours / each <= at_most)
        times = list(pd.date_range(first.ceil(f"{step}h"), last, freq=f"{step}h"))
        labels = [f"{each:%d %b}" if each.hour == 0 else f"{each:%H:%M}" for each in times]
    axes.set_xticks(to_date_numbers(pd.DatetimeIndex(times)), labels)
    axes.set_xlim(*to_date_numbers(pd.DatetimeIndex([first, last])))


def to_date_numbers(index: pd.DatetimeIndex) -> FloatArray:
    """Return times as matplotlib's days, UTC."""
    plain = index if index.tz is None else index.tz_localize(None)
    return np.asarray(mdates.date2num(plain.to_numpy()), dtype=np.float64)  # type: ignore[no-untyped-call]
