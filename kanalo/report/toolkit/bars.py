"""Small bar figures, written as SVG from numbers alone: a thousandth of what a plot library takes.

A report shows two of them for each result; drawn by matplotlib they would take longer than the
results themselves. Colours are the page's variables, so they follow light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 420, 190
"""Size in CSS pixels: fits a telephone, and two stand beside each other on a desk."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 18, 22
_BELOW = 14  # for the texts of losses
_FLAT = 1e-12  # less than that is no difference
_WIDEST = 72.0
_MOST_LABELS = 9
_MOST_VALUES = 16
_LETTER, _LINE = 7.0, 12.0
"""Room of a letter and of a line of texts, pixels."""


def draw_bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    title: str,
    signs: Sequence[float] | None = None,
) -> str:
    """Draw a bar for each value from the line of zero, its text at its end.

    Parameters
    ----------
    labels : sequence of str
        Under the bars; of many only some are written.
    values : sequence of float or None
        Heights; None leaves a gap.
    texts : sequence of str
        The values for people; written where there are at most 16, and shown on hover always.
    title : str
        For readers that cannot see it.
    signs : sequence of float, optional
        What colours a bar: below zero as a loss, else as a gain; the values by default.

    Returns
    -------
    str
        An ``<svg>`` element as wide as its place.

    Examples
    --------
    >>> draw_bars(["2024"], [0.5], ["50.0"], "Returns by year").count("<rect")
    1
    """
    known = [each for each in values if each is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    span = high - low
    room = HEIGHT - _TOP - _BOTTOM - (_BELOW if low < 0 else 0)
    scale = room / (span if span > _FLAT else 1.0)
    zero = _TOP + high * scale
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(values), 1)
    parts = [
        _draw_bar(_LEFT + i * slot, slot, zero, value, scale, texts[i], (signs or values)[i])
        for i, value in enumerate(values)
        if value is not None
    ]
    if len(values) <= _MOST_VALUES:
        ends = [
            (_LEFT + (i + 0.5) * slot, _find_end(zero, value, scale), texts[i])
            for i, value in enumerate(values)
            if value is not None and texts[i]
        ]
        parts += [_write(*each, "ink") for each in _leave_room(ends)]
    step = -(-len(labels) // _MOST_LABELS)
    parts += [
        _write(_LEFT + (i + 0.5) * slot, HEIGHT - 6, labels[i], "muted")
        for i in range(0, len(labels), max(step, 1))
    ]
    line = f'<path d="M{_LEFT} {zero:.1f}H{WIDTH - _RIGHT}" stroke="var(--muted)"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" '
        f'font-size="11" text-anchor="middle">{"".join(parts)}{line}</svg>'
    )


def _draw_bar(
    left: float,
    slot: float,
    zero: float,
    value: float,
    scale: float,
    text: str,
    sign: float | None,
) -> str:
    """Draw one bar; losses are hatched by an outline, so that colour is not all that tells."""
    height, width = abs(value) * scale, min(max(slot * 0.82, 1.0), _WIDEST)
    top = zero - height if value > 0 else zero
    lost = sign is not None and sign < 0
    look = (
        'fill="var(--bad)" fill-opacity=".45" stroke="var(--bad)"' if lost else 'fill="var(--good)"'
    )
    return (
        f'<rect x="{left + (slot - width) / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" {look}><title>{escape(text)}</title></rect>'
    )


def _leave_room(ends: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Leave out texts that would touch the one before; they are shown on hover still."""
    kept: list[tuple[float, float, str]] = []
    for x, y, text in ends:
        if kept:
            last_x, last_y, last = kept[-1]
            room = _LETTER * (len(text) + len(last)) / 2
            if x - last_x < room and abs(y - last_y) < _LINE:
                continue
        kept.append((x, y, text))
    return kept


def _find_end(zero: float, value: float, scale: float) -> float:
    return zero - value * scale - 4 if value >= 0 else zero - value * scale + 12


def _write(x: float, y: float, text: str, color: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="var(--{color})">{escape(text)}</text>'
