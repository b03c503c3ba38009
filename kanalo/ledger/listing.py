"""Every run of the ledger as one row: when, which rules and markets, what came of it, notes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kanalo.ledger.ledger import Ledger
from kanalo.ledger.memory import NOTE, QUESTION, Note, list_notes
from kanalo.ledger.records import RunEntry
from kanalo.ledger.rows import to_float

_SUBJECTS = ("strategy", "run", "what", "name")
"""Details that say what a run without a spec was about."""

_OF_RUNS = """SELECT outcomes.run AS run, settings.strategy AS strategy, settings.market AS market,
    MAX(outcomes.sharpe) AS sharpe FROM outcomes JOIN trials ON trials.id = outcomes.trial
    JOIN settings ON settings.id = trials.setting
    GROUP BY outcomes.run, settings.strategy, settings.market"""


@dataclass(frozen=True)
class RunRow:
    """A run with what it tried and what came of it.

    Attributes
    ----------
    entry : RunEntry
        The run.
    rules, markets : tuple of str
        What was tried, or audited.
    what : str
        Name of the experiment, or what else the run was about.
    results : tuple of mapping
        Of comparisons and single runs: ``label``, ``market``, ``costs``, ``light`` (or None),
        ``total_return``, ``cagr``, ``sharpe_ratio``, ``max_drawdown``, ``n_trades`` of each result.
    sharpe_ratio : float
        The best of its trials; NaN where there is none.
    notes : tuple of Note
        In order.
    """

    entry: RunEntry
    rules: tuple[str, ...]
    markets: tuple[str, ...]
    what: str
    results: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    sharpe_ratio: float = math.nan
    notes: tuple[Note, ...] = ()

    @property
    def light(self) -> str:
        """The lights of its judged results, such as ``"2 amber, 1 red"``; empty without any."""
        lights = [each["light"] for each in self.results if each.get("light")]
        if len(lights) < 2:
            return "".join(lights)
        counts = ((lights.count(name), name) for name in ("green", "amber", "red"))
        return ", ".join(f"{number} {name}" for number, name in counts if number)

    @property
    def best(self) -> Mapping[str, Any]:
        """The result with the best Sharpe ratio, of a rule where rules were judged; or empty."""
        shown = [each for each in self.results if each.get("light")] or self.results
        known = [each for each in shown if _rank(each) > -math.inf]
        return max(known, key=_rank, default=shown[0] if shown else {})

    @property
    def report(self) -> str:
        """Folder of its report; empty where none is known."""
        return str(self.entry.details.get("folder") or "")


def list_rows(ledger: Ledger) -> list[RunRow]:
    """Return every run but notes, in order.

    Parameters
    ----------
    ledger : Ledger
        To be read.

    Returns
    -------
    list of RunRow
        By number, ascending.
    """
    notes = list_notes(ledger)
    tried: dict[int, list[Any]] = {}
    for row in ledger.select(_OF_RUNS):
        tried.setdefault(row["run"], []).append(row)
    return [
        _to_row(each, tried.get(each.id, ()), notes.get(each.id, ()))
        for each in ledger.runs()
        if each.kind != NOTE
    ]


def _to_row(entry: RunEntry, tried: Sequence[Any], notes: tuple[Note, ...]) -> RunRow:
    details = entry.details
    spec = details.get("spec", {})
    named = [each["name"] for each in spec.get("strategies", ())]
    strategies = details.get("strategies")
    audited = [*strategies] if isinstance(strategies, Mapping) else []
    rules = dict.fromkeys([*(row["strategy"] for row in tried), *named, *audited])
    market = details.get("market")
    seen = [*(row["market"] for row in tried), *(each["name"] for each in spec.get("markets", ()))]
    markets = dict.fromkeys([*seen, *([market] if isinstance(market, str) and market else [])])
    about = next((str(details[key]) for key in _SUBJECTS if details.get(key)), "")
    sharpes = [to_float(row["sharpe"]) for row in tried]
    return RunRow(
        entry,
        tuple(rules),
        tuple(markets),
        str(spec.get("name", "")) or ", ".join(named) or about,
        tuple(details.get("results", ())),
        max((each for each in sharpes if not math.isnan(each)), default=math.nan),
        notes,
    )


def _rank(result: Mapping[str, Any]) -> float:
    sharpe = result.get("sharpe_ratio")
    return -math.inf if sharpe is None else float(sharpe)


def is_question(row: RunRow) -> bool:
    """Tell whether a row begins a question, which is no run of anything."""
    return row.entry.kind == QUESTION
