"""``kanalo monte-carlo STRATEGY``: what a rule earns on resampled markets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli import options, sweeping
from kanalo.cli.options import End, Json, Output, Start, Timezone
from kanalo.cli.output import check_folder, keep_report, show_model
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

if TYPE_CHECKING:
    from kanalo.strategy import Strategy

Paths = Annotated[int, typer.Option(min=1, metavar="N", help="How many paths.")]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="blocks (stretches of history in another order), signs (direction by chance), or "
        "garch (bars drawn anew under a fitted volatility).",
    ),
]
Block = Annotated[str, typer.Option(metavar="LENGTH", help="Mean length of a block: 7d, 36h …")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of the strategy: entry=55; may be repeated.",
    ),
]


@options.takes_account
def monte_carlo(
    context: typer.Context,
    strategy: sweeping.Name,
    values: Set = None,
    paths: Paths = 1_000,
    model: Model = "blocks",
    block: Block = "7d",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the paths.")] = 0,
    market: options.MarketName = None,
    data: options.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    *,
    costs: Costs,
    execution: Execution,
    output: Output = None,
    workers: sweeping.Workers = None,
    cluster: sweeping.Cluster = None,
    trust_cluster: sweeping.Trust = False,
    json_path: Json = None,
) -> None:
    """Run a rule on resampled price paths and rank the real result among them.

    Writes the distribution of every statistic, the fans of equity and drawdown, and a report. The
    run goes into the ledger, and `kanalo verify` can do it again.
    """
    from kanalo.cluster import open_pool
    from kanalo.errors import unknown_name
    from kanalo.monte_carlo import MODELS, run_monte_carlo
    from kanalo.report.monte_carlo.page import (
        print_monte_carlo,
        to_monte_carlo_model,
        write_monte_carlo_report,
    )

    if model not in MODELS:
        raise unknown_name("model of paths", model, MODELS)
    workspace, quiet = context.obj.workspace, context.obj.quiet
    cls = sweeping.load_rule(workspace, strategy, values)
    rule = cls.with_parameters(_read_values(cls, values or []))
    opened = sweeping.open_market(workspace, market, data, timezone=timezone, start=start, end=end)
    folder = output or workspace.results_dir / f"monte-carlo-{strategy.replace('-', '_')}-{model}"
    check_folder(folder, asked=output is not None)
    with (
        open_pool(workers, cluster, trust=trust_cluster) as pool,
        sweeping.show_progress(quiet, "paths") as meter,
        sweeping.open_ledger(workspace) as ledger,
    ):
        doing: Any = {"ledger": ledger, "progress": meter, "pool": pool}
        asked: Any = {"paths": paths, "model": model, "block": block, "seed": seed}
        account: Any = {"costs": costs, "execution": execution}
        result = run_monte_carlo(rule, opened, **asked, **account, **doing)
    shown = to_monte_carlo_model(result)
    show_model(shown, json_path, print_monte_carlo)
    keep_report(
        lambda: write_monte_carlo_report(result, shown, folder),
        asked=output is not None,
        quiet=quiet,
    )


def _read_values(cls: type[Strategy], texts: list[str]) -> dict[str, Any]:
    """Read ``--set``: one value for each parameter."""
    from kanalo.sweep import parse_grid

    if not texts:
        return {}
    axes = parse_grid(texts, cls).axes
    values: dict[str, Any] = {}
    for name, axis in axes.items():
        if not isinstance(axis, tuple) or len(axis) != 1:
            number = len(axis) if isinstance(axis, tuple) else "a range"
            raise typer.BadParameter(f"--set {name} takes one value; received {number}.")
        values[name] = axis[0]
    return values
