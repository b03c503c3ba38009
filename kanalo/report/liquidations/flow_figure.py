"""Liquidations over time: reported by exchange in panels of their own, estimated below them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from kanalo.report.liquidations.flows import FlowView, to_columns
from kanalo.report.liquidations.heat_figure import dress_times, to_date_numbers
from kanalo.report.liquidations.palette import Draw, Palette
from kanalo.typing import BoolArray, FloatArray

SIZE = (900, 620)
SIZE_ESTIMATED = (900, 380)
"""Sizes in CSS pixels, with and without reported liquidations."""


def draw_flow(view: FlowView) -> Draw:
    """Return what draws a flow: bars upwards for shorts, downwards for longs; imbalance below.

    What exchanges REPORTED and what is ESTIMATED stand in panels of their own, for one is in USD
    and the other has no unit. Grey: unknown, which is not zero.
    """
    edges, columns = to_columns(view)
    times = to_date_numbers(edges)

    def draw(figure: Figure, palette: Palette) -> None:
        shown = view.any_reported
        panels = figure.subplots(
            4 if shown else 2, 1, sharex=True, height_ratios=(3, 2) * (1 + shown)
        )
        if shown:
            _draw_reported(panels[0], panels[1], times, columns, palette)
        _draw_estimated(panels[-2], panels[-1], times, columns, palette)
        dress_times(panels[-1], edges)
        figure.suptitle(to_flow_title(view), fontsize=12)

    return draw


def to_size(view: FlowView) -> tuple[int, int]:
    """Return the size of a figure: without reports it has two panels only."""
    return SIZE if view.any_reported else SIZE_ESTIMATED


def to_flow_title(view: FlowView) -> str:
    """Say what a flow shows and over which bars."""
    index = view.market.index
    span = f"{index[0]:%Y-%m-%d %H:%M} to {view.market.closes_at[-1]:%Y-%m-%d %H:%M} UTC"
    origin = "reported and estimated" if view.any_reported else "estimated; none reported"
    return f"Liquidations of {view.market.symbol}, {span} ({origin})"


def _draw_reported(
    sizes: Axes, balance: Axes, times: FloatArray, view: FlowView, palette: Palette
) -> None:
    flow = view.reported
    above, below = np.zeros(len(times) - 1), np.zeros(len(times) - 1)
    for i, name in enumerate(flow.exchanges):
        color = palette.exchanges[i % len(palette.exchanges)]
        shorts, longs = (np.nan_to_num(side[:, i]) for side in (flow.shorts, flow.longs))
        _stack(sizes, times, above, shorts, color)
        sizes.patches[-1].set_label(name)
        _stack(sizes, times, below, -longs, color)
        above, below = above + shorts, below - longs
    unknown = np.asarray(np.isnan(flow.longs + flow.shorts).any(axis=1))
    for axes in (sizes, balance):
        _shade(axes, times, unknown, palette)
    bounds = " (lower bounds: the feed shows one event a second)" if view.censored else ""
    _head(sizes, f"reported, by exchange{bounds}")
    _dress_sizes(sizes, "USD a bar")
    _draw_balance(balance, times, flow.summed.imbalance, palette)
    _head(balance, "reported, imbalance of all exchanges")


def _draw_estimated(
    sizes: Axes, balance: Axes, times: FloatArray, view: FlowView, palette: Palette
) -> None:
    flow = view.estimated
    zero = np.zeros(len(times) - 1)
    _stack(sizes, times, zero, np.nan_to_num(flow.shorts), palette.shorts)
    sizes.patches[-1].set_label("shorts")
    _stack(sizes, times, zero, -np.nan_to_num(flow.longs), palette.longs)
    sizes.patches[-1].set_label("longs")
    for axes in (sizes, balance):
        _shade(axes, times, np.isnan(flow.total), palette)
    _head(sizes, "estimated, whole market (relative units)")
    _dress_sizes(sizes, "relative")
    _draw_balance(balance, times, flow.imbalance, palette)
    _head(balance, "estimated, imbalance")


def _stack(
    axes: Axes, times: FloatArray, base: FloatArray, heights: FloatArray, color: str
) -> None:
    axes.stairs(base + heights, times, baseline=base, fill=True, color=color)


def _shade(axes: Axes, times: FloatArray, unknown: BoolArray, palette: Palette) -> None:
    """Shade the columns that are unknown."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unknown, [False]]).astype(np.int8)))
    for number, (start, stop) in enumerate(edges.reshape(-1, 2)):
        axes.axvspan(times[start], times[stop], color=palette.muted, alpha=0.18, linewidth=0)
        if number == 0:
            axes.patches[-1].set_label("unknown (no feed)")


def _dress_sizes(axes: Axes, label: str) -> None:
    axes.axhline(0, color=axes.spines["left"].get_edgecolor(), linewidth=0.8)
    axes.set_ylabel(f"{label} (√)\nlongs ↓   shorts ↑")
    axes.set_yscale("function", functions=(_to_root, _to_square))
    axes.yaxis.set_major_locator(FixedLocator(_find_ticks(*axes.get_ylim())))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):,.0f}"))
    axes.legend(loc="upper left", ncols=6, fontsize=10, handlelength=1.2)


def _to_root(values: FloatArray) -> FloatArray:
    """Bring small bars into sight beside a cascade's: √ of the size, signed."""
    return np.sign(values) * np.sqrt(np.abs(values))


def _to_square(values: FloatArray) -> FloatArray:
    return np.sign(values) * np.square(values)


def _find_ticks(low: float, high: float) -> list[float]:
    """Choose a round size and a tenth of it, on the sides that reach them."""
    largest = max(-low, high, 1e-9)
    unit = 10.0 ** np.floor(np.log10(largest))
    sizes = [unit, unit / 10] if largest < 4 * unit else [4 * unit, unit]
    return [sign * size for size in (*sizes, 0.0) for sign in (-1, 1) if low <= sign * size <= high]


def _draw_balance(axes: Axes, times: FloatArray, balance: FloatArray, palette: Palette) -> None:
    known = np.nan_to_num(balance)
    axes.stairs(np.maximum(known, 0), times, fill=True, color=palette.shorts)
    axes.stairs(np.minimum(known, 0), times, fill=True, color=palette.longs)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, 0, 1], ["all longs", "equal", "all shorts"])


def _head(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=10.5, loc="left")
