"""The static price figure of one result: layers, trades, stops and targets over the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from kanalo.report.compare.schema import MarketModel, OverlayModel, ResultModel, TradeModel
from kanalo.report.toolkit.axes import dress_dates, shorten
from kanalo.report.toolkit.canvas import BAD, GOOD, INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.series import thin, to_days, to_steps
from kanalo.report.toolkit.ticks import find_log_ticks

SIZE = (900, 360)
"""Width and height in CSS pixels."""

_MARGINS = (62, 185, 8, 24)


def draw_price(entry: ResultModel, market: MarketModel) -> str:
    """Draw the daily close with a result's layers, and its trades from entry to exit.

    Parameters
    ----------
    entry : mapping
        One of the model's results.
    market : mapping
        The model's entry of its market.

    Returns
    -------
    str
        An ``<svg>`` element: the price on a log scale; bands and lines that the strategy drew;
        trades in green (won) and red (lost), stops and targets dotted while a trade lasted.
    """
    with open_figure(*SIZE, _MARGINS) as figure:
        axes = figure.subplots()
        closes = np.array(market["prices"]["close"], dtype=np.float64)
        days = np.array(market["prices"]["dates"], dtype="datetime64[D]")
        axes.plot(*thin(days, closes), color=INK, linewidth=0.8, label="close", zorder=3)
        for number, overlay in enumerate(entry["overlays"]):
            _draw_overlay(axes, entry, overlay, SERIES[number % len(SERIES)])
        _draw_trades(axes, entry)
        _dress(axes, closes)
        dress_dates(axes, days)
        handles, labels = axes.get_legend_handles_labels()
        labels = [shorten(label, 24) for label in labels]
        figure.legend(handles, labels, loc="upper right", handlelength=1.4)
        return to_svg(figure, f"Price and trades of {entry['label']} on {entry['market']}")


def _draw_overlay(axes: Axes, entry: ResultModel, overlay: OverlayModel, color: str) -> None:
    days, name = to_days(entry), f"\N{ZERO WIDTH SPACE}{overlay['name']}"
    if overlay["kind"] == "line":
        values = np.array(overlay["values"], dtype=np.float64)
        axes.plot(*thin(days, values), color=color, linewidth=1.0, label=name, zorder=2.5)
        return
    low, high = (np.array(overlay[key], dtype=np.float64) for key in ("lower", "upper"))
    step = max(1, len(days) // 700)
    part = slice(None, None, step)
    axes.fill_between(days[part], low[part], high[part], color=color, alpha=0.18, label=name)
    axes.plot(*thin(days, low), color=color, linewidth=0.6, alpha=0.5, zorder=2)
    axes.plot(*thin(days, high), color=color, linewidth=0.6, alpha=0.5, zorder=2)


def _draw_trades(axes: Axes, entry: ResultModel) -> None:
    closed = [trade for trade in entry["trades"] if trade["exit_time"] is not None]
    for won, color, label in ((True, GOOD, "trade, won"), (False, BAD, "trade, lost")):
        chosen = [trade for trade in closed if (trade["pnl"] > 0) == won]
        if chosen:
            path = _to_path(chosen, "entry_price", "exit_price")
            axes.plot(*path, color=color, linewidth=1.8, label=label, zorder=4)
    for key in ("stop", "target"):
        levels = [trade for trade in closed if trade[key] is not None]
        if levels:
            path = _to_path(levels, key, key)
            axes.plot(*path, color=MUTED, linewidth=0.8, linestyle=":" if key == "stop" else "--")
            axes.lines[-1].set_label(key)


def _to_path(trades: Sequence[TradeModel], first: str, last: str) -> tuple[Any, Any]:
    starts, ends = (
        np.array([trade[key].rstrip("Z") for trade in trades], dtype="datetime64[s]")
        for key in ("entry_time", "exit_time")
    )
    levels = (np.array([trade[key] for trade in trades], dtype=float) for key in (first, last))
    return to_steps(starts, ends, *levels)


def _dress(axes: Axes, closes: Any) -> None:
    low, high = float(np.nanmin(closes)) * 0.9, float(np.nanmax(closes)) * 1.1
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(find_log_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_ylabel("Price (log)")
