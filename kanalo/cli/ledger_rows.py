"""The rows that `kanalo ledger` prints, and the questions and pages that it writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanalo.cli.output import note, say
from kanalo.ledger import TRIAL_KINDS, Ledger
from kanalo.ledger.listing import RunRow, list_rows
from kanalo.ledger.memory import begin_question, list_questions
from kanalo.ledger.queries import check_choice
from kanalo.ledger.records import OTHER_KINDS, STATUSES
from kanalo.text import count


@dataclass(frozen=True)
class Wanted:
    """Which runs to list, and in which order.

    Attributes
    ----------
    market, strategy, kind, status, light, text : str or None
        None for any. ``text`` is looked for in what a run was about and in its notes.
    sort : str
        A key of `_ORDERS`.
    """

    market: str | None = None
    strategy: str | None = None
    kind: str | None = None
    status: str | None = None
    light: str | None = None
    text: str | None = None
    sort: str = "run"

    def takes(self, row: RunRow) -> bool:
        """Tell whether a run is wanted."""
        entry, text = row.entry, (self.text or "").lower()
        wanted = (
            (self.market, row.markets),
            (self.strategy, row.rules),
            (self.kind, (entry.kind,)),
            (self.status, (entry.status,)),
            (self.light, [each.get("light") for each in row.results]),
        )
        named = all(value is None or value in values for value, values in wanted)
        return named and text in to_about(row).lower()


def list_runs(ledger: Ledger, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the runs that are wanted, as `kanalo ledger --json` prints them.

    Parameters
    ----------
    ledger : Ledger
        Opened for reading.
    wanted : Wanted
        Filters and order.

    Returns
    -------
    list of dict
        Plain values by name.

    Raises
    ------
    ParameterError
        If a kind or a status does not exist.
    """
    for what, value, choices in (
        ("kind", wanted.kind, (*TRIAL_KINDS, *OTHER_KINDS)),
        ("status", wanted.status, STATUSES),
    ):
        if value is not None:
            check_choice(what, value, choices)
    rows = [_to_run(each) for each in list_rows(ledger) if wanted.takes(each)]
    return sorted(rows, key=lambda row: _ORDERS[wanted.sort](row))


def to_about(row: RunRow) -> str:
    """Say in one cell what a run was about: its rules or its name, its state, and its notes."""
    rules = ", ".join(row.rules) if 0 < len(row.rules) <= 3 else ""
    name = row.what if not rules or row.what in ("", rules) else f"{row.what}: {rules}"
    about = [name or rules] + ([] if row.entry.status == "finished" else [row.entry.status])
    return " · ".join([*filter(None, about), *(f"note: {each.text}" for each in row.notes)])


def begin(path: Path, name: str, because: str) -> None:
    """Begin a question and say what it means.

    Parameters
    ----------
    path : Path
        The ledger.
    name, because : str
        Of the question.
    """
    with Ledger(path) as ledger:
        question = begin_question(ledger, name, because)
        kept = ledger.count_trials()
    say(
        f"Question {question.name!r} counts trials from now on; the {count(kept, 'trial')} made "
        "before are kept, and `kanalo ledger questions` lists them."
    )


def list_counts(ledger: Ledger) -> list[dict[str, Any]]:
    """Return every question with the trials that were made under it."""
    questions = list_questions(ledger)
    ends = [*(each.position for each in questions[1:]), ledger.position()]
    return [
        {
            "name": each.name,
            "created": each.created,
            "because": each.because,
            "trials": ledger.count_trials(after=each.position, position=end),
            "swept": ledger.count_trials(after=each.position, position=end, kinds=("sweep",)),
        }
        for each, end in zip(questions, ends, strict=True)
    ]


def write_page(ledger: Ledger, folder: Path) -> None:
    """Write the page of all runs, and say where.

    Parameters
    ----------
    ledger : Ledger
        Opened for reading.
    folder : Path
        Where it goes.
    """
    from kanalo.report.ledger.page import write_ledger_page

    note(f"Page: {write_ledger_page(list_rows(ledger), folder)}")


def _to_run(row: RunRow) -> dict[str, Any]:
    entry, best = row.entry, row.best
    sharpe = best.get("sharpe_ratio")
    known = row.sharpe_ratio if sharpe is None else sharpe
    return {
        "run": entry.id,
        "created": entry.created,
        "ended": entry.ended,
        "kind": entry.kind,
        "status": entry.status,
        "trials": entry.n_trials,
        "what": row.what,
        "about": to_about(row),
        "rules": list(row.rules),
        "markets": list(row.markets),
        "where": ", ".join(row.markets) if len(row.markets) < 3 else f"{len(row.markets)} markets",
        "light": row.light,
        "total_return": best.get("total_return"),
        "sharpe_ratio": None if math.isnan(known) else known,
        "results": [dict(each) for each in row.results],
        "notes": [{"text": each.text, "created": each.created} for each in row.notes],
        "report": row.report,
        "versions": dict(entry.versions),
        "details": dict(entry.details),
    }


def _by_number(key: str, row: Mapping[str, Any]) -> tuple[float, int]:
    """Sort by a figure; what has none comes first."""
    return (-math.inf if row[key] is None else float(row[key]), row["run"])


_ORDERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "run": lambda row: row["run"],
    "rule": lambda row: (row["about"], row["run"]),
    "market": lambda row: (row["where"], row["run"]),
    "light": lambda row: (("red" in row["light"], "amber" in row["light"]), row["run"]),
    "return": lambda row: _by_number("total_return", row),
    "sharpe": lambda row: _by_number("sharpe_ratio", row),
    "trials": lambda row: _by_number("trials", row),
}
