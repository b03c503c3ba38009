"""``kanalo verify RUN``: do a recorded run again and compare it to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli.options import Timezone
from kanalo.cli.output import find_options, note, progress_bar, say
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


def verify(
    context: typer.Context,
    number: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Number of the run, as `kanalo ledger` lists it, or `last`."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="PATH", help="The bars of a sweep that was run on a file."),
    ] = None,
    timezone: Timezone = None,
) -> None:
    """Do a run again and compare every figure with what the ledger recorded.

    Verdicts are compared against the ledger as it stood then. Exits with 1 and the first
    differences if anything is not the same to the last digit.
    """
    from kanalo.experiment.verify import verify_run
    from kanalo.market import read_bars
    from kanalo.market.holdout import seal_market

    workspace, quiet = context.obj.workspace, context.obj.quiet
    run = _find_number(number, workspace)
    market = None
    if data is not None:
        market = seal_market(read_bars(data, timezone=timezone), workspace.root)
    with progress_bar(quiet) as progress:
        verification = verify_run(
            workspace, run, options=find_options(workspace), market=market, progress=progress
        )
    for each in verification.notes:
        note(each)
    entry = verification.run
    what = f"Run {run} ({entry.kind} of {entry.created[:16].replace('T', ' ')} UTC)"
    if not verification.differences:
        say(f"{what}: {count(verification.n_compared, 'figure')}, all the same.")
        return
    say(f"{what}: {count(len(verification.differences), 'difference')}.")
    for each in verification.differences[:10]:
        say(f"- {each}")
    raise typer.Exit(1)


def _find_number(text: str, workspace: Workspace) -> int:
    """Read the number of a run; ``last`` is the last one that left something to compare with."""
    from kanalo.ledger import LEDGER, TRIAL_KINDS, Ledger
    from kanalo.monte_carlo.engine import KIND

    if text.isdecimal() and int(text) > 0:
        return int(text)
    if text != "last":
        raise typer.BadParameter(f"a run is a number, or 'last'; received {text[:40]!r}.")
    verified = (*TRIAL_KINDS, KIND)
    with Ledger(workspace.results_dir / LEDGER, read_only=True) as ledger:
        numbers = [each.id for each in ledger.runs() if each.kind in verified]
    if not numbers:
        raise typer.BadParameter("the ledger has no run that tried something.")
    return numbers[-1]
