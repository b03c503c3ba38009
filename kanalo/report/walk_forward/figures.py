"""Figures of a walk-forward test: its equity, and the parameters that were chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from kanalo.report.toolkit.axes import NARROW as NARROW
from kanalo.report.toolkit.axes import WIDE as WIDE
from kanalo.report.toolkit.axes import dress_dates, is_narrow
from kanalo.report.toolkit.canvas import INK, MUTED, ON_PAPER, SERIES, open_figure, to_svg
from kanalo.report.toolkit.formats import format_plain
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.series import DayArray, thin, to_drawdown
from kanalo.report.toolkit.ticks import find_log_ticks
from kanalo.typing import FloatArray

_PANEL = 110


def draw_equity(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the equity of all tests on a log scale beside holding, and the drawdowns under it.

    A vertical line marks each new choice of parameters.

    Parameters
    ----------
    model : mapping
        From `to_walk_forward_model`.
    size : tuple of int
        In CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    with open_figure(size[0], 430, (70, 8, 8, 24)) as figure:
        axes, lower = figure.subplots(2, 1, sharex=True, height_ratios=(7, 3))
        figure.subplots_adjust(hspace=0.08)
        days, hold = _to_line(model["hold"])
        _, equity = _to_line(model["equity"])
        styles = (
            (hold, {"color": MUTED, "linestyle": "--", "label": "holding"}),
            (equity, {"color": SERIES[0], "label": model["strategy"]}),
        )
        for values, style in styles:
            axes.plot(*thin(days, values, size[0] // 2), **style)
            lower.plot(*thin(days, to_drawdown(values), size[0] // 2), **style)
        _mark_tests(axes, model)
        _dress_drawdown(lower)
        axes.set_yscale("log")
        both = np.concatenate([hold, equity])
        ticks = find_log_ticks(float(np.nanmin(both)), float(np.nanmax(both)))
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        axes.set_ylabel("Equity, multiple of start (log)")
        dress_dates(lower, days, 4 if is_narrow(size) else 8)
        axes.legend(loc="upper left", **ON_PAPER)
        return to_svg(figure, f"Equity of {model['strategy']} over all tests")


def _dress_drawdown(axes: Axes) -> None:
    axes.set_ylabel("Drawdown")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_ylim(top=0)


def draw_drift(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the chosen value of each parameter over time, a panel for each.

    Parameters
    ----------
    model : mapping
        A walk-forward model.
    size : tuple of int
        Width in CSS pixels; the height follows from the number of parameters.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    names = list(model["grid"]["axes"])
    starts = _to_starts(model)
    end = np.datetime64(model["windows"][-1]["test_end"][:10], "D")
    with open_figure(size[0], 40 + _PANEL * len(names)) as figure:
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(panels, names, strict=True):
            chosen = [(each["parameters"] or {}).get(name) for each in model["windows"]]
            heights = _to_heights(axes, chosen)
            axes.step(
                np.append(starts, end), np.append(heights, heights[-1]), where="post", color=INK
            )
            axes.set_ylabel(name)
        dress_dates(panels[-1], np.append(starts, end), 4 if is_narrow(size) else 8)
        return to_svg(figure, "Chosen parameters from test to test")


def _to_heights(axes: Axes, chosen: list[Any]) -> FloatArray:
    """Return numbers as they are; give words and switches a place each."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in chosen):
        return np.array(chosen, dtype=np.float64)
    words = sorted({value for value in chosen if value is not None}, key=str)
    axes.set_yticks(range(len(words)), [format_plain(word) for word in words])
    return np.array([np.nan if value is None else words.index(value) for value in chosen])


def _to_line(series: Model) -> tuple[DayArray, FloatArray]:
    values = np.array(series["values"], dtype=np.float64)
    start = values[0] if len(values) else 1.0
    solvent = np.where(values > 0, values, np.nan)
    return np.array(series["dates"], dtype="datetime64[D]"), solvent / start


def _to_starts(model: Model) -> npt.NDArray[np.datetime64]:
    return np.array([each["test_start"][:10] for each in model["windows"]], dtype="datetime64[D]")


def _mark_tests(axes: Axes, model: Model) -> None:
    for start in _to_starts(model):
        axes.axvline(start, color=MUTED, linewidth=0.5, alpha=0.6)
