"""Interactive price charts with Bokeh: what a result did, trade by trade.

A chart is a Bokeh document as JSON in which long columns are references (``"@time"``) to arrays
that the page holds once; `templates/charts.js` puts them in when the chart is first opened. Only
names of layers reach the canvas, and only trades' tags reach a tooltip, which Bokeh escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from json import dumps, loads
from typing import Any, cast

from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    DatetimeTickFormatter,
    FixedTicker,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from kanalo.report.compare.schema import ResultModel

UP, DOWN, WIN, LOSS, NEUTRAL = "#2f9e6b", "#d2605a", "#1f9d55", "#e0483e", "#8593a5"
LAYER_COLORS = ("#4f8fd6", "#c58a2b", "#9a6fd0", "#2aa3a3", "#cf6aa5", "#8a8f2a")
"""Colours that read on white and on near-black alike."""

_ID = re.compile(r'"p\d+"')
_DAY_MS = 86_400_000
_TOOLTIPS = [
    ("", "@what"),
    ("entry", "@entry_time{%F %H:%M} at @entry_price{0,0.00}"),
    ("exit", "@exit_time{%F %H:%M} at @exit_price{0,0.00}"),
    ("return", "@return{0.0 %} (@pnl{0,0})"),
    ("left by", "@exit_reason after @bars_held bars"),
    ("stop / target", "@stop{0,0.00} / @target{0,0.00}"),
    ("tag", "@tag"),
]


def to_shape(entry: ResultModel) -> tuple[str, ...]:
    """Return what the form of a result's chart depends on: the kinds of its layers, in order."""
    return tuple(str(overlay["kind"]) for overlay in entry["overlays"])


def to_chart(shape: Sequence[str]) -> dict[str, Any]:
    """Build a chart: price, layers and trades over the equity, all still references.

    Parameters
    ----------
    shape : sequence of str
        From `to_shape`; results of one shape share a chart.

    Returns
    -------
    dict
        What ``Bokeh.embed.embed_item`` takes once the references are filled in.
    """
    price = _to_figure(Range1d(start=0, end=1), 430, "price-plot")
    equity = _to_figure(price.x_range, 150, "equity-plot")
    for number, kind in enumerate(shape):
        if kind == "band":
            _draw_band(price, number)
    _draw_candles(price)
    for number, kind in enumerate(shape):
        if kind == "line":
            _draw_line(price, number)
    _draw_trades(price)
    _draw_equity(equity)
    crosshair = Span(dimension="height", line_color=NEUTRAL, line_alpha=0.6)
    for each in (price, equity):
        each.add_tools(CrosshairTool(overlay=crosshair))
    price.xaxis.visible = False
    return _renumber(json_item(column(price, equity, sizing_mode="stretch_width")))


def _renumber(item: Any) -> dict[str, Any]:
    """Count the ids of models from 1: Bokeh counts on from one document to the next."""
    numbers: dict[str, int] = {}
    text = _ID.sub(lambda id_: f'"p{numbers.setdefault(id_[0], len(numbers) + 1)}"', dumps(item))
    return cast("dict[str, Any]", loads(text))


def to_layers(entry: ResultModel) -> list[tuple[str, str, str]]:
    """List the layers that a reader may switch: name of the renderers, what to call them, colour.

    The colours make the switches the chart's legend.
    """
    own = [
        (f"layer-{i}", str(each["name"]), LAYER_COLORS[i % len(LAYER_COLORS)])
        for i, each in enumerate(entry["overlays"])
    ]
    return [
        *own,
        ("trades", "trades", NEUTRAL),
        ("stops", "stops", LOSS),
        ("targets", "targets", WIN),
    ]


def _to_figure(x_range: Any, height: int, name: str) -> figure:
    plot = figure(
        name=name,
        height=height,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        y_axis_type="log",
        x_range=x_range,
        y_range=Range1d(start=1, end=10),
        tools="xpan,xbox_zoom,reset,save",
        active_drag="xpan",
        toolbar_location="above" if name == "price-plot" else None,
        output_backend="canvas",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=62,
        min_border_right=8,
    )
    plot.toolbar.logo = None
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl")  # plain scrolling moves the page
    plot.add_tools(wheel)
    plot.toolbar.active_scroll = wheel
    plot.xaxis.formatter = _to_dates()
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
    plot.yaxis.ticker = FixedTicker(ticks=[])  # the page chooses round ticks for what is in sight
    plot.yaxis.minor_tick_line_color = None
    return plot


def _to_dates() -> DatetimeTickFormatter:
    return DatetimeTickFormatter(
        hours="%H:%M", hourmin="%H:%M", days="%d %b", months="%b %Y", years="%Y"
    )


def _draw_candles(plot: figure) -> None:
    names = ("mid", "open", "high", "low", "close", "color")
    source = ColumnDataSource(_to_references("price", names))
    plot.segment("mid", "high", "mid", "low", source=source, color="color", name="candles")
    plot.vbar(
        x="mid",
        width=_DAY_MS * 0.7,
        top="open",
        bottom="close",
        source=source,
        color="color",
        name="candles",
    )


def _draw_band(plot: figure, number: int) -> None:
    color, name = _to_color(number), f"layer-{number}"
    plot.vbar(
        x="middle",
        width=_DAY_MS,
        top="upper",
        bottom="lower",
        # of its own, for the page cuts it to what is in sight: bars beyond draw at the edge
        source=_to_layer(number, "middle", "lower", "upper"),
        name=name,
        fill_color=color,
        fill_alpha=0.16,
        line_color=None,
    )
    edges = _to_layer(number, "known", "lower", "upper")
    for key in ("lower", "upper"):
        plot.step("known", key, source=edges, mode="after", color=color, alpha=0.5, name=name)


def _draw_line(plot: figure, number: int) -> None:
    source = _to_layer(number, "known", "values")
    plot.step(
        "known",
        "values",
        source=source,
        mode="after",
        color=_to_color(number),
        line_width=1.5,
        name=f"layer-{number}",
    )


def _to_layer(number: int, time: str, *keys: str) -> ColumnDataSource:
    data: dict[str, Any] = {time: [f"@price.{time}"]}
    return ColumnDataSource(data | {key: [f"@own.layer-{number}-{key}"] for key in keys})


def _to_color(number: int) -> str:
    return LAYER_COLORS[number % len(LAYER_COLORS)]


def _draw_trades(plot: figure) -> None:
    names = (
        *("entry_time", "entry_price", "exit_time", "exit_price", "end_time", "end_price"),
        *("return", "pnl", "exit_reason", "bars_held", "stop", "target", "tag"),
        *("what", "color", "marker"),
    )
    source = ColumnDataSource(_to_references("trades", names))
    for key, color in (("stop", LOSS), ("target", WIN)):
        plot.segment("entry_time", key, "end_time", key, source=source, color=color, name=f"{key}s")
    paths = plot.segment(
        x0="entry_time",
        y0="entry_price",
        x1="end_time",
        y1="end_price",
        source=source,
        line_color="color",
        line_width=2,
        name="trades",
    )
    marks = [
        _draw_marks(plot, source, "entry", "marker", 9),
        _draw_marks(plot, source, "exit", "square", 6),
    ]
    plot.add_tools(_to_hover([*marks, paths]))


def _draw_marks(plot: figure, source: Any, event: str, marker: str, size: int) -> Any:
    return plot.scatter(
        f"{event}_time",
        f"{event}_price",
        marker=marker,
        size=size,
        source=source,
        fill_color="color",
        line_color="white",
        line_width=0.7,
        name="trades",
    )


def _to_hover(renderers: list[Any]) -> HoverTool:
    times: Any = {"@entry_time": "datetime", "@exit_time": "datetime"}
    return HoverTool(
        renderers=renderers,
        tooltips=_TOOLTIPS,
        formatters=times,
        point_policy="follow_mouse",
        attachment="vertical",
    )


def _draw_equity(plot: figure) -> None:
    data: dict[str, Any] = {"closes": ["@price.closes"], "equity": ["@own.equity"]}
    source = ColumnDataSource(data)
    plot.line(
        "closes", "equity", source=source, color=LAYER_COLORS[0], line_width=1.5, name="curve"
    )
    plot.yaxis.axis_label = "Equity, × start"


def _to_references(where: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: [f"@{where}.{name}"] for name in names}
