"""``kanalo sweep STRATEGY``: every parameter set of a grid, in a folder that can be resumed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli import options, sweeping
from kanalo.cli.options import End, Json, Start, Timezone
from kanalo.cli.output import check_writable, keep_report, note, show_model
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.cluster import Pool
    from kanalo.sweep import Plan, SweepResult
    from kanalo.workspace import Workspace

LARGE = 50_000_000
"""Bytes of a sweep from which on its size is named first."""

Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Folder for the results; by default one of its own for each sweep, below "
        "backtests/results/sweeps of the workspace.",
    ),
]


class Kept(StrEnum):
    """Whose daily returns a folder keeps."""

    SOME = "some"
    ALL = "all"


KeepReturns = Annotated[
    Kept,
    typer.Option(
        help="Whose daily returns the folder keeps: of more than 2,000 sets those of a sample and "
        "of the best, or all.",
    ),
]
RankBy = Annotated[
    str, typer.Option("--by", metavar="STATISTIC", help="What the table ranks the sets by.")
]
Top = Annotated[int, typer.Option(min=1, help="How many of the best sets to list.")]


@options.takes_account
def sweep(
    context: typer.Context,
    strategy: sweeping.Name,
    grid: sweeping.GridTexts = None,
    constraint: sweeping.Constraints = None,
    random: sweeping.Draws = None,
    seed: sweeping.Seed = 0,
    market: options.MarketName = None,
    data: options.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    *,
    costs: Costs,
    execution: Execution,
    by: RankBy = "sharpe_ratio",
    top: Top = 10,
    output: Folder = None,
    keep_returns: KeepReturns = Kept.SOME,
    yes: sweeping.Yes = False,
    workers: sweeping.Workers = None,
    cluster: sweeping.Cluster = None,
    trust_cluster: sweeping.Trust = False,
    json_path: Json = None,
) -> None:
    """Try every parameter set of a grid on one market.

    Writes sweep.parquet (a row for each set with every statistic), daily_returns.npy, heatmaps and
    a report. Interrupted at any moment, the same command resumes. Every set goes into the trial
    ledger of the workspace.
    """
    from kanalo.cluster import open_pool
    from kanalo.report.sweep.page import print_sweep, to_sweep_model, write_sweep_report
    from kanalo.sweep import Plan, digest_manifest, find_sign

    workspace, quiet = context.obj.workspace, context.obj.quiet
    find_sign(by)
    cls = sweeping.load_rule(workspace, strategy, grid)
    plan = Plan(
        cls,
        grid=sweeping.read_grid(cls, grid, random, seed, yes=yes, constraints=constraint),
        market=sweeping.open_market(
            workspace, market, data, timezone=timezone, start=start, end=end
        ),
        costs=costs,
        execution=execution,
        keep_returns=keep_returns.value,
    )
    manifest = plan.to_manifest()
    name = f"{manifest['strategy']}-{digest_manifest(manifest)[:8]}"
    folder = _find_folder(output, workspace.results_dir / "sweeps" / name)
    if not quiet:
        _tell_size(plan, folder)
    with open_pool(workers, cluster, trust=trust_cluster) as pool:
        result = _run(plan, workspace, folder, pool, quiet=quiet)
    model = to_sweep_model(result, manifest, statistic=by, n_top=top)
    show_model(model, json_path, print_sweep)
    if result.folder is not None:
        place = result.folder
        keep_report(lambda: write_sweep_report(model, place), asked=output is not None, quiet=quiet)


def _find_folder(output: Path | None, place: Path) -> Path | None:
    """Choose where a sweep is kept: in memory where nothing was asked and nothing can be kept."""
    from kanalo.errors import WorkspaceError

    try:
        check_writable(output or place)
    except WorkspaceError as error:
        if output is not None:
            raise
        note(f"The sweep is not kept: {error}")
        return None
    return output or place


def _tell_size(plan: Plan, folder: Path | None) -> None:
    """Say how much a large sweep will write, before it begins."""
    from kanalo.analyzers.statistics import STATISTICS
    from kanalo.sweep.keeping import count_kept
    from kanalo.sweep.plan import find_days
    from kanalo.sweep.room import count_bytes

    if folder is None or folder.exists():
        return
    n_days = len(find_days(plan.market.traded))
    n_sets = plan.grid.n_sets
    n_kept = count_kept(n_sets, plan.keep_returns)
    size = count_bytes(n_sets, n_days, len(STATISTICS), n_kept)
    if size < LARGE and n_kept == n_sets:
        return
    text = f"{count(n_sets, 'set')} take up to {size / 1e6:,.0f} MB in {folder}."
    if n_kept < n_sets:
        whole = count_bytes(n_sets, n_days, len(STATISTICS)) / 1e6
        text += (
            f" Daily returns are kept of a sample and of the best, at most {n_kept:,} sets; with "
            f"--keep-returns all it is {whole:,.0f} MB."
        )
    note(text)


def _run(
    plan: Plan, workspace: Workspace, folder: Path | None, pool: Pool | None, *, quiet: bool
) -> SweepResult:
    from kanalo.sweep import run_sweep

    with sweeping.show_progress(quiet, "sets") as meter, sweeping.open_ledger(workspace) as ledger:
        try:
            result = run_sweep(
                plan.strategy,
                plan.market,
                plan.grid,
                costs=plan.costs,
                execution=plan.execution,
                folder=folder,
                ledger=ledger,
                max_sets=None,
                progress=meter,
                pool=pool,
                keep_returns=plan.keep_returns,
            )
        except KeyboardInterrupt:
            if folder is not None:
                sweeping.tell_interruption(meter, folder)
            raise
    if not quiet and meter.resumed is None:
        note("This sweep was done before; here is what it found.")
    elif not quiet and meter.resumed:
        note(f"Resumed after {meter.resumed:,} of {count(meter.total, 'set')}.")
    return result
