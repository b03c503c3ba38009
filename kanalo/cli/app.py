"""The application: its global options and its verbs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from kanalo.cli import (
    audit,
    claims,
    compare,
    data,
    data_import,
    init,
    ledger,
    liquidation_views,
    liquidations,
    new_strategy,
    replay,
    run,
    strategies,
    study,
    sweep,
    verify,
    walk_forward,
)
from kanalo.cli.base import Group, Settings, new_group

GLOBAL_FLAGS = ("--debug", "--quiet", "-q")


def hoist(arguments: Iterable[str]) -> list[str]:
    """Move the global options to the front, so that they may stand anywhere on the line.

    Examples
    --------
    >>> hoist(["compare", "--workspace", "home", "--json", "-", "--quiet"])
    ['--workspace', 'home', '--quiet', 'compare', '--json', '-']
    """
    front: list[str] = []
    rest: list[str] = []
    pending = iter(arguments)
    for each in pending:
        if each == "--":
            rest += [each, *pending]
        elif each == "--workspace":
            value = next(pending, None)
            if value is None:
                return [each]  # and the parser says that its value is missing
            front += [each, value]
        elif each in GLOBAL_FLAGS or each.startswith("--workspace="):
            front.append(each)
        else:
            rest.append(each)
    return front + rest


def _print_version(wanted: bool) -> None:
    if wanted:
        from kanalo import __version__

        typer.echo(f"kanalo {__version__}")
        raise typer.Exit(0)


class Verbs(Group):
    """The verbs in the order in which people meet them."""

    order = (
        "compare",
        "run",
        "sweep",
        "walk-forward",
        "audit",
        "ledger",
        "verify",
        "strategies",
        "new-strategy",
        "liquidations",
        "study",
        "replay",
        "claims",
        "data",
        "init",
    )

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the verbs; those without a place of their own come last."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: (*self.order, name).index(name))


app = new_group(
    cls=Verbs,
    help="Test rules for trading Monero on real history: what did they earn, at what drawdown?",
    epilog="--workspace, --quiet and --debug may stand anywhere. Exit codes: 0 done, 1 failed, "
    "2 wrong usage.",
)


@app.callback()
def _set_up(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="KANALO_WORKSPACE",
            show_envvar=True,
            help="Folder with strategies, data and backtests. By default the nearest parent of "
            "the working directory that has strategies/__init__.py, else what kanalo brings "
            "along.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no notes.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    del debug, version  # the error handler and the callback read them
    context.obj = Settings(workspace, quiet)


app.command("compare")(compare.compare)
app.add_typer(run.app, name="run")
app.command("sweep")(sweep.sweep)
app.command("walk-forward")(walk_forward.walk_forward)
app.command("audit")(audit.audit)
app.command("ledger")(ledger.ledger)
app.command("verify")(verify.verify)
app.command("strategies")(strategies.strategies)
liquidations.app.command("map")(liquidation_views.show_map)
liquidations.app.command("flow")(liquidation_views.show_flow)
app.add_typer(liquidations.app, name="liquidations")
app.command("replay")(replay.replay)
app.command("claims")(claims.claims)
app.command("study")(study.study)
data.app.command("import")(data_import.import_data)
data.app.command("formats")(data_import.list_formats)
app.add_typer(data.app, name="data")
app.command("new-strategy")(new_strategy.new_strategy)
app.command("init")(init.init)
