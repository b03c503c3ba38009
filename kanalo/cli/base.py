"""What all verbs share: the settings and a group of commands in the house's form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kanalo.cli.examples import EXAMPLES

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


@dataclass(frozen=True)
class CommandSettings:
    """What the global options say; verbs find it in ``context.obj``."""

    directory: Path | None = None
    quiet: bool = False

    @property
    def workspace(self) -> Workspace:
        """The workspace to work in."""
        from kanalo.workspace import find_workspace

        return find_workspace(self.directory)


def find_workspace_of(context: Any) -> Workspace:
    """Return the workspace of the command that a context belongs to."""
    settings = context.find_object(CommandSettings)
    return settings.workspace if settings is not None else CommandSettings().workspace


class Verb(TyperCommand):
    """A verb whose help ends with its examples."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples of the verb.

        Parameters
        ----------
        ctx : typer.Context
            Context of the command; its path finds the examples.
        formatter : click.HelpFormatter
            Receives the section "Examples".
        """
        write_examples(ctx, formatter)
        super().format_epilog(ctx, formatter)


class CommandGroup(TyperGroup):
    """A group that shows its help where no command follows, with whole summaries."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples of the group.

        Parameters
        ----------
        ctx : typer.Context
            Context of the group; its path finds the examples.
        formatter : click.HelpFormatter
            Receives the section "Examples".
        """
        write_examples(ctx, formatter)
        super().format_epilog(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands with the whole first sentence of their help.

        Parameters
        ----------
        ctx : typer.Context
            Context of the group.
        formatter : click.HelpFormatter
            Receives one section a panel.
        """
        for panel, names in self.list_panels(ctx):
            rows = [(name, _summarise(self.get_command(ctx, name))) for name in names]
            if rows:
                with formatter.section(panel):
                    formatter.write_dl(rows)

    def list_panels(self, ctx: Any) -> list[tuple[str, list[str]]]:
        """Return the headings of the help with their commands: one heading for all of them.

        Parameters
        ----------
        ctx : typer.Context
            Context of the group.

        Returns
        -------
        list of (str, list of str)
            Headings with names of commands.
        """
        return [("Commands", self.list_commands(ctx))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual, but answer an empty command line with the help.

        Parameters
        ----------
        ctx : typer.Context
            Context of the command.
        args : list of str
            Words of the command line after the command's name.

        Returns
        -------
        list of str
            The words that belong to a subcommand.

        Raises
        ------
        typer.Exit
            With code 0 after the help was printed.
        """
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit(0)
        return super().parse_args(ctx, args)


def write_examples(ctx: Any, formatter: Any) -> None:
    """Write a section with the examples of a verb, each line as it is typed.

    Parameters
    ----------
    ctx : typer.Context
        Context of the verb.
    formatter : click.HelpFormatter
        Receives the section "Examples"; nothing where the verb has none.
    """
    examples = EXAMPLES.get(ctx.command_path.partition(" ")[2], ())
    if not examples:
        return
    with formatter.section("Examples"):
        for each in examples:
            formatter.write_text(f"# {each.what}")
            formatter.write_text(f"\b\n{each.line}")


def _summarise(command: Any) -> str:
    return str(command.get_short_help_str(limit=10_000))


class House(typer.Typer):
    """An application whose commands end their help with examples."""

    def command(self, name: str | None = None, **options: Any) -> Any:
        """Register a command, as typer does, of the class `Verb`.

        Parameters
        ----------
        name : str, optional
            Name of the command; the function's by default.
        **options
            Options of `typer.Typer.command`.

        Returns
        -------
        callable
            Decorator of the function.
        """
        return super().command(name, **{"cls": Verb} | options)


def new_group(**options: Any) -> typer.Typer:
    """Make a group of commands with the house's settings: plain help, no completion of its own."""
    house: dict[str, Any] = {"cls": CommandGroup, "add_completion": False, "rich_markup_mode": None}
    return House(**house | options)
