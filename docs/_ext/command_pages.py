"""The reference of the command line: verbs with examples, arguments and options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from kanalo.cli.app import app
from kanalo.cli.base import CommandSettings
from kanalo.cli.examples import EXAMPLES, PANELS

HEAD = """# Commands

Made from the application itself; `kanalo VERB --help` prints the same. `--workspace DIR`, `--quiet`
and `--debug` may stand anywhere on the line. Exit codes: 0 done, 1 failed, 2 wrong usage.
"""


def make_pages() -> dict[str, str]:
    """Return the page of the commands."""
    command = typer.main.get_command(app)
    context = command.make_context("kanalo", ["--help"], resilient_parsing=True)
    context.obj = CommandSettings()
    parts = [HEAD]
    for panel, names in PANELS.items():
        parts.append(f"## {panel}\n")
        for name in names:
            child = command.commands[name]
            parts.extend(_describe(child, context, name))
    return {"cli.md": "\n".join(parts)}


def _describe(command: Any, parent: Any, name: str) -> Iterator[str]:
    """Yield a section for a verb and one for each verb below it."""
    context = type(parent)(command, info_name=name, parent=parent)
    path = context.command_path.removeprefix("kanalo ")
    yield f"### `kanalo {path}`\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    if path in EXAMPLES:
        lines = "\n".join(f"# {each.what}\n{each.line}" for each in EXAMPLES[path])
        yield f"```bash\n{lines}\n```\n"
    yield from _describe_options(command, context)
    for below in () if name == "run" else getattr(command, "commands", ()):
        yield from _describe(command.commands[below], context, below)


def _describe_options(command: Any, context: Any) -> Iterator[str]:
    rows = [each.get_help_record(context) for each in command.get_params(context)]
    shown = [row for row in rows if row and row[0] != "--help"]
    if shown:
        yield "| argument or option | meaning |\n|---|---|"
        yield from (f"| `{_cell(name)}` | {_cell(text)} |" for name, text in shown)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
