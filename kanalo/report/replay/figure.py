"""The price around a replayed hour: what was known to its left, what happened to its right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kanalo.market import Market
from kanalo.report.liquidations.palette import Draw, Palette
from kanalo.report.toolkit.axes import shorten
from kanalo.report.toolkit.formats import format_price
from kanalo.report.toolkit.model import Model

WIDE = (900, 560)
NARROW = (380, 560)
"""Sizes in CSS pixels: one for desks, one for telephones."""

BEFORE = pd.Timedelta(days=4)
AFTER = pd.Timedelta(days=7)
"""What is drawn on either side of the hour."""

_ROOM = 0.03
_NARROW_PIXELS = 500
_APART = 0.028
"""Least distance of two labels, in heights of the figure."""


def draw_episode(model: Model, market: Market, size: tuple[int, int] = WIDE) -> Draw:
    """Return what draws the days around a replayed hour.

    Parameters
    ----------
    model : mapping
        From `kanalo.report.replay.page.to_replay_model`.
    market : Market
        The whole market: the price after the hour is drawn too, in shade.
    size : tuple of int
        In CSS pixels; in narrow figures levels stand without their names.

    Returns
    -------
    callable
        Draws on a figure with a palette.
    """

    def draw(figure: Figure, palette: Palette) -> None:
        rules = model["known_then"]["strategies"]
        heights = (4, max(0.16 * len(rules), 0.4))
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
        hour = pd.Timestamp(model["known_at"])
        part = market.index.slice_indexer(hour - BEFORE, hour + AFTER)
        shown = market.rows(part.start, part.stop)
        low, high = float(shown.low.min()), float(shown.high.max())
        levels = [each["price"] for each in model["what_happened"]["levels"]]
        near = [each for each in levels if low * 0.7 <= each <= high * 1.3]
        bottom, top = min([low, *near]), max([high, *near])
        axes.set_ylim(bottom - _ROOM * (top - bottom), top + _ROOM * (top - bottom))
        _draw_zones(axes, model, palette)
        _draw_channel(axes, model, hour, palette)
        _draw_price(axes, shown, hour, palette)
        _draw_levels(axes, model, palette, named=size[0] >= _NARROW_PIXELS)
        _draw_rules(below, rules, hour, palette, named=size[0] >= _NARROW_PIXELS)
        _dress(axes, hour, palette)
        columns = 4 if size[0] >= _NARROW_PIXELS else 2
        figure.legend(loc="outside lower left", ncols=columns, handlelength=1.2, fontsize=9)

    return draw


def _draw_rules(
    axes: Axes, rules: Sequence[Model], hour: pd.Timestamp, palette: Palette, *, named: bool
) -> None:
    """Draw a row for each rule: a bar from its entry to the hour, and what it would do next."""
    axes.grid(visible=False)
    names = [shorten(each["name"], 26 if named else 20) for each in rules]
    axes.set_yticks(range(len(rules)), names, fontsize=9)
    axes.set_ylim(len(rules) - 0.4, -0.6)
    for row, each in enumerate(rules):
        if each["held"] != "flat":
            start = max(_num(pd.Timestamp(each["since"])), _num(hour - BEFORE))
            color = palette.longs if each["held"] == "long" else palette.shorts
            axes.barh(row, _num(hour) - start, left=start, height=0.6, color=color, alpha=0.75)
        words = f"{each['held']}; {each['next']}" if named else str(each["held"])
        axes.annotate(
            words, (_num(hour), row), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=9,
        )  # fmt: skip
    axes.axvline(_num(hour), color=palette.ink, linewidth=1.0, linestyle=(0, (4, 2)))


def _num(time: Any) -> float:
    return float(mdates.date2num(time))  # type: ignore[no-untyped-call]


def _draw_price(axes: Axes, shown: Market, hour: pd.Timestamp, palette: Palette) -> None:
    times = mdates.date2num(shown.closes_at.to_numpy())  # type: ignore[no-untyped-call]
    known = shown.closes_at <= hour
    axes.fill_between(times, shown.low, shown.high, color=palette.ink, alpha=0.22, linewidth=0)
    after = ~known
    after[max(int(known.sum()) - 1, 0)] = True  # so that the line does not break at the hour
    axes.plot(times[known], shown.close[known], color=palette.ink, label="close, known then")
    axes.plot(times[after], shown.close[after], color=palette.shorts, label="what happened")


def _draw_zones(axes: Axes, model: Model, palette: Palette) -> None:
    label = "zones known then"
    for zone in model["known_then"]["zones"]["near"]:
        axes.axhspan(
            zone["low"], zone["high"], color=palette.longs, alpha=0.13, linewidth=0, label=label
        )
        label = "_"


def _draw_channel(axes: Axes, model: Model, hour: pd.Timestamp, palette: Palette) -> None:
    for channel in model["known_then"]["channels"]:
        if not channel["holds"]:
            continue
        weeks = np.array([-BEFORE, AFTER]) / pd.Timedelta(days=7)
        ends = [_num(hour - BEFORE), _num(hour + AFTER)]
        for line, label in (("upper", f"channel ({channel['name']})"), ("lower", "_")):
            prices = channel[line] * np.exp(channel["slope_per_week"] * weeks.astype(float))
            axes.plot(ends, prices, color=palette.exchanges[0], linewidth=1.2, label=label)


def _draw_levels(axes: Axes, model: Model, palette: Palette, *, named: bool) -> None:
    """Draw each level; mark where it was reached, and name it at the right, none over another."""
    bottom, top = axes.get_ylim()
    names: dict[float, list[str]] = {}
    for each in model["what_happened"]["levels"]:
        if not bottom <= each["price"] <= top:
            continue
        if each["price"] not in names:
            axes.axhline(each["price"], color=palette.muted, linewidth=0.8, linestyle=(0, (2, 2)))
        names.setdefault(each["price"], []).append(each["name"])
        if each["reached"]:
            place = [_num(pd.Timestamp(each["reached"]))]
            axes.plot(place, [each["price"]], "o", color=palette.shorts, markersize=5, zorder=5)
    if named:
        _name_levels(axes, names)


def _name_levels(axes: Axes, names: dict[float, list[str]]) -> None:
    bottom, top = axes.get_ylim()
    last = -1.0
    for price in sorted(names):
        height = max((price - bottom) / (top - bottom), last + _APART)
        last = height
        text = f"{format_price(price)}  {', '.join(names[price])}"
        axes.annotate(
            text, (1.01, height), xycoords="axes fraction", va="center", fontsize=9,
            annotation_clip=False,
        )  # fmt: skip


def _dress(axes: Axes, hour: pd.Timestamp, palette: Palette) -> None:
    start, end = hour - BEFORE, hour + AFTER
    axes.set_xlim(_num(start), _num(end))
    axes.axvspan(_num(hour), _num(end), color=palette.shorts, alpha=0.07, linewidth=0)
    axes.axvline(_num(hour), color=palette.ink, linewidth=1.0, linestyle=(0, (4, 2)))
    days = pd.date_range(start.ceil("D"), end, freq="2D")
    labels = [f"{day:%d %b}".lstrip("0") for day in days]
    axes.set_xticks([_num(day) for day in days], labels)
    axes.set_ylabel("Price")
