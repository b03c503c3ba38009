"""``kanalo verify RUN``: do a recorded run again and compare it to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kanalo.cli.options import Timezone
from kanalo.cli.output import find_options, note, progress_bar


def verify(
    context: typer.Context,
    number: Annotated[
        int,
        typer.Argument(
            metavar="RUN", help="Number of the run, as `kanalo ledger` lists it.", min=1
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
    from kanalo.market import read_bars
    from kanalo.verification import verify_run

    workspace, quiet = context.obj.workspace, context.obj.quiet
    market = None if data is None else read_bars(data, timezone=timezone)
    with progress_bar(quiet) as progress:
        found = verify_run(
            workspace, number, options=find_options(workspace), market=market, progress=progress
        )
    for each in found.notes:
        note(each)
    what = f"Run {number} ({found.run.kind} of {found.run.created[:16].replace('T', ' ')} UTC)"
    if not found.differences:
        typer.echo(f"{what}: {found.n_compared:,} figures, all the same.")
        return
    n = len(found.differences)
    typer.echo(f"{what}: {n:,} difference{'' if n == 1 else 's'}.")
    for each in found.differences[:10]:
        typer.echo(f"- {each}")
    raise typer.Exit(1)
