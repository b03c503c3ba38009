"""``kanalo run STRATEGY``: one strategy on one market.

The subcommands are the strategies of the workspace, each with the options that it declares.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import Group, Settings, new_group
from kanalo.cli.options import End, Json, Output, Start, Timezone

if TYPE_CHECKING:
    from kanalo.spec import MarketSpec
    from kanalo.strategy import Parameter
    from kanalo.workspace import Workspace

DEFAULT_MARKET = "xmr_1h"

MarketName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"A bundled market.  [default {DEFAULT_MARKET}]"),
]
Bars = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Bars of your own instead: CSV, Parquet or feather."),
]
Cash = Annotated[float, typer.Option(help="Equity before the first bar.")]
Fee = Annotated[float, typer.Option(help="Fee on every fill, basis points.")]
MakerFee = Annotated[
    float | None,
    typer.Option(help="Fee on target fills, basis points.  [default: that of --fee-bps]"),
]
Slippage = Annotated[float, typer.Option(help="Slippage on market and stop fills, basis points.")]
Funding = Annotated[
    bool, typer.Option("--funding/--no-funding", help="Charge funding on perpetuals.")
]
FundingMissing = Annotated[
    float, typer.Option(help="Rate per funding stamp that the data do not cover.")
]
MaxLeverage = Annotated[float, typer.Option(help="Largest position, as a multiple of equity.")]
BothTouched = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="A bar that touches stop and target counts as stop, target or resolve.",
    ),
]
EntryBarExits = Annotated[
    bool,
    typer.Option(
        "--entry-bar-exits/--no-entry-bar-exits",
        help="Whether stop and target are live on the entry bar.",
    ),
]


class StrategyGroup(Group):
    """A group whose commands are the strategies of the workspace, made when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the strategies."""
        return _settings(ctx).workspace.list_strategies()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a strategy and make the command that runs it."""
        return _make_command(_settings(ctx).workspace, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the strategies with their first docstring lines, importing none of them."""
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


def _settings(context: Any) -> Settings:
    settings = context.find_object(Settings)
    return settings if isinstance(settings, Settings) else Settings()


def _make_command(workspace: Workspace, name: str) -> Any:
    """Build the command of one strategy: a function with its signature, given to typer."""
    from kanalo.cli.parameters import declared_parameters, to_option

    strategy = workspace.load_strategy(name)
    parameters = declared_parameters(strategy)

    def run(context: typer.Context, **options: Any) -> None:
        values = _take_parameters(parameters, options, strategy.__name__)
        _run_strategy(context, name.replace("-", "_"), values, **options)

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


def _run_strategy(
    context: typer.Context,
    name: str,
    values: dict[str, Any],
    *,
    market: MarketName = None,
    data: Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    cash: Cash = 100_000.0,
    fee_bps: Fee = 5.0,
    maker_fee_bps: MakerFee = None,
    slippage_bps: Slippage = 2.0,
    funding: Funding = True,
    funding_missing: FundingMissing = 0.0,
    max_leverage: MaxLeverage = 1.0,
    both_touched: BothTouched = "stop",
    entry_bar_exits: EntryBarExits = True,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="compiled, or reference (backtrader): the same fills, slowly."
        ),
    ] = "compiled",
    output: Output = None,
    json_path: Json = None,
) -> None:
    from kanalo.cli.output import run_and_show
    from kanalo.execution.costs import Costs
    from kanalo.execution.rules import Execution
    from kanalo.spec import DEFAULT_COSTS, Spec, StrategySpec

    spec = Spec(
        name=name,
        strategies=(StrategySpec(name, name, values),),
        markets=(_market(market, data, timezone=timezone, start=start, end=end),),
        costs={
            DEFAULT_COSTS: Costs(fee_bps, maker_fee_bps, slippage_bps, funding, funding_missing)
        },
        execution=Execution(cash, max_leverage, both_touched, entry_bar_exits),
    )
    settings = _settings(context)
    run_and_show(
        spec,
        settings.workspace,
        folder=output,
        json_path=json_path,
        quiet=settings.quiet,
        engine=engine,
    )


def _market(market: str | None, data: Path | None, **window: str | None) -> MarketSpec:
    from kanalo.spec import MarketSpec

    given = {key: value for key, value in window.items() if value is not None}
    if data is None:
        return MarketSpec(market or DEFAULT_MARKET, **given)
    if market is not None:
        raise typer.BadParameter("give either --market or --data, not both.")
    return MarketSpec(data.stem, str(data), **given)
