"""All claims of a trial on a panel in one figure: effects, intervals and the least that matters."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from kanalo.report.toolkit.canvas import INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.formats import format_percent
from kanalo.report.toolkit.model import Model

_ROW = 26
_LEFT, _RIGHT, _TOP, _BOTTOM = 104, 14, 6, 42
_TICKS = {True: 5, False: 9}
"""Most labels of the axis, by whether the figure is for a telephone."""


def draw_overview(claims: Sequence[Model], width: int) -> str:
    """Draw a row a claim, those without an effect left empty.

    Parameters
    ----------
    claims : sequence of mapping
        Of the model: ``name``, ``effect`` and ``interval`` (fractions; None where unknown),
        ``minimal`` (positive) and ``claimed`` (``"more"`` or ``"less"``).
    width : int
        In CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element. Intervals that leave out zero are drawn stronger.
    """
    height = _TOP + _BOTTOM + _ROW * len(claims)
    with open_figure(width, height, (_LEFT, _RIGHT, _TOP, _BOTTOM)) as figure:
        axes = figure.subplots()
        for place, claim in enumerate(claims):
            _draw_claim(axes, claim, place)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(claims)), [str(each["name"]) for each in claims])
        axes.set_ylim(len(claims) - 0.4, -0.6)
        axes.locator_params(axis="x", nbins=_TICKS[width < 500])
        axes.xaxis.set_major_formatter(lambda value, _: format_percent(float(value)))
        axes.set_xlabel("Effect, percent or percentage points")
        return to_svg(figure, "Effects of all claims with their intervals")


def _draw_claim(axes: Axes, claim: Model, place: int) -> None:
    if claim.get("minimal"):
        least = claim["minimal"] * (1 if claim["claimed"] == "more" else -1)
        axes.plot([least, least], [place - 0.32, place + 0.32], color=MUTED, linewidth=2)
    low, high = claim["interval"]
    if low is not None and high is not None:
        strong = low > 0 or high < 0
        axes.plot([low, high], [place, place], color=SERIES[0], linewidth=2.4 if strong else 1.2)
    if claim["effect"] is not None:
        axes.plot([claim["effect"]], [place], "s", color=SERIES[0], markersize=5)
