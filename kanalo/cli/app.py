"""The application: its global options and its verbs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from kanalo.cli import (
    audit,
    claims,
    clean,
    compare,
    data,
    data_download,
    data_import,
    data_record,
    diff,
    init,
    judge,
    ledger,
    liquidation_views,
    liquidations,
    monte_carlo,
    new_strategy,
    note,
    now,
    replay,
    run,
    search,
    settings,
    strategies,
    study,
    sweep,
    unseal,
    verify,
    walk_forward,
)
from kanalo.cli.base import CommandGroup, CommandSettings, new_group
from kanalo.cli.examples import OTHERS, PANELS

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
    pending = iter(fill_panel(arguments))
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


def fill_panel(arguments: Iterable[str]) -> list[str]:
    """Give ``--panel`` without a folder an empty value, which stands for the bundled panel.

    Examples
    --------
    >>> fill_panel(["claims", "--panel", "--quiet"])
    ['claims', '--panel', '', '--quiet']
    >>> fill_panel(["claims", "--panel", "coins"])
    ['claims', '--panel', 'coins']
    """
    given = list(arguments)
    filled = []
    for place, each in enumerate(given):
        filled.append(each)
        follows = given[place + 1] if place + 1 < len(given) else "-"
        if each == "--panel" and follows.startswith("-"):
            filled.append("")
    return filled


def _print_version(wanted: bool) -> None:
    if wanted:
        from kanalo import __version__

        typer.echo(f"kanalo {__version__}")
        raise typer.Exit(0)


class Verbs(CommandGroup):
    """The verbs, under what people want of them."""

    def list_panels(self, ctx: Any) -> list[tuple[str, list[str]]]:
        """Return the headings of the help with their verbs, those without one last.

        Parameters
        ----------
        ctx : typer.Context
            Context of the application.

        Returns
        -------
        list of (str, list of str)
            Headings with names of verbs.
        """
        names = [each for each in self.list_commands(ctx) if not self.commands[each].hidden]
        panels = [
            (panel, [each for each in verbs if each in names]) for panel, verbs in PANELS.items()
        ]
        placed = {each for _, verbs in panels for each in verbs}
        return [*panels, (OTHERS, [each for each in names if each not in placed])]


app = new_group(
    cls=Verbs,
    add_completion=True,
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
    context.obj = CommandSettings(workspace, quiet)


app.command("compare")(compare.compare)
app.add_typer(run.app, name="run")
app.command("sweep")(sweep.sweep)
app.command("walk-forward")(walk_forward.walk_forward)
app.command("search")(search.search)
app.command("monte-carlo")(monte_carlo.monte_carlo)
app.command("audit")(audit.audit)
app.command("judge")(judge.judge)
app.command("ledger")(ledger.ledger)
app.command("runs", hidden=True)(ledger.ledger)
app.command("note")(note.note)
app.command("diff")(diff.diff)
app.command("verify")(verify.verify)
app.command("unseal")(unseal.unseal)
app.command("clean")(clean.clean)
app.command("strategies")(strategies.strategies)
liquidations.app.command("map")(liquidation_views.show_map)
liquidations.app.command("flow")(liquidation_views.show_flow)
app.add_typer(liquidations.app, name="liquidations")
app.command("replay")(replay.replay)
app.command("claims")(claims.claims)
app.command("study")(study.study)
data.app.command("download")(data_download.download)
data.app.command("update")(data_download.update)
data.app.command("record")(data_record.record)
data.app.command("import")(data_import.import_data)
data.app.command("remove")(data_import.remove_data)
data.app.command("formats")(data_import.list_formats)
app.add_typer(data.app, name="data")
app.command("now")(now.now)
app.command("settings")(settings.settings)
app.command("new-strategy")(new_strategy.new_strategy)
app.command("init")(init.init)
