"""Colours of the liquidation figures: variables inside a page, real ones in a file of their own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import matplotlib as mpl
from matplotlib.figure import Figure

from kanalo.errors import ParameterError
from kanalo.report.toolkit import canvas
from kanalo.report.toolkit.templates import TEMPLATES

FORMATS = (".png", ".svg")
"""What a figure can be written as."""

_STYLES = TEMPLATES / "report.css"
_POINTS_PER_INCH = 72
_NARROW = 500
_VARIABLE = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]+)")


@dataclass(frozen=True)
class Palette:
    """The colours of one drawing.

    Attributes
    ----------
    paper, ink, muted, grid : str
        Background, text and lines.
    shorts, longs : str
        The side of the POSITION: orange for shorts, blue for longs, in every figure.
    exchanges : tuple of str
        One to an exchange, none of them that of a side.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    shorts: str
    longs: str
    exchanges: tuple[str, ...]


PAGE = Palette(
    "none",
    canvas.INK,
    canvas.MUTED,
    canvas.GRID,
    shorts=canvas.SERIES[1],
    longs=canvas.SERIES[0],
    exchanges=canvas.SERIES[2:],
)
"""Stand-ins that `kanalo.report.toolkit.canvas.to_svg` turns into the page's variables."""

Draw = Callable[[Figure, Palette], None]
"""What draws into an open figure."""


@cache
def light() -> Palette:
    """Return the colours of the report's light theme, read from its style sheet."""
    css = _STYLES.read_text(encoding="utf-8")
    found = dict(_VARIABLE.findall(css[: css.index("}")]))
    series = [found[f"series-{i}"] for i in range(len(canvas.SERIES))]
    return Palette(
        paper=found["paper"],
        ink=found["ink"],
        muted=found["muted"],
        grid=found["grid"],
        shorts=series[1],
        longs=series[0],
        exchanges=tuple(series[2:]),
    )


def is_wide(figure: Figure) -> bool:
    """Tell whether a figure is drawn for a desk rather than a telephone."""
    return figure.get_figwidth() * _POINTS_PER_INCH > _NARROW


def to_inline(draw: Draw, size: tuple[int, int], title: str) -> str:
    """Draw an ``<svg>`` element that takes its colours from the page around it.

    Parameters
    ----------
    draw : callable
        Draws on a figure with a palette.
    size : tuple of int
        Width and height in CSS pixels.
    title : str
        What a screen reader says.

    Returns
    -------
    str
        The element.
    """
    with canvas.open_figure(*size) as figure:
        draw(figure, PAGE)
        return canvas.to_svg(figure, title)


def to_image(
    draw: Draw, size: tuple[int, int], title: str, suffix: str, *, scale: float = 2.0
) -> bytes:
    """Draw a file that stands for itself, in the light theme.

    Parameters
    ----------
    draw : function
        Of a figure and its palette.
    size : tuple of int
        In CSS pixels.
    title : str
        What the figure shows, for those who cannot see it.
    suffix : str
        ``.png`` or ``.svg``.
    scale : float
        Pixels of a PNG per CSS pixel.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ParameterError
        If it is neither.
    """
    if suffix.lower() not in FORMATS:
        raise ParameterError(
            f"A figure's file must end with {' or '.join(FORMATS)}; received {suffix!r}."
        )
    with _open_light(size) as figure:
        draw(figure, light())
        if suffix.lower() == ".svg":
            return _to_document(canvas.to_svg(figure, title), size).encode()
        file = io.BytesIO()
        metadata = {"Software": None, "Title": title}
        figure.savefig(
            file, dpi=scale * _POINTS_PER_INCH, facecolor=light().paper, metadata=metadata
        )
        return file.getvalue()


@contextmanager
def _open_light(size: tuple[int, int]) -> Iterator[Figure]:
    """Open a figure whose stand-ins for ink, muted and grid are the light theme's colours."""
    colors = dict(zip((PAGE.ink, PAGE.muted, PAGE.grid), _inks(light()), strict=True))
    with canvas.open_figure(*size) as figure:
        own = {name: colors[value] for name, value in mpl.rcParams.items() if _is_in(value, colors)}
        with mpl.rc_context(own):
            yield figure


def _inks(palette: Palette) -> tuple[str, str, str]:
    return palette.ink, palette.muted, palette.grid


def _is_in(value: object, colors: dict[str, str]) -> bool:
    return isinstance(value, str) and value in colors


def _to_document(svg: str, size: tuple[int, int]) -> str:
    opening, rest = svg.split(">", 1)
    paper = f'<rect width="100%" height="100%" fill="{light().paper}"/>'
    box = f'width="{size[0]}" height="{size[1]}" font-family="system-ui, sans-serif"'
    return f"{opening} {box}>{paper}{rest}\n"
