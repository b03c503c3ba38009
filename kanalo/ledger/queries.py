"""How the ledger is queried: the joined tables, the latest outcome of each trial, and filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kanalo.errors import ParameterError, shorten, suggestion
from kanalo.ledger.records import OTHER_KINDS, STATUSES, TRIAL_KINDS, Filters

JOINED = (
    "FROM outcomes JOIN trials ON trials.id = outcomes.trial "
    "JOIN settings ON settings.id = trials.setting JOIN runs ON runs.id = outcomes.run"
)

# In SQLite the other columns of a query with one MAX come from the row that has it: here the latest
# finished outcome of a trial, or the latest of all where none has finished.
LATEST = f"""SELECT trials.id AS trial, trials.parameters, trials.created, settings.strategy,
    settings.source, settings.market, settings.interval, settings.data, settings.start,
    settings."end", settings.costs, settings.execution, runs.kind, runs.versions, outcomes.run,
    outcomes.status, outcomes.sharpe, outcomes.n_days, outcomes.returns_path, outcomes.returns_row,
    outcomes.created AS updated,
    MAX((outcomes.status = 'finished') * {1 << 62} + outcomes.id) {JOINED}"""

_CONDITIONS = {
    "market": "settings.market = ?",
    "strategy": "settings.strategy = ?",
    "source": "settings.source = ?",
    "status": "outcomes.status = ?",
    "run": "outcomes.run = ?",
    "since": "outcomes.created >= ?",
    "position": "outcomes.id <= ?",
    "after": "outcomes.id > ?",
}


def check_choice(what: str, value: str, choices: Iterable[str]) -> None:
    """Refuse a word that the ledger does not know.

    Parameters
    ----------
    what : str
        What the word names: ``"kind"`` or ``"status"``.
    value : str
        The word received.
    choices : iterable of str
        The words accepted.

    Raises
    ------
    ParameterError
        If it is none of them; the message suggests the nearest.
    """
    if value not in choices:
        raise ParameterError(
            f"The {what} of a run or an outcome cannot be {shorten(value)}."
            f"{suggestion(str(value), choices)}"
        )


def to_where(filters: Filters) -> tuple[str, list[Any]]:
    """Turn filters into a WHERE clause and its values."""
    chosen: dict[str, Any] = dict(filters)
    kinds = tuple(chosen.pop("kinds", TRIAL_KINDS))
    for kind in kinds:
        check_choice("kind", kind, (*TRIAL_KINDS, *OTHER_KINDS))
    if "status" in chosen:
        check_choice("status", chosen["status"], STATUSES)
    clauses = [f"runs.kind IN ({','.join('?' * len(kinds))})"]
    for name in chosen:
        if name not in _CONDITIONS:
            raise ParameterError(
                f"The ledger cannot be filtered by {name!r}.{suggestion(name, _CONDITIONS)}"
            )
        clauses.append(_CONDITIONS[name])
    return f"WHERE {' AND '.join(clauses)}", [*kinds, *chosen.values()]
