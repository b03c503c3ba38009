"""``kanalo audit``: find out whether a strategy knows what it could not have known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import DEFAULT_MARKET, Json, Timezone
from kanalo.file_formats import AUDIT

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.checks import Certificate
    from kanalo.cli.audited import Subject
    from kanalo.market import Market
    from kanalo.workspace import Workspace

ALL = "all"
KIND = "audit"
"""What the ledger calls an audit."""

SCHEMA = AUDIT.schema
STYLES = {
    "clean": "green",
    "leaks": "bold red",
    "failed": "bold red",
    "no decisions": "yellow",
}
_NOTHING = "it decided nothing that a cut could check, so nothing is known of look-ahead"


Functions = Annotated[
    list[str] | None,
    typer.Option(
        "--function",
        metavar="MODULE:NAME",
        help="A function of a DataFrame of bars that returns signals, a class with the populate_* "
        "methods of freqtrade, or a bt.Strategy; MODULE may be a file. May be repeated.",
    ),
]


def audit(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="STRATEGY|all", help="Names of strategies, or all of them."),
    ] = None,
    functions: Functions = None,
    market: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"A bundled market.  [default {DEFAULT_MARKET}]"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Bars of your own instead: CSV, Parquet or feather."),
    ] = None,
    timezone: Timezone = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Five times as many cuts.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Search again where nothing has changed, too.")
    ] = False,
    json_path: Json = None,
) -> None:
    """Search strategies for look-ahead: decide again on less history, and on other futures.

    Classes written for backtrader run again, and their orders are compared. Exit code 1 if anything
    decided, priced or drawn at a bar depends on later bars; field, bar and cut are named. The
    ledger lists the audit; it is no trial.
    """
    from kanalo.checks.clean import prepare
    from kanalo.cli.audited import certify_subjects, load_subject
    from kanalo.cli.output import find_options, note, progress_bar
    from kanalo.cli.tables import show
    from kanalo.experiment.provenance import find_versions
    from kanalo.ledger import recording

    if market and data:
        raise typer.BadParameter("name --market or --data, not both", ctx=context)
    if not names and not functions:
        raise typer.BadParameter("name a strategy, 'all' or --function MODULE:NAME", ctx=context)
    prepare()  # before anything is loaded: what rules are checked in has seen no history
    workspace: Workspace = context.obj.workspace
    strategies, others = _load(workspace, names or [])
    subjects = [*strategies, *(load_subject(each, workspace.root) for each in functions or ())]
    folder = None if fresh else find_options(workspace).certificates
    history = _open(workspace, market, data, timezone)
    details = _to_details([*(names or ()), *(functions or ())], subjects, history)
    details["thorough"] = thorough
    results, versions = workspace.results_dir, find_versions()
    with recording(results, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        with progress_bar(context.obj.quiet) as progress:
            certificates = certify_subjects(
                subjects, history, thorough=thorough, folder=folder, progress=progress
            )
    model = _to_model(history, certificates, others)
    show(model, json_path, _draw(model))
    if recorder.problem:
        note(f"Nothing was recorded: {recorder.problem}")
    if not model["clean"]:
        raise typer.Exit(1)


def _to_details(names: list[str], subjects: list[Subject], history: Market) -> dict[str, Any]:
    """Return what the ledger keeps of an audit: on what data, of which sources and parameters."""
    from kanalo.cli.audited import describe_subject

    return {
        "what": ", ".join(names),
        "market": history.name,
        "data": dict(history.digests),
        "strategies": dict(describe_subject(each) for each in subjects),
    }


def _open(
    workspace: Workspace, market: str | None, data: Path | None, timezone: str | None
) -> Market:
    from kanalo.market import read_bars
    from kanalo.market.holdout import seal_market

    if data is None:
        return workspace.load_market(market or workspace.default_market)
    return seal_market(read_bars(data, timezone=timezone), workspace.root)


def _load(workspace: Workspace, names: list[str]) -> tuple[list[Subject], list[dict[str, Any]]]:
    """Load strategies; where all are asked for, one that cannot be audited is an entry instead."""
    from kanalo.cli.audited import to_subject
    from kanalo.errors import KanaloError

    everything = ALL in names
    subjects: list[Subject] = []
    others: list[dict[str, Any]] = []
    for name in workspace.list_strategies() if everything else dict.fromkeys(names):
        try:
            subjects.append(to_subject(name, workspace.load_strategy(name)))
        except KanaloError as error:
            if not everything:
                raise
            others.append({"name": name, "verdict": "failed", "faults": [str(error)]})
    return subjects, others


def _to_model(
    history: Market, audited: list[Certificate], others: list[dict[str, Any]]
) -> dict[str, Any]:
    """Gather certificates, and what has none, in the order of their names."""
    certificates = [
        {"faults": each.faults, **each.to_dict(), "note": _to_note(each)} for each in audited
    ]
    rows = sorted([*certificates, *others], key=lambda each: str(each["name"]))
    return {
        "schema": SCHEMA,
        "clean": not any(each["verdict"] in ("leaks", "failed") for each in rows),
        "market": history.name,
        "interval": history.interval,
        "n_bars": len(history),
        "strategies": rows,
    }


def _to_note(certificate: Certificate) -> str:
    """Return what else was noticed, and why there is no verdict where there is none."""
    notes = [certificate.note, _NOTHING if certificate.verdict == "no decisions" else ""]
    return "; ".join(filter(None, notes))


def _draw(model: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.text import Text

    from kanalo.cli.tables import new_table, plain

    yield plain(f"Look-ahead on {model['market']}: {model['n_bars']:,} {model['interval']} bars")
    yield ""
    table = new_table("Strategy", "Verdict", "Cuts", "Decisions", "Bars before a cut")
    for column in table.columns[2:]:
        column.justify = "right"
    for each in model["strategies"]:
        table.add_row(each["name"], Text(each["verdict"], STYLES[each["verdict"]]), *_cells(each))
    yield table
    for each in model["strategies"]:
        for text in (*each.get("faults", ()), each.get("note")):
            if text:
                yield plain(f"\n{each['name']}: {text}.")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if "n_cuts" not in row:
        return ("", "", "")
    decisions = f"{row['n_decisions_checked']:,} of {row['n_decisions']:,}"
    window = "all" if row["window"] is None else f"{row['window']:,}"
    return str(row["n_cuts"]), decisions, window
