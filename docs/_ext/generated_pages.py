"""Pages of the site that are made from kanalo itself, and links that leave docs/.

Commands, API, columns and spec keys are written into docs/generated when the site is built, so
they cannot lag behind the code. Links of the guides to files elsewhere in the repository lead to
copies of these files on the site.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import api_pages
import command_pages
import variable_pages

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
GENERATED = DOCS / "generated"
COPIES = {
    "data/README.md": "data_tables.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
"""Files outside of docs/ that have a page on the site."""

_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


SITE_LINKS = {
    "`kanalo study --variables`": "generated/variables.md",
    "`help(kanalo)`": "generated/api/index.md",
}
"""Commands that pages name because a checkout has no generated pages; the site links them."""


def setup(app: Any) -> dict[str, Any]:
    """Register the two steps with Sphinx."""
    app.connect("builder-inited", lambda _: write_pages())
    app.connect("source-read", _read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def write_pages() -> None:
    """Write every generated page; a page without a change keeps its time."""
    pages = {
        **command_pages.make_pages(),
        **variable_pages.make_pages(),
        **api_pages.make_pages(),
        **{name: _copy(source) for source, name in COPIES.items()},
    }
    for name, text in pages.items():
        _write(GENERATED / name, text)
    for path in GENERATED.rglob("*.md"):
        if path.relative_to(GENERATED).as_posix() not in pages:
            path.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _copy(source: str) -> str:
    """Return a file of the repository with its links seen from docs/generated."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return move_links(text, ROOT / source, GENERATED / "page.md")


def _read(app: Any, docname: str, source: list[str]) -> None:
    page = Path(app.srcdir) / f"{docname}.md"
    if docname == "decisions/README":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n[0-9]*\n```\n"
    if "generated" not in page.parts:
        source[0] = move_links(source[0], page, page)
        depth = len(page.relative_to(DOCS).parts) - 1
        for command, target in SITE_LINKS.items():
            linked = f"[{command}]({'../' * depth}{target})"
            source[0] = source[0].replace(command, linked)


def move_links(text: str, seen_from: Path, stands_in: Path) -> str:
    """Rewrite the relative links of a page for the place where it stands.

    Parameters
    ----------
    text : str
        Markdown.
    seen_from : Path
        File that the links are relative to.
    stands_in : Path
        File that they will be read from.

    Returns
    -------
    str
        The same text with other links.
    """

    def move(match: re.Match[str]) -> str:
        target = (seen_from.parent / match[1]).resolve()
        target = _find_copy(target)
        relative = os.path.relpath(target, stands_in.parent.resolve())
        return f"]({relative}{match[2] or ''})"

    return _LINK.sub(move, text)


def _find_copy(target: Path) -> Path:
    if not target.is_relative_to(ROOT):
        return target
    name = target.relative_to(ROOT).as_posix()
    if name in ("README.md", "docs/README.md"):
        return DOCS / "index.md"
    if target.is_dir() and (target / "README.md").exists():
        return target / "README.md"
    return GENERATED / COPIES[name] if name in COPIES else target
