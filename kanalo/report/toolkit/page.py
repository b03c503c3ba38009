"""A plain document of sections, tables and figures, as an HTML page and as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from kanalo.report.toolkit.markdown import escape, to_rows
from kanalo.report.toolkit.packing import to_policy
from kanalo.report.toolkit.tables import Table
from kanalo.report.toolkit.templates import open_templates, read_template


@dataclass(frozen=True)
class Figure:
    """One or two drawings of the same (for desks and for telephones) with what they show.

    Attributes
    ----------
    drawings : tuple of str
        ``<svg>`` elements of `kanalo.report.toolkit.canvas.to_svg`.
    caption : str
        For people.
    """

    drawings: tuple[str, ...]
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, figures and tables under it, in this order unless told otherwise.

    Attributes
    ----------
    title : str
        The heading.
    texts : tuple of str
        Paragraphs.
    figures : tuple of Figure
        Drawn in HTML, left out in Markdown.
    tables : tuple of Table
        Sortable in HTML.
    words : bool
        Whether the tables hold words rather than numbers.
    tables_first : bool
        Whether the tables stand above the figures.
    """

    title: str
    texts: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    words: bool = False
    tables_first: bool = False


@dataclass(frozen=True)
class Page:
    """What a report says.

    Attributes
    ----------
    title : str
        What was done.
    facts : str
        On what data.
    answer : str
        The finding in one sentence.
    caveats : tuple of str
        What to know before one believes it.
    sections : tuple of Section
        The evidence.
    """

    title: str
    facts: str
    answer: str
    caveats: tuple[str, ...]
    sections: tuple[Section, ...]


def page_to_html(page: Page) -> str:
    """Write a document as one HTML page that needs nothing but itself."""
    environment = open_templates()
    environment.filters |= {"breakable": str, "drawn": Markup}
    script = read_template("report.js")
    return environment.get_template("page.html").render(
        policy=to_policy([script]),
        page=page,
        title=page.title,
        question=page.facts,
        css=read_template("report.css"),
        scripts=[script],
    )


def page_to_markdown(page: Page) -> str:
    """Write a document as Markdown (GitHub's flavour), without its figures."""
    lines = [f"# {escape(page.title)}", "", escape(page.facts), "", escape(page.answer), ""]
    for caveat in page.caveats:
        lines += [f"- {escape(caveat)}"]
    for section in page.sections:
        lines += ["", *section_to_markdown(section)]
    return "\n".join(lines).rstrip() + "\n"


def section_to_markdown(section: Section) -> list[str]:
    """Write a section as lines of Markdown, without its figures."""
    lines = [f"## {escape(section.title)}", ""]
    for text in section.texts:
        lines += [escape(text), ""]
    for table in section.tables:
        lines += [*to_rows(table, align="---" if section.words else "--:"), ""]
    return lines
