"""``kanalo ledger``: the runs and trials that the workspace remembers."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.text import count, escape_json

if TYPE_CHECKING:
    from kanalo.ledger import Entry, Ledger


class Listing(StrEnum):
    """What to list, or to begin."""

    RUNS = "list"
    TRIALS = "trials"
    QUESTIONS = "questions"
    NEW = "new"


class Order(StrEnum):
    """What the list of runs is sorted by; the best or latest comes last."""

    RUN = "run"
    RULE = "rule"
    MARKET = "market"
    LIGHT = "light"
    RETURN = "return"
    SHARPE = "sharpe"
    TRIALS = "trials"


What = Annotated[
    Listing,
    typer.Argument(
        help="The runs (list), the distinct trials, the questions, or a new question whose trials "
        "are counted afresh."
    ),
]
Because = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Why earlier trials do not belong to the new question."),
]


def ledger(
    context: typer.Context,
    what: What = Listing.RUNS,
    name: Annotated[str | None, typer.Argument(help="Name of the new question.")] = None,
    because: Because = None,
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
    light: Annotated[
        str | None, typer.Option(metavar="LIGHT", help="Only runs with a green, amber or red rule.")
    ] = None,
    find: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only runs with this text or note.")
    ] = None,
    sort: Annotated[Order, typer.Option(help="Sort the runs.")] = Order.RUN,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="Show the last N.")] = 20,
    page: Annotated[
        bool, typer.Option("--page", help="Write all runs to ledger.html beside the ledger.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List every run and trial ever made here, the latest last, or begin a new count of trials.

    `kanalo ledger new NAME --because TEXT` begins a question of its own: verdicts count the trials
    made since. The old count is kept, and every verdict names the question whose trials it counts.
    """
    from kanalo.cli import ledger_rows
    from kanalo.ledger import LEDGER, Ledger

    _check_words(context, what, name, because, light)
    path = context.obj.workspace.results_dir / LEDGER
    if what is Listing.NEW:
        ledger_rows.begin(path, name or "", because or "")
        return
    names = {"market": market, "strategy": strategy}
    filters = {key: value for key, value in names.items() if value is not None}
    with Ledger(path, read_only=True) as opened:
        _check_names(opened, filters)
        if what is Listing.QUESTIONS:
            rows = ledger_rows.list_counts(opened)
        elif what is Listing.TRIALS:
            rows = [_to_trial(each) for each in _find_trials(opened, kind, status, filters)]
        else:
            wanted = ledger_rows.Wanted(market, strategy, kind, status, light, find, sort.value)
            rows = ledger_rows.list_runs(opened, wanted)
        n_trials = opened.count_trials()
        if page:
            ledger_rows.write_page(opened, path.parent)
    if as_json:
        _print_json(rows)
        return
    _print_table(rows[-last:], what)
    typer.echo(f"{count(len(rows), _NOUNS[what])}; {count(n_trials, 'distinct trial')} in all.")


def _check_words(
    context: typer.Context,
    what: Listing,
    name: str | None,
    because: str | None,
    light: str | None,
) -> None:
    """Refuse words that do not go together."""
    new = what is Listing.NEW
    if new and not (name and because):
        raise typer.BadParameter('write: ledger new NAME --because "..."', ctx=context)
    if not new and (name or because):
        raise typer.BadParameter("a name and --because belong to `ledger new`", ctx=context)
    if light not in (None, *_LIGHTS):
        raise typer.BadParameter(
            f"--light must be one of {', '.join(_LIGHTS)}; received {light!r}", ctx=context
        )


def _check_names(opened: Ledger, filters: dict[str, Any]) -> None:
    """Refuse a market or a strategy that nothing was ever done with: it may be misspelt."""
    from kanalo.errors import unknown_name

    trials = opened.trials() if filters else []
    audits = [each.details for each in opened.runs(kind="audit")] if filters else []
    known = {
        "market": {each.outcome.trial.market for each in trials}
        | {str(each["market"]) for each in audits},
        "strategy": {each.outcome.trial.strategy for each in trials}.union(
            *(each["strategies"] for each in audits)
        ),
    }
    for key, name in filters.items():
        if name not in known[key]:
            raise unknown_name(f"{key} in the ledger", name, known[key])


def _find_trials(
    opened: Ledger, kind: str | None, status: str | None, filters: dict[str, Any]
) -> list[Entry]:
    if kind is not None:
        filters["kinds"] = (kind,)
    if status is not None:
        filters["status"] = status
    return opened.trials(**filters)


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

    typer.echo(escape_json(json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False)))


def _print_table(rows: list[dict[str, Any]], what: Listing) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from kanalo.cli.console import new_console

    columns = _COLUMNS[what]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name, _ in columns:  # what is long is folded; numbers and states are never cut
        right = name in _NUMBERS
        table.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=name not in _FOLDED,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(_to_text(row[key], key)) for _, key in columns))
    console = new_console()
    console.width = max(console.width, _NARROWEST)
    console.print(table)


_LIGHTS = ("green", "amber", "red")
_NOUNS = {Listing.RUNS: "run", Listing.TRIALS: "trial", Listing.QUESTIONS: "question"}

_COLUMNS = {
    Listing.RUNS: (
        ("Run", "run"),
        ("Begun (UTC)", "created"),
        ("Kind", "kind"),
        ("What", "about"),
        ("Market", "where"),
        ("Light", "light"),
        ("Return", "total_return"),
        ("Sharpe", "sharpe_ratio"),
    ),
    Listing.TRIALS: (
        ("Trial", "trial"),
        ("Run", "run"),
        ("Strategy", "strategy"),
        ("Market", "market"),
        ("Status", "status"),
        ("Sharpe", "sharpe_ratio"),
        ("Parameters", "parameters"),
    ),
    Listing.QUESTIONS: (
        ("Question", "name"),
        ("Since (UTC)", "created"),
        ("Trials", "trials"),
        ("Of sweeps", "swept"),
        ("Because", "because"),
    ),
}
_FOLDED = ("What", "Strategy", "Market", "Parameters", "Light", "Question", "Because")
_NARROWEST = 60  # columns; a narrower terminal wraps the lines itself
_NUMBERS = ("Run", "Trial", "Trials", "Sharpe", "Return", "Of sweeps")
_NONE = "\N{EN DASH}"


def _to_text(value: Any, key: str) -> str:
    if key == "created":
        return str(value)[:16].replace("T", " ") or _NONE
    if key in ("sharpe_ratio", "total_return"):
        if value is None:
            return _NONE
        text = f"{value:.2f}" if key == "sharpe_ratio" else f"{value:.1%}"
        return text.replace("-", "\N{MINUS SIGN}")
    if key == "parameters":
        return " ".join(f"{name}={each}" for name, each in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
