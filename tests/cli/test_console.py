"""What is printed: colours of ours, and no character that a label brings along."""

import io

from rich.table import Table
from rich.text import Text

from kanalo.cli.console import new_console

HOSTILE = "\x1b[2Jgone \u202eevil"


def test_labels_cannot_command_the_terminal():
    file = io.StringIO()
    console = new_console(file=file, force_terminal=True, width=80)
    table = Table("Label", HOSTILE)
    table.add_row(Text(HOSTILE, style="red"), "x")
    console.print(table)
    console.print(HOSTILE, markup=False)
    printed = file.getvalue()
    assert "\x1b[2J" not in printed
    assert "\u202e" not in printed
    assert r"\x1b[2Jgone" in printed
    assert "\x1b[31m" in printed  # the style
