"""What all verbs share: the settings and a group of commands in the house's form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


@dataclass(frozen=True)
class Settings:
    """What the global options say; verbs find it in ``context.obj``."""

    directory: Path | None = None
    quiet: bool = False

    @property
    def workspace(self) -> Workspace:
        """The workspace to work in."""
        from kanalo.workspace import find_workspace

        return find_workspace(self.directory)


class Group(TyperGroup):
    """A group that shows its help where no command follows."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual, but answer an empty command line with the help."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit(0)
        return super().parse_args(ctx, args)


def new_group(**options: Any) -> typer.Typer:
    """Make a group of commands with the house's settings: plain help, no shell completion."""
    house: dict[str, Any] = {"cls": Group, "add_completion": False, "rich_markup_mode": None}
    return typer.Typer(**house | options)
