"""Figures of a trial of claims: every effect on one scale, and what followed the events of each."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from kanalo.report.toolkit.axes import is_narrow
from kanalo.report.toolkit.canvas import BAD, GOOD, INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.model import Model
from kanalo.text import count

WIDE = (900, 300)
NARROW = (380, 300)
"""Sizes in CSS pixels: one for desks, one for telephones."""

REACH = 6.0
"""Ends of the overview's scale, in minimal effects; longer intervals are cut there."""

_COLORS = {"supported": GOOD, "refuted": BAD, "not decidable": MUTED}


def draw_overview(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw the effects of all claims as effect / minimum relevant effect; positive = as claimed.

    Parameters
    ----------
    model : mapping
        From `kanalo.report.claims.page.to_claims_model`.
    size : tuple of int
        In CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    claims = model["claims"]
    with open_figure(size[0], 70 + 30 * len(claims)) as figure:
        axes = figure.subplots()
        for row, claim in enumerate(claims):
            _draw_effect(axes, row, claim)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.axvline(1, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.set_yticks(range(len(claims)), [claim["name"] for claim in claims])
        axes.set_ylim(len(claims) - 0.4, -0.6)
        axes.set_xlim(-REACH, REACH)
        axes.set_xlabel("Effect / minimum relevant effect (positive = as claimed)")
        handles = [
            axes.plot([], [], "o-", color=color, label=name)[0] for name, color in _COLORS.items()
        ]
        figure.legend(handles=handles, loc="outside upper right", ncols=3, handlelength=1.2)
        return to_svg(figure, "Effects of all claims with their intervals")


def _draw_effect(axes: Axes, row: int, claim: Model) -> None:
    if claim["interval"][0] is None:
        return
    scale = (1 if claim["claimed"] == "more" else -1) / claim["minimal"]
    ends = np.clip(np.sort(np.array(claim["interval"]) * scale), -REACH, REACH)
    color = _COLORS[claim["verdict"]]
    axes.plot(ends, [row, row], color=color, linewidth=2.2)
    axes.plot([claim["effect"] * scale], [row], "o", color=color, markersize=6)


def draw_claim(claim: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw what followed the events of one claim and their controls, or the values themselves.

    Parameters
    ----------
    claim : mapping
        One element of the ``claims`` of a claims model.
    size : tuple of int
        Width and height in CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    with open_figure(*size) as figure:
        axes = figure.subplots()
        if claim["outcome"]["kind"] == "value":
            _draw_values(axes, claim)
        else:
            _draw_curves(axes, claim, narrow=is_narrow(size))
        axes.legend(loc="best")
        return to_svg(figure, f"What followed the events of the claim {claim['name']}")


def _draw_curves(axes: Axes, claim: Model, *, narrow: bool) -> None:
    curves = claim["curve"]
    bars = np.arange(len(curves["events"]))
    events, controls = (np.array(curves[key], dtype=float) for key in ("events", "controls"))
    axes.plot(bars, controls, color=MUTED, linestyle="--", label="controls")
    axes.plot(bars, events, color=SERIES[0], linewidth=1.8, label=f"{claim['n']:,} events")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=" %"))
    step = max(1, len(bars) // (4 if narrow else 8))
    nice = next((each for each in (1, 2, 3, 4, 6, 12, 24, 48) if each >= step), step)
    axes.set_xticks(bars[::nice])
    axes.set_xlabel("Bars after the event")
    words = {"return": "Log return", "abnormal": "Log return beyond beta"}
    axes.set_ylabel(words.get(claim["outcome"]["kind"], "Share of events"))


def _draw_values(axes: Axes, claim: Model) -> None:
    values = np.array([each for each in claim["values"] if each is not None], dtype=float)
    axes.hist(values, bins=24, color=SERIES[0], alpha=0.75, label=count(len(values), "event"))
    axes.axvline(claim["controls"], color=INK, linestyle=(0, (4, 2)), label="compared with")
    axes.axvline(claim["events"], color=BAD, label="mean of the events")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_xlabel(claim["outcome"]["columns"][0].replace("_", " "))
    axes.set_ylabel("Events")
