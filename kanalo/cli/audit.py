"""``kanalo audit``: find out whether a strategy knows what it could not have known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import Json, Timezone

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.checks import Certificate
    from kanalo.market import Market
    from kanalo.strategy import Strategy
    from kanalo.workspace import Workspace

ALL = "all"
KIND = "audit"
"""What the ledger calls an audit."""

SCHEMA = "kanalo.audit/1"
DEFAULT_MARKET = "xmr_1h"
_BAR_BY_BAR = "backtrader strategies decide bar by bar, so there are no decisions to compare"
STYLES = {"clean": "green", "leaks": "bold red", "failed": "bold red", "skipped": "yellow"}


def audit(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="STRATEGY|all", help="Names of strategies, or all of them."),
    ],
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

    Exit code 1 if anything decided, priced or drawn at a bar depends on later bars; field, bar and
    cut are named. The ledger lists the audit; it is no trial.
    """
    from kanalo.checks import certify_all
    from kanalo.cli.data import show
    from kanalo.cli.output import check_writable, note, progress_bar
    from kanalo.experiment import find_versions
    from kanalo.ledger import recording

    if market and data:
        raise typer.BadParameter("name --market or --data, not both", ctx=context)
    workspace: Workspace = context.obj.workspace
    strategies, others = _load(workspace, names)
    folder = None if fresh else workspace.results_dir / "certificates"
    if folder is not None:
        check_writable(folder)
    history = _open(workspace, market, data, timezone)
    details = _to_details(names, strategies, history, thorough=thorough)
    results, versions = workspace.results_dir, find_versions()
    with recording(results, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        with progress_bar(context.obj.quiet) as progress:
            found = certify_all(
                strategies, history, thorough=thorough, folder=folder, progress=progress
            )
    model = _to_model(history, found, others)
    show(model, json_path, _draw(model))
    if recorder.problem:
        note(f"Nothing was recorded: {recorder.problem}")
    if not model["clean"]:
        raise typer.Exit(1)


def _to_details(
    names: list[str], strategies: list[Strategy], history: Market, *, thorough: bool
) -> dict[str, Any]:
    """Return what the ledger keeps of an audit: on what data, of which sources and parameters."""
    from kanalo.provenance import digest_source, to_name

    return {
        "what": ", ".join(names),
        "market": history.name,
        "data": dict(history.digests),
        "strategies": {
            to_name(type(each)): {
                "source": digest_source(type(each)),
                "parameters": dict(each.parameters),
            }
            for each in strategies
        },
        "thorough": thorough,
    }


def _open(
    workspace: Workspace, market: str | None, data: Path | None, timezone: str | None
) -> Market:
    from kanalo.market import read_bars

    if data is None:
        return workspace.load_market(market or DEFAULT_MARKET)
    return read_bars(data, timezone=timezone)


def _load(workspace: Workspace, names: list[str]) -> tuple[list[Strategy], list[dict[str, Any]]]:
    """Load strategies; where all are asked for, one that cannot be audited is an entry instead."""
    from kanalo.errors import KanaloError, StrategyError
    from kanalo.strategy import Strategy

    everything = ALL in names
    found: list[Strategy] = []
    others: list[dict[str, Any]] = []
    for name in workspace.list_strategies() if everything else dict.fromkeys(names):
        try:
            cls = workspace.load_strategy(name)
        except KanaloError as error:
            if not everything:
                raise
            others.append({"name": name, "verdict": "failed", "faults": [str(error)]})
            continue
        if issubclass(cls, Strategy):
            found.append(cls())
        elif everything:
            others.append({"name": name, "verdict": "skipped", "note": _BAR_BY_BAR})
        else:
            raise StrategyError(f"'{name}' cannot be audited: {_BAR_BY_BAR}.")
    return found, others


def _to_model(
    history: Market, found: list[Certificate], others: list[dict[str, Any]]
) -> dict[str, Any]:
    """Gather certificates, and what has none, in the order of their names."""
    certificates = [
        {"verdict": _judge(each), "faults": each.faults, **each.to_dict()} for each in found
    ]
    rows = sorted([*certificates, *others], key=lambda each: str(each["name"]))
    return {
        "schema": SCHEMA,
        "clean": all(each["verdict"] in ("clean", "skipped") for each in rows),
        "market": history.name,
        "interval": history.interval,
        "n_bars": len(history),
        "strategies": rows,
    }


def _judge(certificate: Certificate) -> str:
    if certificate.offences:
        return "leaks"
    return "failed" if certificate.error else "clean"


def _draw(model: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.text import Text

    from kanalo.cli.data import new_table, plain

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
