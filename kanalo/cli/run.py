"""``kanalo run STRATEGY``: one strategy on one market.

The subcommands are the strategies of the workspace, each with the options that it declares.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli import options
from kanalo.cli.base import CommandGroup, CommandSettings, new_group
from kanalo.cli.options import End, Json, Output, Pdf, Start, Timezone
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

if TYPE_CHECKING:
    from kanalo.experiment.spec import MarketSpec
    from kanalo.strategy import Parameter
    from kanalo.workspace import Workspace


class StrategyGroup(CommandGroup):
    """A group whose commands are the strategies of the workspace, made when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the strategies."""
        return _settings(ctx).workspace.list_strategies()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a strategy and make the command that runs it.

        Parameters
        ----------
        ctx : typer.Context
            Context of ``kanalo run``, with the workspace.
        cmd_name : str
            Name of the strategy.

        Returns
        -------
        click.Command
            The command with one option for each parameter of the strategy.
        """
        return _make_command(_settings(ctx).workspace, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the strategies with their first docstring lines, importing none of them.

        Parameters
        ----------
        ctx : typer.Context
            Context of ``kanalo run``, with the workspace.
        formatter : click.HelpFormatter
            Receives the section "Strategies".
        """
        from kanalo.cli.summary import summarise

        rows = list(summarise(_settings(ctx).workspace).items())
        if rows:
            with formatter.section("Strategies"):
                formatter.write_dl(rows)


app = new_group(
    cls=StrategyGroup,
    help="Run one strategy on one market. `kanalo run STRATEGY --help` lists its parameters.",
    subcommand_metavar="STRATEGY [OPTIONS]",
)


@app.callback()
def _run() -> None:
    pass


def _settings(context: Any) -> CommandSettings:
    settings = context.find_object(CommandSettings)
    return settings if isinstance(settings, CommandSettings) else CommandSettings()


def _make_command(workspace: Workspace, name: str) -> Any:
    """Build the command of one strategy: a function with its signature, given to typer."""
    from kanalo.cli.parameters import declared_parameters, to_option, with_target

    strategy = workspace.load_strategy(name)
    parameters = with_target(strategy, declared_parameters(strategy))

    def run(context: typer.Context, **given: Any) -> None:
        values = _take_parameters(parameters, given, strategy.__name__)
        _run_strategy(context, name.replace("-", "_"), values, **given)

    signature = inspect.signature(_run_strategy, eval_str=True)
    own = [to_option(each) for each in parameters]
    common = [each for each in signature.parameters.values() if each.name not in _GIVEN]
    _check_names(strategy, own, common)
    everything = [signature.parameters["context"], *own, *common]
    run.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in everything}
    run.__doc__ = inspect.getdoc(strategy)
    command = new_group(cls=None)
    command.command(name)(run)
    return typer.main.get_command(command)


_GIVEN = ("context", "name", "values")
"""Arguments of `_run_strategy` that are no options."""


def _check_names(
    strategy: type, own: list[inspect.Parameter], common: list[inspect.Parameter]
) -> None:
    from kanalo.errors import StrategyError

    taken = {each.name for each in common} | {"from", "to", "json", "help"}
    for each in own:
        if each.name in taken:
            raise StrategyError(
                f"The parameter '{each.name}' of {strategy.__name__} has the name of an option of "
                "`kanalo run`; rename it, or set it in a spec for `kanalo compare`."
            )


def _take_parameters(
    parameters: tuple[Parameter, ...], options: dict[str, Any], owner: str
) -> dict[str, Any]:
    """Take the strategy's parameters out of the options, parsed and checked."""
    from kanalo.cli.parameters import parse

    given = {each: options.pop(each.name) for each in parameters}
    return {
        each.name: parse(each, value, owner) for each, value in given.items() if value is not None
    }


@options.takes_account
def _run_strategy(
    context: typer.Context,
    name: str,
    values: dict[str, Any],
    *,
    market: options.MarketName = None,
    data: options.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    costs: Costs,
    execution: Execution,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="compiled, or reference (backtrader): the same fills, slowly."
        ),
    ] = "compiled",
    output: Output = None,
    json_path: Json = None,
    pdf: Pdf = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Write the report anew, too, where it would say the same as before."
        ),
    ] = False,
) -> None:
    from kanalo.cli.reported import run_and_show
    from kanalo.experiment.spec import DEFAULT_COSTS, Spec, StrategySpec

    spec = Spec(
        name=name,
        strategies=(StrategySpec(name, name, values),),
        markets=(_market(context, market, data, timezone=timezone, start=start, end=end),),
        costs={DEFAULT_COSTS: costs},
        execution=execution,
    )
    settings = _settings(context)
    run_and_show(
        spec,
        settings.workspace,
        folder=output,
        json_path=json_path,
        quiet=settings.quiet,
        engine=engine,
        pdf=pdf,
        fresh=fresh,
    )


def _market(
    context: typer.Context, market: str | None, data: Path | None, **window: str | None
) -> MarketSpec:
    from kanalo.experiment.spec import MarketSpec

    options.check_timezone(window["timezone"], data)
    given = {key: value for key, value in window.items() if value is not None}
    if data is None:
        return MarketSpec(market or _settings(context).workspace.default_market, **given)
    if market is not None:
        raise typer.BadParameter("give either --market or --data, not both.")
    return MarketSpec(data.stem, str(data), **given)
