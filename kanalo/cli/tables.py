"""Tables and JSON in the terminal, for the commands whose output is a model and a drawing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kanalo.text import escape_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def show(model: dict[str, Any], json_path: str | None, drawing: Iterator[RenderableType]) -> None:
    """Print a model as a drawing, or its JSON on stdout, and write the JSON where it is wanted.

    Parameters
    ----------
    model : dict
        Of plain values; NaN is refused.
    json_path : str or None
        Where the JSON goes: a path, ``"-"`` for stdout in place of the drawing, or None.
    drawing : iterator of renderable
        What rich prints, part by part.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import json

    from kanalo.cli.console import new_console
    from kanalo.cli.output import show_result

    text = escape_json(json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False))

    def draw() -> None:
        console = new_console(highlight=False)
        for part in drawing:
            console.print(part)

    show_result(lambda: text, json_path, draw)


def new_table(*columns: str) -> Table:
    """Return an empty table with the form that all commands share: long cells are folded."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def plain(text: str) -> RenderableType:
    """Return a text that rich prints as it is: brackets in a file's name are no markup."""
    from rich.text import Text

    return Text(text)
