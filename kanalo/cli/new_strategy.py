"""``kanalo new-strategy``: begin a rule from a skeleton."""

from __future__ import annotations

from typing import Annotated

import typer


def new_strategy(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="For example my_rule.")],
) -> None:
    """Write a commented strategy to begin from.

    It is a whole rule: it runs, and it passes every check.
    """
    from kanalo.cli.output import note
    from kanalo.workspace.skeleton import write_skeleton

    path = write_skeleton(context.obj.workspace, name)
    if not context.obj.quiet:
        note(f"Wrote {path}")
        note(f"Next: change it, then kanalo run {path.stem}")
