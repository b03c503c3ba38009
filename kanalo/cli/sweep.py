"""``kanalo sweep STRATEGY``: every parameter set of a grid, in a folder that can be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli import run, sweeping
from kanalo.cli.options import End, Json, Start, Timezone
from kanalo.cli.output import check_writable, note

if TYPE_CHECKING:
    from kanalo.sweep import Plan, SweepResult
    from kanalo.workspace import Workspace

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
RankBy = Annotated[
    str, typer.Option("--by", metavar="STATISTIC", help="What the table ranks the sets by.")
]
Top = Annotated[int, typer.Option(min=1, help="How many of the best sets to list.")]


def sweep(
    context: typer.Context,
    strategy: sweeping.Name,
    grid: sweeping.GridTexts = None,
    random: sweeping.Draws = None,
    seed: sweeping.Seed = 0,
    market: run.MarketName = None,
    data: run.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    cash: run.Cash = 100_000.0,
    fee_bps: run.Fee = 5.0,
    maker_fee_bps: run.MakerFee = None,
    slippage_bps: run.Slippage = 2.0,
    funding: run.Funding = True,
    funding_missing: run.FundingMissing = 0.0,
    max_leverage: run.MaxLeverage = 1.0,
    both_touched: run.BothTouched = "stop",
    entry_bar_exits: run.EntryBarExits = True,
    by: RankBy = "sharpe_ratio",
    top: Top = 10,
    output: Folder = None,
    yes: sweeping.Yes = False,
    json_path: Json = None,
) -> None:
    """Try every parameter set of a grid on one market.

    Writes sweep.parquet (a row for each set with every statistic), daily_returns.npy, heatmaps and
    a report. Interrupted at any moment, the same command resumes. Every set goes into the trial
    ledger of the workspace.
    """
    from kanalo.execution.costs import Costs
    from kanalo.execution.rules import Execution
    from kanalo.sweep import Plan, digest_manifest, find_sign

    workspace, quiet = context.obj.workspace, context.obj.quiet
    find_sign(by)
    cls = sweeping.load_rule(workspace, strategy)
    plan = Plan(
        cls,
        grid=sweeping.read_grid(cls, grid, random, seed, yes=yes),
        market=sweeping.open_market(
            workspace, market, data, timezone=timezone, start=start, end=end
        ),
        costs=Costs(fee_bps, maker_fee_bps, slippage_bps, funding, funding_missing),
        execution=Execution(cash, max_leverage, both_touched, entry_bar_exits),
    )
    manifest = plan.to_manifest()
    name = f"{manifest['strategy']}-{digest_manifest(manifest)[:8]}"
    folder = output or workspace.results_dir / "sweeps" / name
    check_writable(folder)
    result = _run(plan, workspace, folder, quiet=quiet)
    _report(result, manifest, by, top, json_path=json_path, quiet=quiet)


def _run(plan: Plan, workspace: Workspace, folder: Path, *, quiet: bool) -> SweepResult:
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
            )
        except KeyboardInterrupt:
            sweeping.tell_interruption(meter, folder)
            raise
    if not quiet and meter.resumed is None:
        note("This sweep was done before; here is what it found.")
    elif not quiet and meter.resumed:
        note(f"Resumed after {meter.resumed:,} of {meter.total:,} sets.")
    return result


def _report(
    result: SweepResult,
    manifest: dict[str, object],
    by: str,
    top: int,
    *,
    json_path: str | None,
    quiet: bool,
) -> None:
    from rich.console import Console

    from kanalo.report.sweep import print_sweep, to_sweep_model, write_sweep_report

    model = to_sweep_model(result, manifest, statistic=by, n_top=top)
    folder = Path(model["folder"])
    written = write_sweep_report(model, folder)
    if sweeping.show(model, json_path):
        print_sweep(model, Console())
    if not quiet:
        note(f"Report: {written[0]}")
