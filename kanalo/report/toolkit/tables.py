"""Tables of all reports: rows and texts, without a word about how a face draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kanalo.report.toolkit.formats import format_plain
from kanalo.report.toolkit.model import Model


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, the number behind it and whether it is the best of its kind.

    Attributes
    ----------
    text : str
        For people.
    value : float or None
        To sort by; None for text and where there is no value.
    best : bool
        Whether no other in the comparison is better.
    """

    text: str
    value: float | None = None
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One row: a name, its cells, a longer explanation and the section that it opens.

    ``matches`` names the row above whose random yardstick this one is.
    """

    name: str
    cells: tuple[Cell, ...]
    help: str = ""
    section: str = ""
    matches: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table whose first column names the rows."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    help: tuple[str, ...] = field(default=())


def to_named(values: Model, corner: str, column: str) -> Table:
    """Build a table of two columns from a mapping; nested mappings become dotted names.

    Parameters
    ----------
    values : mapping
        Plain values by name.
    corner, column : str
        Headings of the two columns.

    Returns
    -------
    Table
        A row for each value.
    """
    rows = (Row(name, (Cell(format_plain(value)),)) for name, value in _flatten(values))
    return Table(corner, (column,), tuple(rows))


def _flatten(values: Model, prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
