"""A matplotlib figure that becomes an inline SVG: deterministic, small, and coloured by the page.

Colours are stand-ins that turn into CSS variables, so one drawing serves the light and the dark
theme and print. pyplot and its global state are never touched.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

INK, MUTED, GRID, GOOD, BAD, BAND, PAPER = (f"#01020{i}" for i in range(7))
SERIES = tuple(f"#0304{i:02x}" for i in range(12))
"""Stand-ins for the colours of up to twelve strategies."""

_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    GOOD: "good",
    BAD: "bad",
    BAND: "band",
    PAPER: "paper",
    **{color: f"series-{i}" for i, color in enumerate(SERIES)},
}
_PIXELS_PER_INCH = 72
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kanalo",
    "path.simplify_threshold": 0.4,
    "font.size": 11,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titley": 1.0,  # where it stands anyway: matplotlib would measure every label to find out
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "axes.formatter.use_mathtext": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,
    "legend.frameon": False,
    "legend.fontsize": 11,
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
}
ON_PAPER: Any = {
    "frameon": True,
    "facecolor": PAPER,
    "edgecolor": "none",
    "framealpha": 0.85,
    "fancybox": False,
}
"""Look of a legend that stands over lines: they do not run through its words."""

_SVG_SIZE = re.compile(r' (?:width|height)="[0-9.]+pt"')
_IDS = re.compile(r' id="[A-Za-z0-9.]+_\d+"')
_GLOBAL_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
_FONT_FAMILY = re.compile(r" font-family: [^;]*;")
_PATH = re.compile(r' (?:d|x|y|points)="[^"]*"')
_DECIMALS = re.compile(r"(\.\d)\d+")
_LINES = re.compile(r' d="([MLz0-9.\- ]*)"')
"""Paths of straight lines only."""
_STEP = re.compile(r"([MLz]) *(?:(-?[0-9.]+) (-?[0-9.]+))?")
_ID = re.compile(r'(?<= )id="(\w+)"')
_REFERENCE = re.compile(r'(url\(|xlink:href=")#(\w+)')
_GROUP = re.compile(r"<(/?)g(\s[^>]*)?>")
_UNSEEN = re.compile(
    r' transform="rotate\(-?0 [^"]*\)"'  # turns nothing
    r'|<path d="[^"]*"(?: clip-path="[^"]*")? style="fill:none"/>'  # neither filled nor drawn
    r"|<defs>\s*</defs>"
)
_STYLED = re.compile(r' style="[^"]*"')
_BETWEEN = re.compile(r">\s+<")
_IMAGE = re.compile(r"(?<=data:image/png;base64,)[^\"]*")
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _to_relative(match: re.Match[str]) -> str:
    """Write the lines of a path relative to each other, in tenths: the same picture, shorter."""
    parts: list[str] = []
    x, y, drawing = 0, 0, False
    for command, *place in _STEP.findall(match[1]):
        if command == "z":
            parts.append("z")
            drawing = False
            continue
        to_x, to_y = (round(float(each) * 10) for each in place)
        if command == "M":
            parts.append(f"M{_tenths(to_x)} {_tenths(to_y)}")
            drawing = False
        elif not drawing or (to_x, to_y) != (x, y):
            steps = (_tenths(to_x - x), _tenths(to_y - y))
            line = "".join(each if each.startswith("-") else f" {each}" for each in steps)
            parts.append(line if drawing else f"l{line.lstrip()}")
            drawing = True
        x, y = to_x, to_y
    return f' d="{"".join(parts)}"'


def _tenths(value: int) -> str:
    """Write tenths shortly: ``-5`` as ``-.5``."""
    whole, rest = divmod(abs(value), 10)
    text = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{text}" if value < 0 else text


@contextmanager
def open_figure(
    width: int, height: int, margins: tuple[int, int, int, int] | None = None
) -> Iterator[Figure]:
    """Give a figure of so many CSS pixels, in the report's style and under no global state.

    What is drawn inside the ``with`` block is drawn in that style; `to_svg` belongs there too.

    Parameters
    ----------
    width, height : int
        In CSS pixels.
    margins : tuple of int, optional
        Left, right, top and bottom in pixels. Without them matplotlib makes room for what is drawn,
        which takes as long as the drawing.

    Returns
    -------
    iterator of Figure
        The figure; closed afterwards.
    """
    with mpl.rc_context(_STYLE):
        size = (width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH)
        if margins is None:
            yield Figure(figsize=size, dpi=_PIXELS_PER_INCH, layout="constrained")
            return
        left, right, top, bottom = margins
        figure = Figure(figsize=size, dpi=_PIXELS_PER_INCH)
        figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)
        yield figure


def to_svg(figure: Figure, title: str) -> str:
    """Write a figure as an ``<svg>`` element to stand inside a page.

    Parameters
    ----------
    figure : Figure
        From `open_figure`.
    title : str
        What the figure shows, for those who cannot see it.

    Returns
    -------
    str
        Without a size of its own, without ids that could clash, with CSS variables for colours;
        the same text for the same drawing.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=_METADATA)
    text = file.getvalue()
    text = _GLOBAL_STYLE.sub("", text[text.index("<svg ") :])
    head, body = text.split(">", 1)
    head = f'{_SVG_SIZE.sub("", head)} role="img" aria-label="{escape(title)}"'
    body = _FONT_FAMILY.sub("", _IDS.sub("", body))
    body = _PATH.sub(lambda match: _DECIMALS.sub(r"\1", match[0]).replace("\n", ""), body)
    body = _LINES.sub(_to_relative, body)
    body = _drop_unseen(_IMAGE.sub(_to_palette, body))
    for color, variable in _VARIABLES.items():
        body = body.replace(color, f"var(--{variable})")
    return f"{head}>{body}".strip()


def _to_palette(match: re.Match[str]) -> str:
    """Write an image of few colours with a palette, which loses nothing; others as they are."""
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(match[0])))
    if image.getcolors() is None:  # more than 256
        return match[0].replace("\n", "")
    file = io.BytesIO()
    pixels = np.ascontiguousarray(image.convert("RGBA")).view(np.uint32)[..., 0]
    found, places = np.unique(pixels, return_inverse=True)
    colors = found.view(np.uint8).reshape(-1, 4)
    drawn = Image.fromarray(places.reshape(pixels.shape).astype(np.uint8), "P")
    drawn.putpalette(colors[:, :3].tobytes())
    alpha = colors[:, 3].tobytes()
    drawn.save(file, format="png", optimize=True, transparency=alpha)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _drop_unseen(body: str) -> str:
    """Leave out what changes nothing of the picture: plain groups, empty shapes, white space."""
    body = _STYLED.sub(lambda match: match[0].replace("; ", ";").replace(": ", ":"), body)
    body = _UNSEEN.sub("", body)
    parts: list[str] = []
    last, kept = 0, [True]
    for match in _GROUP.finditer(body):
        parts.append(body[last : match.start()])
        last = match.end()
        if match[1]:
            is_kept = kept.pop()
        else:
            is_kept = bool(match[2])
            kept.append(is_kept)
        if is_kept:
            parts.append(match[0])
    return _BETWEEN.sub("><", "".join([*parts, body[last:]]))


def prefix_ids(svg: str, prefix: str) -> str:
    """Make the ids of a figure its own, so that many may stand in one page.

    Figures of one layout have clips of one id; a browser takes the first, and ignores the clip
    where that figure is hidden.

    Parameters
    ----------
    svg : str
        An ``<svg>`` element.
    prefix : str
        What no other figure of the page has.

    Returns
    -------
    str
        The element with every id and every reference to one renamed.
    """
    renamed = _ID.sub(lambda match: f'id="{prefix}-{match[1]}"', svg)
    return _REFERENCE.sub(lambda match: f"{match[1]}#{prefix}-{match[2]}", renamed)
