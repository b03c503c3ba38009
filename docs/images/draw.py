"""Draw the README's figure: ``python docs/images/draw.py REPORT.json [FIGURE.svg]``.

The report's own figure of its first market, with the colours of the report's light theme put in, so
that it stands outside of a page.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from kanalo import report
from kanalo.report.figures import draw_equity
from kanalo.report.groups import to_groups

STYLES = Path(report.__file__).parent / "templates" / "report.css"
TARGET = Path(__file__).parent / "comparison.svg"
SIZE = (900, 470)
_VARIABLE = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]+)")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")


def draw(model: dict[str, object]) -> str:
    """Return the figure of the first market as an SVG document."""
    colors = read_light_theme(STYLES.read_text(encoding="utf-8"))
    figure = draw_equity(to_groups(model)[0], SIZE)
    figure = _USE.sub(lambda match: colors[match[1]], figure)
    opening, rest = figure.split(">", 1)
    paper = f'<rect width="100%" height="100%" fill="{colors["paper"]}"/>'
    size = f'width="{SIZE[0]}" height="{SIZE[1]}" font-family="system-ui, sans-serif"'
    return f"{opening} {size}>{paper}{rest}\n"


def read_light_theme(css: str) -> dict[str, str]:
    """Return the variables of the style sheet's first rule."""
    return dict(_VARIABLE.findall(css[: css.index("}")]))


def main(source: str, target: str | Path = TARGET) -> None:
    """Draw the figure of a written report."""
    model = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text(draw(model), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
