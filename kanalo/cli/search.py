"""``kanalo search STRATEGY``: parameter sets that are proposed where earlier ones were good."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kanalo.cli import options, sweeping
from kanalo.cli.options import End, Json, Output, Start, Timezone
from kanalo.cli.output import keep_report, note, show_model
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

Space = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=LOW:HIGH",
        help="Where to look: weeks=8:104, stop_atr=1:5 (any number between), weeks=8,26,52; may be "
        "repeated.",
    ),
]
Trials = Annotated[int, typer.Option(min=1, metavar="N", help="How many sets to propose.")]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STATISTIC",
        help="What to search for; may be repeated.  [default: sharpe_ratio]",
    ),
]
Sampler = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="tpe (tree-structured Parzen estimator) or cmaes (covariance matrix adaptation, one "
        "objective).",
    ),
]


@options.takes_account
def search(
    context: typer.Context,
    strategy: sweeping.Name,
    space: Space = None,
    constraint: sweeping.Constraints = None,
    trials: Trials = 500,
    by: By = None,
    sampler: Sampler = "tpe",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the proposals.")] = 0,
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
    """Search for good parameter sets with Optuna, where earlier sets were good.

    Writes the study (SQLite, resumed by the same command; more --trials go on from a multiple of
    20), every set with its statistics, the importance of the parameters, and a report. Every set
    goes into the trial ledger of the workspace.
    """
    from kanalo.cluster import open_pool
    from kanalo.report.search.page import print_search, to_search_model, write_search_report
    from kanalo.search import run_search
    from kanalo.sweep import parse_grid

    workspace, quiet = context.obj.workspace, context.obj.quiet
    cls = sweeping.load_rule(workspace, strategy)
    axes = parse_grid(space or [], cls, draws=1).axes
    opened = sweeping.open_market(workspace, market, data, timezone=timezone, start=start, end=end)
    folder = output or workspace.results_dir / f"search-{strategy.replace('-', '_')}"
    asked: Any = {"trials": trials, "by": by or ["sharpe_ratio"], "sampler": sampler, "seed": seed}
    account: Any = {"costs": costs, "execution": execution, "constraints": constraint or []}
    with (
        open_pool(workers, cluster, trust=trust_cluster) as pool,
        sweeping.show_progress(quiet, "sets") as meter,
        sweeping.open_ledger(workspace) as ledger,
    ):
        doing: Any = {"folder": folder, "ledger": ledger, "progress": meter, "pool": pool}
        result = run_search(cls, opened, axes, **asked, **account, **doing)
    if not quiet and meter.resumed:
        note(f"Resumed after {meter.resumed:,} of {trials:,} sets.")
    model = to_search_model(result)
    show_model(model, json_path, print_search)
    keep_report(
        lambda: write_search_report(result, model, folder), asked=output is not None, quiet=quiet
    )
