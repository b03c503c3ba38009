"""``kanalo note RUN TEXT``: write down what one thought of a run."""

from __future__ import annotations

from typing import Annotated

import typer


def note(
    context: typer.Context,
    run: Annotated[
        int, typer.Argument(min=1, help="Number of the run, as `kanalo ledger` lists it.")
    ],
    text: Annotated[str, typer.Argument(help="What to remember, up to 2,000 characters.")],
) -> None:
    """Write a note on a run; the list and the page of all runs show it. Notes are never changed."""
    from kanalo.cli.output import say
    from kanalo.ledger import LEDGER, Ledger
    from kanalo.ledger.memory import add_note, list_notes

    path = context.obj.workspace.results_dir / LEDGER
    with Ledger(path, read_only=True):
        pass  # a ledger that does not exist is not made for a note
    with Ledger(path) as ledger:
        add_note(ledger, run, text)
        number = len(list_notes(ledger)[run])
    say(f"Run {run}: note {number} kept.")
