"""The curve of judged results: growth on a log scale, and the drawdowns under it."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from kanalo.report.toolkit.axes import WIDE, dress_dates, is_narrow, shorten
from kanalo.report.toolkit.canvas import ON_PAPER, SERIES, open_figure, to_svg
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.series import thin, to_drawdown
from kanalo.report.toolkit.ticks import find_log_ticks

HEIGHT = 300
_DASHES = ("-", "--", ":", "-.")


def draw_records(model: Model, size: tuple[int, int] = WIDE) -> str:
    """Draw what each result made of its start, with the fall from its highest day under it.

    Parameters
    ----------
    model : mapping
        From `to_outside_model`, with at least one result that has daily returns.
    size : tuple of int
        Width in CSS pixels; the height is fixed.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    with open_figure(size[0], HEIGHT, (70, 8, 8, 24)) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(7, 3))
        figure.subplots_adjust(hspace=0.08)
        every, days = [], []
        for number, each in enumerate(list_drawn(model)):
            dates = np.array(each["equity"]["dates"], dtype="datetime64[D]")
            growth = np.array(each["equity"]["values"], dtype=np.float64)
            solvent = np.where(np.logical_and.accumulate(growth > 0), growth, np.nan)
            look = {
                "color": SERIES[number % len(SERIES)],
                "linestyle": _DASHES[number % len(_DASHES)],
            }
            label = shorten(f"\N{ZERO WIDTH SPACE}{each['label']}", 30)
            upper.plot(*thin(dates, solvent, size[0] // 2), label=label, **look)
            lower.plot(*thin(dates, to_drawdown(solvent), size[0] // 2), **look)
            every.append(solvent)
            days.append(dates)
        upper.set_yscale("log")
        values = np.concatenate(every)
        ticks = find_log_ticks(float(np.nanmin(values)), float(np.nanmax(values)))
        upper.yaxis.set_major_locator(FixedLocator(ticks))
        upper.yaxis.set_minor_locator(NullLocator())
        upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        upper.set_ylabel("Multiple of start (log)")
        lower.set_ylabel("Drawdown")
        lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        lower.set_ylim(top=0)
        dress_dates(lower, np.unique(np.concatenate(days)), 4 if is_narrow(size) else 8)
        upper.legend(loc="upper left", **ON_PAPER)
        return to_svg(figure, "Growth and drawdown of the judged results")


def list_drawn(model: Model) -> list[Model]:
    """Return the results that have a curve: two days or more, with something left on the first."""
    return [
        each
        for each in model["results"]
        if len(each["equity"]["values"]) > 1 and (each["equity"]["values"][0] or 0) > 0
    ]
