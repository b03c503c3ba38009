"""Templates, styles and scripts of the HTML pages."""

from __future__ import annotations

from pathlib import Path

import jinja2
from markupsafe import Markup

TEMPLATES = Path(__file__).parent.parent / "templates"


def open_templates() -> jinja2.Environment:
    """Return an environment that escapes all text and refuses names that are not defined."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def read_template(name: str) -> Markup:
    """Read a style sheet or a script of the package, to be put into a page without escaping."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
