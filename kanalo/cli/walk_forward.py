"""``kanalo walk-forward STRATEGY``: choose parameters on the past, judge them on what came next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli import run, sweeping
from kanalo.cli.options import End, Json, Output, Start, Timezone
from kanalo.cli.output import check_writable, note

if TYPE_CHECKING:
    from kanalo.walk_forward import WalkForward

Train = Annotated[
    str, typer.Option(metavar="LENGTH", help="Length of a training window: 730d, 104w …")
]
Test = Annotated[str, typer.Option(metavar="LENGTH", help="Length of a test window.")]
Anchored = Annotated[
    bool, typer.Option("--anchored", help="Begin every training at the first bar.")
]
Select = Annotated[
    str, typer.Option(metavar="STATISTIC", help="The statistic that chooses in training.")
]
MinTrades = Annotated[
    int, typer.Option(min=0, help="Fewest trades in training of a set that may be chosen.")
]
Purge = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTH",
        help="Length left out between training and test.  [default: the longest trade]",
    ),
]


def walk_forward(
    context: typer.Context,
    strategy: sweeping.Name,
    grid: sweeping.GridTexts = None,
    random: sweeping.Draws = None,
    seed: sweeping.Seed = 0,
    train: Train = "730d",
    test: Test = "180d",
    anchored: Anchored = False,
    select: Select = "sharpe_ratio",
    min_trades: MinTrades = 1,
    purge: Purge = None,
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
    output: Output = None,
    yes: sweeping.Yes = False,
    json_path: Json = None,
) -> None:
    """Choose parameters in training windows and run them over the tests that follow.

    Every set of every training goes into the trial ledger of the workspace.
    """
    from kanalo.execution.costs import Costs
    from kanalo.execution.rules import Execution
    from kanalo.walk_forward import run_walk_forward

    workspace, quiet = context.obj.workspace, context.obj.quiet
    cls = sweeping.load_rule(workspace, strategy)
    chosen_from = sweeping.read_grid(cls, grid, random, seed, yes=yes)
    opened = sweeping.open_market(workspace, market, data, timezone=timezone, start=start, end=end)
    folder = output or workspace.results_dir / f"walk-forward-{strategy.replace('-', '_')}"
    check_writable(folder)
    with (
        sweeping.show_progress(quiet, "windows") as meter,
        sweeping.open_ledger(workspace) as ledger,
    ):
        result = run_walk_forward(
            cls,
            opened,
            chosen_from,
            train=train,
            test=test,
            anchored=anchored,
            select=select,
            min_trades=min_trades,
            purge=purge,
            costs=Costs(fee_bps, maker_fee_bps, slippage_bps, funding, funding_missing),
            execution=Execution(cash, max_leverage, both_touched, entry_bar_exits),
            ledger=ledger,
            max_sets=None,
            progress=meter,
        )
    _report(result, folder, json_path=json_path, quiet=quiet)


def _report(result: WalkForward, folder: Path, *, json_path: str | None, quiet: bool) -> None:
    from rich.console import Console

    from kanalo.report.walk_forward import (
        print_walk_forward,
        to_walk_forward_model,
        write_walk_forward_report,
    )

    model = to_walk_forward_model(result)
    written = write_walk_forward_report(model, folder)
    if sweeping.show(model, json_path):
        print_walk_forward(model, Console())
    if not quiet:
        note(f"Report: {written[0]}")
