"""Figures of event studies and of calibrated moves: paths, effects, balance, shares and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from kanalo.periods import to_timedelta
from kanalo.report.toolkit.axes import NARROW as NARROW
from kanalo.report.toolkit.axes import WIDE as WIDE
from kanalo.report.toolkit.axes import is_narrow, shorten
from kanalo.report.toolkit.canvas import INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.model import Model
from kanalo.typing import FloatArray

_DAYS_FROM = 72
"""Hours from which an axis is labelled in days."""

_LIGHT, _DARKER = 0.13, 0.22


def draw_paths(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the mean path of events with its band, and that of their matched controls.

    Parameters
    ----------
    model : mapping
        From `kanalo.report.study.events.to_event_model`.
    size : tuple of int
        In CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    paths, times = model["paths"], _to_times(model)
    with open_figure(size[0], 330) as figure:
        axes = figure.subplots()
        axes.fill_between(
            times, _to_array(paths["low"]), _to_array(paths["high"]),
            color=SERIES[0], alpha=_LIGHT, linewidth=0,
        )  # fmt: skip
        axes.plot(times, _to_array(paths["mean"]), color=SERIES[0], label="all events, 95 % band")
        axes.plot(
            times, _to_array(paths["matched"]), color=INK, linewidth=1, label="matched events"
        )
        axes.plot(times, _to_array(paths["control"]), color=MUTED, linestyle="--", label="controls")
        _dress_paths(axes, model)
        axes.legend()
        return to_svg(figure, "Mean price around events and around their controls")


def draw_quantiles(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the median path of events between its quartiles and its outer tenths.

    Parameters
    ----------
    model : mapping
        An event model.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    times = _to_times(model)
    lowest, lower, median, upper, highest = (_to_array(q) for q in model["paths"]["quantiles"])
    with open_figure(size[0], 300) as figure:
        axes = figure.subplots()
        for low, high, alpha, label in (
            (lowest, highest, _LIGHT, "10 to 90 % of events"),
            (lower, upper, _DARKER, "25 to 75 %"),
        ):
            axes.fill_between(
                times, low, high, color=SERIES[0], alpha=alpha, linewidth=0, label=label
            )
        axes.plot(times, median, color=SERIES[0], label="median")
        _dress_paths(axes, model)
        axes.legend()
        return to_svg(figure, "Quantiles of the price around events")


def draw_effects(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the effect at every horizon with its interval, and what is detectable.

    Parameters
    ----------
    model : mapping
        An event model.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    with open_figure(size[0], 300) as figure:
        axes = figure.subplots()
        effects = model["effects"]
        names = [each["horizon"] for each in effects["raw"]]
        places = np.arange(len(names), dtype=np.float64)
        seen = _column(effects["raw"], "detectable")
        axes.fill_between(
            places, -seen, seen, color=MUTED, alpha=_LIGHT, linewidth=0,
            label="too small to be seen with 80 % power",
        )  # fmt: skip
        for shift, key, color, label in (
            (-0.06, "raw", SERIES[0], "return"),
            (0.06, "abnormal", SERIES[1], "beyond beta × benchmark"),
        ):
            _draw_intervals(axes, places + shift, effects[key], color, label)
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set_xticks(places, names)
        axes.set_xlim(-0.4, len(names) - 0.6)
        axes.set_ylabel("Event less control, log return")
        axes.yaxis.set_major_formatter(_to_percent())
        axes.legend()
        return to_svg(figure, "Effect by horizon with 95 % intervals")


def draw_balance(model: Model, labels: Sequence[str], size: tuple[int, int] = WIDE) -> str:
    """Draw the standardised mean differences before and after matching, a row a covariate.

    Parameters
    ----------
    model : mapping
        An event model.
    labels : sequence of str
        What the covariates are called, in the model's order.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    rows = model["balance"]
    heights = np.arange(len(rows))[::-1]
    with open_figure(size[0], 60 + 30 * len(rows)) as figure:
        axes = figure.subplots()
        axes.axvspan(-0.1, 0.1, color=MUTED, alpha=_LIGHT, linewidth=0)
        axes.plot(_column(rows, "before"), heights, "x", color=MUTED, label="events less all bars")
        axes.plot(_column(rows, "after"), heights, "o", color=SERIES[0], label="less controls")
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.set_yticks(heights, [shorten(each, 16 if is_narrow(size) else 30) for each in labels])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel("Standardised difference; shaded: within ±0.1")
        figure.legend(loc="outside upper center", ncols=2)
        return to_svg(figure, "Balance of the covariates before and after matching")


def draw_shares(model: Model, labels: Sequence[str], size: tuple[int, int] = WIDE) -> str:
    """Draw the share of targets reached first with its interval beside a driftless walk's.

    Parameters
    ----------
    model : mapping
        A model of moves.
    labels : sequence of str
        What the groups are called, in the model's order.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    rows = model["groups"]
    heights = np.arange(len(rows))[::-1]
    share, low, high = (_column(rows, key) for key in ("share", "share_low", "share_high"))
    with open_figure(size[0], 70 + 24 * len(rows)) as figure:
        axes = figure.subplots()
        axes.hlines(heights, low, high, color=SERIES[0], linewidth=1.6)
        axes.plot(share, heights, "o", color=SERIES[0], label="target before stop, 95 %")
        axes.plot(_column(rows, "driftless"), heights, "D", color=MUTED, label="driftless walk")
        axes.set_yticks(heights, [shorten(each, 18 if is_narrow(size) else 34) for each in labels])
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        figure.legend(loc="outside upper center", ncols=2)
        return to_svg(figure, "Share of setups that reach the target before the stop")


def draw_waiting(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the share of setups whose target was touched by a time, whatever the stop.

    Parameters
    ----------
    model : mapping
        A model of moves.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    curve = model["time_to_target"]
    days = np.concatenate([[0.0], _to_array(curve["times"])])
    with open_figure(size[0], 300) as figure:
        axes = figure.subplots()
        reached = 1 - np.concatenate([[1.0], _to_array(curve["share"])])
        low, high = (1 - np.concatenate([[1.0], _to_array(curve[key])]) for key in ("high", "low"))
        axes.fill_between(days, low, high, step="post", color=SERIES[0], alpha=_LIGHT, linewidth=0)
        axes.step(days, reached, where="post", color=SERIES[0])
        axes.set_xscale("symlog", linthresh=1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlim(left=0)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Days since the break (log beyond one)")
        axes.set_ylabel("Target touched")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        return to_svg(figure, "Time to the target, Kaplan-Meier")


def _draw_intervals(
    axes: Axes, places: FloatArray, effects: Sequence[Model], color: str, label: str
) -> None:
    values, low, high = (_column(effects, key) for key in ("effect", "low", "high"))
    if np.isnan(values).all():
        return
    axes.vlines(places, low, high, color=color, linewidth=1.6)
    axes.plot(places, values, "o", color=color, label=label)


def _dress_paths(axes: Axes, model: Model) -> None:
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.margins(x=0)
    axes.yaxis.set_major_formatter(_to_percent())
    axes.set_ylabel("Log price, event = 0")
    axes.set_xlabel(f"{'Days' if _in_days(model) else 'Hours'} since the event's close")


def _to_times(model: Model) -> FloatArray:
    hours = _bar_hours(model) * _to_array(model["paths"]["offsets"])
    return hours / 24 if _in_days(model) else hours


def _in_days(model: Model) -> bool:
    return _bar_hours(model) * float(model["paths"]["offsets"][-1]) >= _DAYS_FROM


def _bar_hours(model: Model) -> float:
    return to_timedelta(model["market"]["interval"]).total_seconds() / 3600


def _to_percent() -> FuncFormatter:
    return FuncFormatter(lambda value, _: f"{100 * value:.3g} %".replace("-", "−"))


def _column(rows: Sequence[Model], key: str) -> FloatArray:
    return _to_array([each[key] for each in rows])


def _to_array(values: Sequence[Any]) -> FloatArray:
    """Turn a plain list into an array; None is NaN."""
    return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
