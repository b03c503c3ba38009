"""Tables and text of the report as Markdown."""

from __future__ import annotations

import re

from kanalo.report.toolkit.tables import Cell, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$&!])")


def to_rows(table: Table, *, align: str = "--:") -> list[str]:
    """Write a table of the report as the lines of a Markdown table.

    Parameters
    ----------
    table : Table
        Any table of a report.
    align : str
        Markdown's mark of the columns' alignment.

    Returns
    -------
    list of str
        Head, rule and one line a row.
    """
    head = [escape(table.corner), *map(escape, table.columns)]
    rule = ["---", *[align] * len(table.columns)]
    body: list[list[str]] = []
    for row in table.rows:
        if row.section:
            body.append([f"**{escape(row.section)}**", *[""] * len(table.columns)])
        body.append([escape(row.name), *map(_to_cell, row.cells)])
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *body)]


def _to_cell(cell: Cell) -> str:
    text = escape(cell.text)
    return f"**{text}**" if cell.best else text


def escape(text: str) -> str:
    r"""Take the power from every character that Markdown or HTML would obey, and join the lines.

    Examples
    --------
    >>> print(escape("sma_cross|<b>"))
    sma\_cross\|\<b\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split(" "))).replace("\n", " ")
