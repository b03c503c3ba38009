"""The tornado: what each assumption does to the main statistics, as bars from the run's own.

Written as SVG by hand: bars and words need no plotting library, and a report has one for each rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from kanalo.analyzers.statistics import Statistic, get_statistic
from kanalo.report.compare.schema import TornadoModel, VariationModel
from kanalo.report.toolkit.formats import NBSP, format_value

WIDE, NARROW = 900, 340
"""Widths in CSS pixels: for desks and for telephones, where it stands in two frames."""

NAMES = {
    "total_return": "Return",
    "cagr": "CAGR",
    "sharpe_ratio": "Sharpe ratio",
    "max_drawdown": "Max. drawdown",
}
"""The main statistics in their order, and what panels call them."""

_ROW, _HEAD, _FOOT = 21, 40, 28
_FONT = 11
_EDGE = 4
_LABELS = {WIDE: 150, NARROW: 138}
_GAPS = {WIDE: 22, NARROW: 10}
_TICKS = {WIDE: 3, NARROW: 2}


@dataclass(frozen=True)
class _Panel:
    """One statistic: where its panel stands and how its values become places.

    Attributes
    ----------
    shown : Statistic
        What it shows.
    base : float or None
        As run; None where it is not defined.
    left, top, width : float
        Of the bars, in CSS pixels.
    low, high : float
        Values at the left and at the right edge.
    n_ticks : int
        Ticks at most.
    """

    shown: Statistic
    base: float | None
    left: float
    top: float
    width: float
    low: float
    high: float
    n_ticks: int

    def place(self, value: float) -> float:
        """Return the x of a value."""
        return self.left + (value - self.low) / (self.high - self.low) * self.width


def draw_tornado(tornado: TornadoModel, title: str, width: int = WIDE) -> str:
    """Draw the main statistics under every changed assumption.

    Parameters
    ----------
    tornado : mapping
        Of `kanalo.judgement.tornado.Tornado.to_dict`, with at least one variation.
    title : str
        Whose it is: a strategy, a market.
    width : int
        `WIDE` for four panels side by side, `NARROW` for two by two.

    Returns
    -------
    str
        An ``<svg>`` element in the page's colours. Bars reach from the run's own value (the line)
        to that under the assumption, green for better and red for worse; what moves the Sharpe
        ratio most stands at the top; zero is dashed. A change that is not defined has no bar.
    """
    rows = sort_variations(tornado)
    keys = [key for key in NAMES if key in tornado["base"]]
    columns = len(keys) if width == WIDE else 2
    room = _LABELS[width]
    each = (width - room - _EDGE) / columns
    tall = _HEAD + _ROW * len(rows) + _FOOT
    parts: list[str] = []
    for number, key in enumerate(keys):
        line, column = divmod(number, columns)
        top, left = line * tall + _HEAD, room + column * each
        box = left, top, each - _GAPS[width]
        panel = _to_panel(key, tornado, rows, box, _TICKS[width])
        parts += _draw_panel(panel, rows, tall)
        if column == 0:
            parts += _draw_labels(rows, room, top)
    height = math.ceil(len(keys) / columns) * tall
    head = f'<svg viewBox="0 0 {width} {height}" role="img" font-size="{_FONT}"'
    body = "".join(parts)
    return f'{head} aria-label="{escape(f"Assumptions of {title}")}">{body}</svg>'


def sort_variations(tornado: TornadoModel) -> list[VariationModel]:
    """Sort the variations by how far they move the Sharpe ratio, the farthest first."""

    def reach(row: VariationModel) -> float:
        change = row["changes"].get("sharpe_ratio")
        return 0.0 if change is None or math.isnan(change) else -abs(change)

    return sorted(tornado["variations"], key=reach)


def find_ticks(low: float, high: float, at_most: int = 3) -> list[float]:
    """Choose round ticks between two values, as many as there may be.

    Parameters
    ----------
    low, high : float
        Ends of the axis; low < high.
    at_most : int
        Most ticks.

    Returns
    -------
    list of float
        Ascending multiples of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> find_ticks(-0.31, 0.74)
    [0.0, 0.5]
    """
    step = 10.0 ** math.floor(math.log10((high - low) / 100))
    for factor in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        first, last = math.ceil(low / (step * factor)), math.floor(high / (step * factor))
        if last - first < at_most:
            break
    return [round(each * step * factor, 12) for each in range(first, last + 1)]


def _to_panel(
    key: str,
    tornado: TornadoModel,
    rows: Sequence[VariationModel],
    box: tuple[float, float, float],
    n_ticks: int,
) -> _Panel:
    base = _to_known(tornado["base"][key])
    values = [value for row in rows if (value := _to_known(row["statistics"][key])) is not None]
    known = [*values, *([] if base is None else [base])] or [0.0]
    low, high = min(known), max(known)
    # A statistic that nothing changes gets a line in the middle, not one at an edge.
    margin = 0.06 * (high - low) or max(abs(high), 1.0) * 0.5
    return _Panel(get_statistic(key), base, *box, low - margin, high + margin, n_ticks)


def _draw_panel(panel: _Panel, rows: Sequence[VariationModel], tall: int) -> Iterator[str]:
    bottom = panel.top + tall - _HEAD - _FOOT
    unit = f",{NBSP}%" if panel.shown.unit == "fraction" else ""
    as_run = "not defined" if panel.base is None else format_value(panel.base, panel.shown.unit)
    name = f"{NAMES[panel.shown.key]}{unit}"
    yield _write(panel.left, panel.top - 22, name, "font-weight:600")
    yield _write(panel.left, panel.top - 8, f"as run {as_run}", fill="muted")
    for tick in find_ticks(panel.low, panel.high, panel.n_ticks):
        x = panel.place(tick)
        yield _draw_line(x, panel.top, bottom, "muted" if tick == 0 else "grid", dashed=tick == 0)
        text = format_value(tick, panel.shown.unit)
        yield _write(x, bottom + 14, text, "text-anchor:middle", fill="muted")
    yield from _draw_bars(panel, rows)
    if panel.base is not None:
        yield _draw_line(panel.place(panel.base), panel.top - 2, bottom + 2, "ink")


def _draw_bars(panel: _Panel, rows: Iterable[VariationModel]) -> Iterator[str]:
    for place, row in enumerate(rows):
        value = _to_known(row["statistics"][panel.shown.key])
        change = row["changes"][panel.shown.key]
        if panel.base is None or value is None or not change:
            continue
        ends = sorted((panel.place(panel.base), panel.place(value)))
        colour = "good" if change * panel.shown.better > 0 else "bad"
        y, tall = panel.top + place * _ROW + 4, _ROW - 8
        wide = max(ends[1] - ends[0], 0.7)
        told = f"{row['label']}: {format_value(value, panel.shown.unit)}"
        yield (
            f'<rect x="{ends[0]:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall}" '
            f'fill="var(--{colour})"><title>{escape(told)}</title></rect>'
        )


def _draw_labels(rows: Iterable[VariationModel], room: float, top: float) -> Iterator[str]:
    for place, row in enumerate(rows):
        y = top + place * _ROW + _ROW / 2 + 4
        yield _write(room - 10, y, row["label"], "text-anchor:end")


def _draw_line(x: float, top: float, bottom: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="3 3"' if dashed else ""
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" '
        f'stroke="var(--{colour})"{dash}/>'
    )


def _write(x: float, y: float, text: str, style: str = "", *, fill: str = "ink") -> str:
    look = f' style="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="var(--{fill})"{look}>{escape(text)}</text>'


def _to_known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
