"""``kanalo walk-forward STRATEGY``: choose parameters in-sample, test them out-of-sample."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli import options, sweeping
from kanalo.cli.options import End, Json, Output, Start, Timezone
from kanalo.cli.output import check_folder, keep_report, show_model
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kanalo.market import Market
    from kanalo.strategy import Strategy
    from kanalo.sweep import Grid
    from kanalo.walk_forward import WalkForward
    from kanalo.walk_forward.cpcv import CrossValidation


class Scheme(StrEnum):
    """How the history is cut."""

    ROLLING = "rolling"
    CPCV = "cpcv"


SchemeChoice = Annotated[
    Scheme,
    typer.Option(
        help="rolling: each test follows its training. cpcv: combinatorial purged "
        "cross-validation, with a distribution of the Sharpe ratio over many histories."
    ),
]
Train = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTH", help="Length of a training window: 730d, 104w …  [default: 730d]"
    ),
]
Test = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTH|N",
        help="Length of a test window; with cpcv the number of groups in a test.  "
        "[default: 180d; cpcv: 2]",
    ),
]
Groups = Annotated[
    int | None,
    typer.Option(metavar="N", help="cpcv: groups that the days are cut into.  [default: 8]"),
]
Embargo = Annotated[
    str | None,
    typer.Option(
        metavar="LENGTH",
        help="cpcv: length left out after each test, behind the purge.  [default: 1 % of all days]",
    ),
]
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


@options.takes_account
def walk_forward(
    context: typer.Context,
    strategy: sweeping.Name,
    grid: sweeping.GridTexts = None,
    constraint: sweeping.Constraints = None,
    random: sweeping.Draws = None,
    seed: sweeping.Seed = 0,
    scheme: SchemeChoice = Scheme.ROLLING,
    train: Train = None,
    test: Test = None,
    groups: Groups = None,
    embargo: Embargo = None,
    anchored: Anchored = False,
    select: Select = "sharpe_ratio",
    min_trades: MinTrades = 1,
    purge: Purge = None,
    market: options.MarketName = None,
    data: options.Bars = None,
    timezone: Timezone = None,
    start: Start = None,
    end: End = None,
    *,
    costs: Costs,
    execution: Execution,
    output: Output = None,
    yes: sweeping.Yes = False,
    workers: sweeping.Workers = None,
    cluster: sweeping.Cluster = None,
    trust_cluster: sweeping.Trust = False,
    json_path: Json = None,
) -> None:
    """Choose parameters in training windows and run them over the tests that follow.

    With --scheme cpcv --groups 8 --test 2 the days are cut into groups, and every choice of two is
    once the test of what the other days choose. Every set of every training goes into the trial
    ledger of the workspace.
    """
    from kanalo.cluster import open_pool

    rolling: dict[str, Any] = {"--train": train, "--anchored": anchored or None}
    rolling |= {"--select": None if select == "sharpe_ratio" else select}
    rolling |= {"--min-trades": None if min_trades == 1 else min_trades}
    rolling |= {"--workers": workers, "--cluster": cluster}
    cpcv = {"--groups": groups, "--embargo": embargo}
    _refuse(context, scheme, cpcv if scheme is Scheme.ROLLING else rolling)
    workspace, quiet = context.obj.workspace, context.obj.quiet
    cls = sweeping.load_rule(workspace, strategy, grid)
    sets = sweeping.read_grid(cls, grid, random, seed, yes=yes, constraints=constraint)
    opened = sweeping.open_market(workspace, market, data, timezone=timezone, start=start, end=end)
    folder = output or workspace.results_dir / f"walk-forward-{strategy.replace('-', '_')}"
    check_folder(folder, asked=output is not None)
    with (
        open_pool(workers, cluster, trust=trust_cluster) as pool,
        sweeping.show_progress(quiet, "windows") as meter,
        sweeping.open_ledger(workspace) as ledger,
    ):
        shared: dict[str, Any] = {"purge": purge, "costs": costs, "execution": execution}
        shared |= {"ledger": ledger, "max_sets": None, "progress": meter}
        result: WalkForward | CrossValidation
        if scheme is Scheme.CPCV:
            cut = {"groups": groups, "test": _to_number(context, test), "embargo": embargo}
            result = _cross_validate(cls, opened, sets, cut, shared)
        else:
            chosen: dict[str, Any] = {"anchored": anchored, "select": select, "pool": pool}
            chosen |= {"min_trades": min_trades}
            result = _walk(cls, opened, sets, {"train": train, "test": test}, chosen | shared)
    _report(result, folder, json_path, asked=output is not None, quiet=quiet)


def _refuse(context: typer.Context, scheme: Scheme, foreign: Mapping[str, Any]) -> None:
    """Refuse options that belong to the other scheme and would be ignored by this one."""
    for name, value in foreign.items():
        if value is not None:
            other = Scheme.ROLLING if scheme is Scheme.CPCV else Scheme.CPCV
            raise typer.BadParameter(f"{name} goes with --scheme {other}", ctx=context)


def _to_number(context: typer.Context, text: str | None) -> int | None:
    if text is not None and not text.isdecimal():
        raise typer.BadParameter(
            f"with --scheme cpcv, --test is the number of groups in a test; received {text[:40]!r}",
            ctx=context,
        )
    return None if text is None else int(text)


def _walk(
    cls: type[Strategy], market: Market, sets: Grid, lengths: Mapping[str, str | None], how: Any
) -> WalkForward:
    from kanalo.walk_forward import run_walk_forward

    given: dict[str, Any] = {key: text for key, text in lengths.items() if text is not None}
    return run_walk_forward(cls, market, sets, **given, **how)


def _cross_validate(
    cls: type[Strategy], market: Market, sets: Grid, cut: Mapping[str, Any], how: Any
) -> CrossValidation:
    from kanalo.walk_forward.cpcv import run_cross_validation

    given = {name: value for name, value in cut.items() if value is not None}
    return run_cross_validation(cls, market, sets, **given, **how)


def _report(
    result: WalkForward | CrossValidation,
    folder: Path,
    json_path: str | None,
    *,
    asked: bool,
    quiet: bool,
) -> None:
    from kanalo.report.walk_forward import cpcv_page
    from kanalo.walk_forward import WalkForward

    if not isinstance(result, WalkForward):
        found = cpcv_page.to_cpcv_model(result)
        show_model(found, json_path, cpcv_page.print_cpcv)
        keep_report(lambda: cpcv_page.write_cpcv_report(found, folder), asked=asked, quiet=quiet)
        return
    from kanalo.report.walk_forward.page import (
        print_walk_forward,
        to_walk_forward_model,
        write_walk_forward_report,
    )

    model = to_walk_forward_model(result)
    show_model(model, json_path, print_walk_forward)
    keep_report(lambda: write_walk_forward_report(model, folder), asked=asked, quiet=quiet)
