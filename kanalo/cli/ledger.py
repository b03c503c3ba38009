"""``kanalo ledger``: the runs and trials that the workspace remembers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kanalo.ledger import Entry, Ledger, RunEntry


class Listing(StrEnum):
    """What to list."""

    RUNS = "list"
    TRIALS = "trials"


def ledger(
    context: typer.Context,
    what: Annotated[
        Listing, typer.Argument(help="The runs (list), or the distinct trials.")
    ] = Listing.RUNS,
    market: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what was tried on this market.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what was tried with this strategy.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Only run, compare, sweep, audit ...")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only finished, aborted or started.")
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="Show the last N.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List every run and trial ever made here, the latest last."""
    from kanalo.ledger import LEDGER, Ledger

    names = {"market": market, "strategy": strategy}
    filters = {key: value for key, value in names.items() if value is not None}
    path = context.obj.workspace.results_dir / LEDGER
    with Ledger(path, read_only=True) as opened:
        if what is Listing.TRIALS:
            rows = [_to_trial(each) for each in _find_trials(opened, kind, status, filters)]
        else:
            rows = [_to_run(each) for each in _find_runs(opened, kind, status, filters)]
        n_trials = opened.count_trials()
    if as_json:
        _print_json(rows)
        return
    _print_table(rows[-last:], what)
    typer.echo(f"{len(rows):,} {what.name.lower()}; {n_trials:,} distinct trials in all.")


def _find_runs(
    opened: Ledger, kind: str | None, status: str | None, filters: dict[str, Any]
) -> Iterator[RunEntry]:
    for each in opened.runs(kind=kind, status=status):
        if (
            not filters
            or opened.count_trials(run=each.id, kinds=(each.kind,), **filters)
            or _was_audited(each, filters)
        ):
            yield each


def _was_audited(entry: RunEntry, filters: dict[str, Any]) -> bool:
    """Tell whether a run that tries nothing looked at a market and a strategy."""
    if entry.kind != "audit":
        return False
    details = entry.details
    market, strategy = filters.get("market"), filters.get("strategy")
    return market in (None, details["market"]) and (
        strategy is None or strategy in details["strategies"]
    )


def _find_trials(
    opened: Ledger, kind: str | None, status: str | None, filters: dict[str, Any]
) -> list[Entry]:
    if kind is not None:
        filters["kinds"] = (kind,)
    if status is not None:
        filters["status"] = status
    return opened.trials(**filters)


def _to_run(entry: RunEntry) -> dict[str, Any]:
    spec = entry.details.get("spec", {})
    named = [each["name"] for each in spec.get("strategies", ())]
    told = next((str(entry.details[key]) for key in _TOLD if entry.details.get(key)), "")
    return {
        "run": entry.id,
        "created": entry.created,
        "ended": entry.ended,
        "kind": entry.kind,
        "status": entry.status,
        "trials": entry.n_trials,
        "what": str(spec.get("name", "")) or ", ".join(named) or told,
        "versions": dict(entry.versions),
        "details": dict(entry.details),
    }


def _to_trial(entry: Entry) -> dict[str, Any]:
    outcome = entry.outcome
    sharpe = outcome.sharpe_ratio
    return {
        "trial": entry.id,
        "run": entry.run,
        "updated": entry.updated,
        "kind": entry.kind,
        "status": outcome.status,
        "strategy": outcome.trial.strategy,
        "market": outcome.trial.market,
        "sharpe_ratio": None if math.isnan(sharpe) else sharpe,
        "n_days": outcome.n_days,
        "parameters": dict(outcome.trial.parameters),
        "costs": dict(outcome.trial.costs),
        "start": outcome.trial.start,
        "end": outcome.trial.end,
        "source": outcome.trial.source,
        "data": dict(outcome.trial.data),
    }


def _print_json(rows: list[dict[str, Any]]) -> None:
    import json

    typer.echo(json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False))


def _print_table(rows: list[dict[str, Any]], what: Listing) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    trials = what is Listing.TRIALS
    columns = _TRIAL_COLUMNS if trials else _RUN_COLUMNS
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name, _ in columns:
        right = name in _NUMBERS
        table.add_column(
            name, justify="right" if right else "left", no_wrap=True, overflow="ellipsis"
        )
    for row in rows:
        table.add_row(*(Text(_to_text(row[key], key)) for _, key in columns))
    Console().print(table)


_TOLD = ("strategy", "run", "what")
"""Details that say what a run without a spec was about."""

_RUN_COLUMNS = (
    ("Run", "run"),
    ("Begun (UTC)", "created"),
    ("Kind", "kind"),
    ("Status", "status"),
    ("Trials", "trials"),
    ("What", "what"),
)
_TRIAL_COLUMNS = (
    ("Trial", "trial"),
    ("Run", "run"),
    ("Strategy", "strategy"),
    ("Market", "market"),
    ("Status", "status"),
    ("Sharpe", "sharpe_ratio"),
    ("Parameters", "parameters"),
)
_NUMBERS = ("Run", "Trial", "Trials", "Sharpe")


def _to_text(value: Any, key: str) -> str:
    if key == "created":
        return str(value)[:16].replace("T", " ")
    if key == "sharpe_ratio":
        return "\N{EN DASH}" if value is None else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
    if key == "parameters":
        return " ".join(f"{name}={each}" for name, each in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
