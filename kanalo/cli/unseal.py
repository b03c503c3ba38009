"""``kanalo unseal RULE --because TEXT``: run rules on the sealed bars, once, recorded for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import DEFAULT_MARKET, Json, Output

if TYPE_CHECKING:
    import pandas as pd

    from kanalo.ledger import Ledger
    from kanalo.workspace import Workspace

UNSEAL, SECOND_LOOK = "unseal", "second_look"
"""Kinds of the ledger: the first look of a rule at sealed bars, and each later one."""


def unseal(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="RULE...", help="Rules, with the parameters they have.")
    ],
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="Why now; kept with the look.", show_default=False)
    ],
    market: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"A market of the catalog.  [default {DEFAULT_MARKET}]"),
    ] = None,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Run rules on the bars that kanalo.toml seals, with their parameters as they stand.

    The look is recorded for good, whatever comes of it, and the bars stay sealed for every other
    command. The first look of a rule is no trial. A second one is: it counts as a trial from then
    on, and every later verdict on the rule says so.
    """
    from kanalo.ledger import LEDGER, Ledger
    from kanalo.ledger.memory import check_text

    workspace: Workspace = context.obj.workspace
    check_text("reason", because)
    start = _find_start(workspace)
    market = market or workspace.default_market
    chosen = list(dict.fromkeys(each.replace("-", "_") for each in names))
    for each in chosen:
        workspace.load_strategy(each)  # a name that does not exist is no look
    with Ledger(workspace.results_dir / LEDGER) as ledger:
        seen = find_seen(ledger)
    for kind in (UNSEAL, SECOND_LOOK):
        looking = [each for each in chosen if (each in seen) == (kind == SECOND_LOOK)]
        if looking:
            _warn(looking, kind)
            _look(context, looking, kind, because.strip(), market, start, output, json_path)


def find_seen(ledger: Ledger) -> set[str]:
    """Return the rules that have looked at sealed bars, whether or not the look was finished."""
    entries = [*ledger.runs(kind=UNSEAL), *ledger.runs(kind=SECOND_LOOK)]
    return {
        each["name"] for entry in entries for each in entry.details["spec"].get("strategies", ())
    }


def _find_start(workspace: Workspace) -> pd.Timestamp:
    from kanalo.errors import WorkspaceError
    from kanalo.market.holdout import FILE, find_holdout

    start = find_holdout(workspace.root)
    if start is None:
        raise WorkspaceError(
            f"No bar is sealed: {workspace.root / FILE} has no [holdout]. Write `[holdout]` and "
            "`from = 2025-10-01` into it first."
        )
    return start


def _warn(names: list[str], kind: str) -> None:
    from kanalo.cli.output import note

    if kind == SECOND_LOOK:
        note(
            f"{', '.join(names)} looked at sealed bars before: this look counts as a trial, and "
            "later verdicts say so."
        )


def _look(
    context: typer.Context,
    names: list[str],
    kind: str,
    because: str,
    market: str,
    start: pd.Timestamp,
    output: Path | None,
    json_path: str | None,
) -> None:
    from kanalo.cli.reported import run_and_show
    from kanalo.experiment.spec_reader import parse_spec
    from kanalo.market.holdout import unsealed

    content: dict[str, Any] = {
        "name": f"{kind}-{'-'.join(names)}"[:80],
        "title": f"{', '.join(names)} on sealed bars",
        "question": because,
        "markets": [{"name": market, "from": start.isoformat()}],
        "strategies": [{"name": each} for each in names],
    }
    spec = parse_spec(content, source="kanalo unseal")
    with unsealed():
        run_and_show(
            spec,
            context.obj.workspace,
            folder=output,
            json_path=json_path,
            quiet=context.obj.quiet,
            kind=kind,
            judge=True,
        )
