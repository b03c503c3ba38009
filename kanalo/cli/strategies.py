"""``kanalo strategies``: list the rules with their parameters."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from kanalo.strategy import Parameter
    from kanalo.workspace import Workspace


def strategies(context: typer.Context) -> None:
    """List the strategies of the workspace and their parameters."""
    from kanalo.cli.summary import summarise

    workspace: Workspace = context.obj.workspace
    failures = [
        _print_strategy(workspace, name, line) for name, line in summarise(workspace).items()
    ]
    if not failures:
        typer.echo(f"No strategies in {workspace.strategies_dir}.")
    if any(failures):
        raise typer.Exit(1)


def _print_strategy(workspace: Workspace, name: str, line: str) -> bool:
    """Print one strategy; return whether it is broken, so that the others are still listed."""
    from kanalo.cli.parameters import declared_parameters
    from kanalo.errors import StrategyError

    typer.secho(name, bold=True)
    _print_indented(line, 2)
    try:
        for parameter in declared_parameters(workspace.load_strategy(name)):
            _print_parameter(parameter)
    except StrategyError as error:
        _print_indented(f"error: {error}", 2)
        return True
    return False


def _print_parameter(parameter: Parameter) -> None:
    from kanalo.cli.parameters import describe

    name = "--" + parameter.name.replace("_", "-")
    _print_indented(f"{name:<20} {describe(parameter)}", 4, hanging=25)


def _print_indented(text: str, indent: int, hanging: int | None = None) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    later = " " * (indent if hanging is None else hanging)
    typer.echo(textwrap.fill(text, width, initial_indent=" " * indent, subsequent_indent=later))
