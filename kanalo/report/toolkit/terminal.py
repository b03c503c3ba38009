"""Tables of the report in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from kanalo.report.toolkit.tables import Cell, Row, Table

LIGHTS = {"green": "green", "amber": "yellow", "red": "bold red"}
BEST = "*"
"""Follows the best value of a column, so that it shows without colours too."""

_NAME_WIDTH = 25


def to_rich(table: Table) -> RichTable:
    """Draw a table of the report as one of rich's, 80 columns wide at most.

    Names are shortened with an ellipsis, and headings wrap, so that figures never do.
    """
    drawn = RichTable(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    drawn.add_column(Text(table.corner), no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH)
    for column in table.columns:
        drawn.add_column(Text(_break(column)), justify="right", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*_to_texts(row))
    return drawn


def to_blocks(table: Table, width: int) -> list[Table]:
    """Split a table whose columns do not fit side by side: each block repeats the rows' names.

    Parameters
    ----------
    table : Table
        Of any number of columns.
    width : int
        Columns of characters that the terminal has.

    Returns
    -------
    list of Table
        One where everything fits. A column wider than the terminal has a block of its own.
    """
    names = [table.corner, *(row.name for row in table.rows)]
    room = width - min(_NAME_WIDTH, max(map(len, names))) - 1
    blocks: list[list[int]] = [[]]
    left = room
    for i in range(len(table.columns)):
        needed = _find_width(table, i)
        if blocks[-1] and needed > left:
            blocks.append([])
            left = room
        blocks[-1].append(i)
        left -= needed
    return [_choose_columns(table, each) for each in blocks]


def _find_width(table: Table, column: int) -> int:
    """Return the characters that a column takes, with the mark of the best and a space between."""
    heading = max(map(len, _break(table.columns[column]).split("\n")))
    cells = (len(row.cells[column].text) + 1 for row in table.rows if len(row.cells) > column)
    return max(heading, *cells, 0) + 1


def _choose_columns(table: Table, columns: list[int]) -> Table:
    rows = tuple(
        replace(row, cells=tuple(row.cells[i] for i in columns if i < len(row.cells)))
        for row in table.rows
    )
    return replace(table, columns=tuple(table.columns[i] for i in columns), rows=rows)


def _to_texts(row: Row) -> Iterable[Text]:
    yield Text("  ↳ at random", style="dim") if row.matches else Text(row.name)
    yield from map(_to_text, row.cells)


def _to_text(cell: Cell) -> Text:
    if cell.best:
        return Text(f"{cell.text}{BEST}", style="bold green")
    return Text(f"{cell.text} ")


def _break(heading: str) -> str:
    """Put one word on a line, so that a column is as wide as its figures."""
    return "\n".join(heading.split()).replace("#\n", "# ")
