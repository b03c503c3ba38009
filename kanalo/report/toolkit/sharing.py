"""What the figures of a page repeat, written once: styles become classes, equal paths are reused.

The picture stays the same to the pixel; a page of many figures loses a good part of its weight.
Figures of sections that are closed at first are packed, and put in place by the page's script.
"""

from __future__ import annotations

import re
from collections import Counter

_SVG = re.compile(r"<svg .*?</svg>", re.DOTALL)
_STYLED = re.compile(r'(<(?:path|use|text|g|rect|line|circle)\b[^>]*?) style="([^"]*)"')
_LONG_PATH = re.compile(r'<path d="([^"]{400,})"([^>]*?)/>')
_MARK_STYLE = 'style="fill:var(--muted);stroke:var(--muted);stroke-width:0.8"'
_GRID_CLIP = re.compile(
    r'(<path d="M[-.\d ]+l[-.\d ]+") clip-path="[^"]*"( style="[^"]*stroke:var\(--grid\))'
)

OFTEN = 4
"""Elements from which on a style gets a class of its own."""


def share_styles(page: str) -> str:
    """Write the styles that elements of figures repeat as classes, in a ``<style>`` of the page.

    Parameters
    ----------
    page : str
        HTML with a ``<style>`` in its head and ``<svg>`` elements of ours, in which no text or
        attribute holds a bare ``<``.

    Returns
    -------
    str
        The same page; elements look as before.

    Examples
    --------
    >>> line = '<path d="M0 0" style="fill:none"/>'
    >>> share_styles(f"<style></style><svg >{line * 4}</svg>").count('class="k0"')
    4
    """
    drawn = _SVG.sub(_drop_needless, page)
    counts = Counter(found[2] for svg in _SVG.finditer(drawn) for found in _STYLED.finditer(svg[0]))
    names = {
        style: f"k{number}"
        for number, style in enumerate(each for each, n in counts.items() if n >= OFTEN)
    }

    def name(found: re.Match[str]) -> str:
        known = names.get(found[2])
        return found[0] if known is None else f'{found[1]} class="{known}"'

    rules = "".join(f".{each}{{{style}}}" for style, each in names.items())
    shared = _SVG.sub(lambda svg: _STYLED.sub(name, svg[0]), drawn)
    return shared.replace("</style>", f"{rules}</style>", 1)


def _drop_needless(svg: re.Match[str]) -> str:
    """Leave out clips of grid lines, which end with the axes, and colours that tick marks have."""
    text = _GRID_CLIP.sub(r"\1\2", svg[0])
    return re.sub(rf"(<use [^>]*?) {re.escape(_MARK_STYLE)}", r"\1", text)


def take_closed(page: str) -> tuple[str, list[str]]:
    """Take the figures out of the sections of a page that are closed at first.

    Parameters
    ----------
    page : str
        HTML whose ``<details class="strategy">`` hold ``<svg>`` elements and no ``<details>``.

    Returns
    -------
    str
        The page with a place for each, ``<div data-figure>``.
    list of str
        The figures in the order of their places.
    """
    taken: list[str] = []

    def take(svg: re.Match[str]) -> str:
        taken.append(svg[0])
        return _PLACE

    return _CLOSED.sub(lambda part: _SVG.sub(take, part[0]), page), taken


_CLOSED = re.compile(r'<details class="strategy".*?</details>', re.DOTALL)
_PLACE = "<div data-figure></div>"


def share_paths(page: str, prefix: str = "d") -> str:
    """Draw a long path that figures repeat by reference to its first appearance.

    Parameters
    ----------
    page : str
        HTML as for `share_styles`.
    prefix : str
        What the new ids begin with.

    Returns
    -------
    str
        The same page; the first of equal paths has an id, the others are ``<use>``.
    """
    counts = Counter(
        (found[1], _strip_clip(found[2]))
        for svg in _SVG.finditer(page)
        for found in _LONG_PATH.finditer(svg[0])
    )
    ids = {key: f"{prefix}{i}" for i, key in enumerate(key for key, n in counts.items() if n > 1)}
    seen: set[str] = set()

    def refer(found: re.Match[str]) -> str:
        id_ = ids.get((found[1], _strip_clip(found[2])))
        if id_ is None:
            return found[0]
        clip = _CLIP.search(found[2])
        if id_ in seen:
            return f'<use xlink:href="#{id_}"{clip[0] if clip else ""}/>'
        seen.add(id_)
        around = f"<g{clip[0]}>" if clip else "<g>"
        rest = _strip_clip(found[2])
        return f'{around}<path id="{id_}" d="{found[1]}"{rest}/></g>'

    return _SVG.sub(lambda svg: _LONG_PATH.sub(refer, svg[0]), page)


_CLIP = re.compile(r' clip-path="[^"]*"')


def _strip_clip(attributes: str) -> str:
    return _CLIP.sub("", attributes)
