"""``kanalo init``: copy the starter workspace out, to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kanalo.text import count


def init(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")
    ],
) -> None:
    """Make a workspace of your own.

    It gets a copy of the strategies, data and experiments, to be changed.
    """
    from kanalo.cli.output import note
    from kanalo.workspace import init_workspace

    workspace = init_workspace(directory)
    if not context.obj.quiet:
        note(
            f"Made a workspace in {workspace.root}: "
            f"{count(len(workspace.list_strategies()), 'strategy', 'strategies')}."
        )
        note(f"Next: cd {directory} && kanalo new-strategy my_rule")
