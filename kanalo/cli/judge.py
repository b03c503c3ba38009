"""``kanalo judge FILE ...``: say of results of other engines whether they are luck."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli.options import Json, Output, Timezone

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.outside.judge import OutsideJudgement
    from kanalo.workspace import Workspace

KIND = "judge"
"""What the ledger calls a judgement of other engines' results."""

HYPEROPT = ".fthypt"
"""Suffix of freqtrade's hyperopt files, which say how many sets were tried."""


class Unit(StrEnum):
    """What returns are counted in."""

    PERCENT = "percent"
    FRACTION = "fraction"


Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Returns, equity or trades of another engine; a .fthypt of freqtrade counts as "
        "the number of trials.",
    ),
]
TrialCount = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Parameter sets and rules tried before these results were chosen, these "
        "included. Not known by default, and then nothing is called better than luck.",
    ),
]
MarketName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The market the trades were made on: adds placebos and the matched holding.",
    ),
]
MarketBars = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Bars of that market as a file instead of --market."),
]
Cash = Annotated[
    float | None,
    typer.Option(metavar="MONEY", help="Equity before the first trade, where no file says."),
]
ReturnUnit = Annotated[Unit | None, typer.Option(help="What returns are counted in.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every draw.")]


def judge(
    context: typer.Context,
    files: Files,
    trials: TrialCount = None,
    market: MarketName = None,
    data: MarketBars = None,
    timezone: Timezone = None,
    cash: Cash = None,
    unit: ReturnUnit = None,
    seed: Seed = 0,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Judge results that another engine made: intervals, PSR, DSR, drawdowns, and what is missing.

    Reads tables of returns or equity, trades of backtesting.py and vectorbt, TradingView's list of
    trades, exports of freqtrade, results of QuantConnect, and TradeAnalyzer of backtrader. The
    layout is recognised.
    """
    from kanalo.cli.output import check_folder, note
    from kanalo.experiment.provenance import find_versions
    from kanalo.judgement.candidates import Options
    from kanalo.ledger import recording
    from kanalo.outside.documents import count_epochs
    from kanalo.outside.judge import judge_records
    from kanalo.outside.read import read_results

    if market and data:
        raise typer.BadParameter("name --market or --data, not both", ctx=context)
    workspace: Workspace = context.obj.workspace
    folder = output or workspace.results_dir / "judge" / files[0].stem
    check_folder(folder, asked=output is not None)
    paths = [path for path in files if path.suffix != HYPEROPT]
    n_trials = _count_trials(
        trials, [count_epochs(path) for path in files if path.suffix == HYPEROPT]
    )
    records = [
        record
        for path in paths
        for record in read_results(path, unit=unit, zone=timezone, cash=cash)
    ]
    history = _open(workspace, market, data, timezone)
    details = {"what": ", ".join(path.name for path in paths), "n_trials": n_trials}
    versions = find_versions()
    with recording(workspace.results_dir, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        judged = judge_records(records, n_trials, market=history, options=Options(seed=seed))
    quiet = context.obj.quiet or json_path == "-"
    _show(judged, folder, json_path, asked=output is not None, quiet=quiet)
    if recorder.problem:
        note(f"Nothing was recorded: {recorder.problem}")


def _show(
    judged: OutsideJudgement, folder: Path, json_path: str | None, *, asked: bool, quiet: bool
) -> None:
    """Print the judgement and write its report."""
    from kanalo.cli.console import new_console
    from kanalo.cli.output import keep_report, show_result
    from kanalo.report.outside.model import to_outside_model
    from kanalo.report.outside.page import print_outside, write_outside_report
    from kanalo.report.toolkit.json_ import to_json

    model = to_outside_model(judged)
    show_result(lambda: to_json(model), json_path, lambda: print_outside(model, new_console()))
    keep_report(lambda: write_outside_report(model, folder), asked=asked, quiet=quiet)


def _count_trials(trials: int | None, epochs: list[int]) -> int | None:
    """Return the number of trials that is stated, or else that hyperopt files hold."""
    if not epochs:
        return trials
    counted = sum(epochs)
    if trials is not None and trials < counted:
        raise typer.BadParameter(
            f"--trials {trials} is less than the {counted} sets of the hyperopt files."
        )
    return counted if trials is None else trials


def _open(
    workspace: Workspace, market: str | None, data: Path | None, timezone: str | None
) -> Market | None:
    from kanalo.market import read_bars
    from kanalo.market.holdout import seal_market

    if data is not None:
        return seal_market(read_bars(data, timezone=timezone), workspace.root)
    return None if market is None else workspace.load_market(market)
