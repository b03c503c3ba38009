"""Do a recorded run again and compare it with the ledger, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kanalo.errors import UnknownNameError, WorkspaceError
from kanalo.experiment.past import PastWorkspace
from kanalo.experiment.provenance import find_versions
from kanalo.experiment.repeat_paths import repeat_monte_carlo
from kanalo.experiment.repeat_search import repeat_search
from kanalo.experiment.reproduce import read_spec, to_record
from kanalo.experiment.run_spec import Progress, run_spec
from kanalo.ledger import (
    Entry,
    Ledger,
    Outcome,
    RunEntry,
    load_daily,
    load_figures,
    load_record,
    recording,
)
from kanalo.ledger.records import SECOND_LOOK
from kanalo.monte_carlo.engine import KIND as MONTE_CARLO
from kanalo.search.engine import KIND as SEARCH
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.judgement.judge import Options
    from kanalo.market import Market
    from kanalo.workspace import Workspace

MOST_SETS = 1_000
"""Sets of a sweep that are tried again; of more, an even sample."""

_WHOLE = ("compare", "run")
_SEALED = ("unseal", SECOND_LOOK)
_PROVENANCE = ("data", "strategies")


@dataclass(frozen=True)
class Verification:
    """What doing a run again came to.

    Attributes
    ----------
    run : RunEntry
        The run.
    n_compared : int
        Figures that were compared.
    differences : tuple of str
        What differs, in order, a sentence each; empty if nothing does.
    notes : tuple of str
        What may explain differences but is none itself: other versions of packages; and which data
        have grown since.
    """

    run: RunEntry
    n_compared: int
    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()


def verify_run(
    workspace: Workspace,
    number: int,
    *,
    options: Options | None = None,
    market: Market | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Do a run of the ledger again and compare every figure.

    Comparisons and single runs are compared by every statistic and, where they were judged, by
    their verdicts against the ledger as it stood then; sweeps by the Sharpe ratio and the daily
    returns of their sets; searches by the digests of the sets that the same seed proposes
    and of their statistics; Monte Carlos by the places and the digests of all paths; walk-forward
    tests, which keep no daily returns, by the Sharpe ratio.

    Parameters
    ----------
    workspace : Workspace
        Whose ledger, strategies and data.
    number : int
        Number of the run, as `kanalo ledger` lists it.
    options : Options, optional
        How rules that were judged are judged again; must be as then.
    market : Market, optional
        For sweeps on bars that are not in the catalog.
    progress : callable, optional
        As for `run_spec`.

    Returns
    -------
    Verification
        How many figures were compared, and which differ.

    Raises
    ------
    UnknownNameError
        If the ledger has no such run.
    WorkspaceError
        If there is no ledger, or the run left nothing to compare with.
    """
    folder = workspace.results_dir
    versions, details = find_versions(), {"run": number}
    with recording(folder, "verify", versions=versions, details=details) as recorder:
        recorder.begin()
        if recorder.ledger is None:
            raise WorkspaceError(recorder.problem)
        entry = _find_run(recorder.ledger, number)
        notes = tuple(_compare_versions(entry.versions, versions))
        if entry.kind in _SEALED:
            raise WorkspaceError(
                f"Run {number} looked at sealed bars, and doing it again would be another look: "
                "`kanalo unseal RULE --because TEXT`."
            )
        if entry.kind == MONTE_CARLO:
            then, now = repeat_monte_carlo(folder, entry, workspace, market)
            return Verification(entry, _count(now), tuple(_differ(then, now, "paths")), notes)
        if entry.kind == SEARCH and load_record(folder, number) is not None:
            then, now = repeat_search(folder, entry, workspace, market)
            return Verification(entry, _count(now), tuple(_differ(then, now, "search")), notes)
        if entry.kind not in _WHOLE:
            past = PastWorkspace.of(workspace, _find_data(recorder.ledger, entry))
            differences, count = _verify_sets(recorder.ledger, entry, past, market)
            grown = past.describe_growth() if market is None else ()
            return Verification(entry, count, tuple(differences), notes + grown)
        record = load_figures(folder, entry)
        recorder.position = record["position"] or 0
        past = PastWorkspace.of(workspace, record["provenance"]["data"])
        notes += past.describe_growth()
        comparison = run_spec(
            read_spec(entry.details),
            past,
            engine=entry.details["engine"],
            cross_check=False,
            recorder=recorder,
            options=options if entry.details["judged"] else None,
            progress=progress,
        )
    # The same road through JSON, so that numbers of one value are one.
    again = json.loads(json.dumps(to_record(comparison)))
    return Verification(entry, _count(record["results"]), tuple(_compare(record, again)), notes)


def _find_data(ledger: Ledger, entry: RunEntry) -> dict[str, str]:
    """Return the digests of the files that the sets of a sweep were tried on."""
    trials = ledger.trials(run=entry.id, kinds=(entry.kind,))
    return {file: sha for each in trials for file, sha in each.outcome.trial.data.items()}


def _find_run(ledger: Ledger, number: int) -> RunEntry:
    for each in ledger.runs():
        if each.id == number:
            return each
    raise UnknownNameError(f"The ledger {ledger.path} has no run {number}.")


def _compare_versions(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name, version in then.items():
        if name in now and now[name] != version:
            yield f"{name} was {version} and is {now[name]}."


# -- comparisons -----------------------------------------------------------------------------------


def _compare(record: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    for key in _PROVENANCE:
        yield from _differ(record["provenance"][key], again["provenance"][key], key)
    pairs = zip(record["results"], again["results"], strict=False)
    if len(record["results"]) != len(again["results"]):
        yield f"It had {count(len(record['results']), 'result')} and has {len(again['results'])}."
    for old, new in pairs:
        yield from _differ(old, new, f"{old['market']} / {old['costs']} / {old['label']}")


def _differ(old: Any, new: Any, where: str) -> Iterator[str]:
    """Name every value that is not the same; NaN is the same as NaN."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differ(old.get(key), new.get(key), f"{where} / {key}")
    elif old != new and not (_is_nan(old) and _is_nan(new)):
        yield f"{where} was {old!r} and is {new!r}."


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def _count(values: Any) -> int:
    if isinstance(values, dict):
        return sum(map(_count, values.values()))
    return sum(map(_count, values)) if isinstance(values, list) else 1


# -- sweeps ----------------------------------------------------------------------------------------


def _verify_sets(
    ledger: Ledger, entry: RunEntry, workspace: Workspace, market: Market | None
) -> tuple[list[str], int]:
    entries = ledger.trials(run=entry.id, kinds=(entry.kind,))
    if not entries:
        raise WorkspaceError(f"Run {entry.id} ({entry.kind}) left no outcome to compare with.")
    if len(entries) > MOST_SETS:
        rows = np.linspace(0, len(entries) - 1, MOST_SETS).round().astype(int)
        entries = [entries[row] for row in rows]
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for each in entries:
        trial = each.outcome.trial
        groups.setdefault((trial.market, trial.start, trial.end), []).append(each)
    differences: list[str] = []
    for (name, start, end), group in groups.items():
        whole = workspace.load_market(name) if market is None else market
        differences += _verify_group(group, whole.between(start, end), workspace)
    kept = sum(load_daily(each.outcome) is not None for each in entries)
    return differences, len(entries) + kept


def _verify_group(group: Sequence[Entry], market: Market, workspace: Workspace) -> Iterator[str]:
    """Simulate sets of one market and window again; they share costs and account."""
    from kanalo.analyzers.batch.engine import simulate_many
    from kanalo.execution.costs import Costs
    from kanalo.execution.deciding import decide
    from kanalo.execution.rules import Execution
    from kanalo.strategy.digest import digest_source
    from kanalo.strategy.target_vol import create

    trial = group[0].outcome.trial
    cls: Any = workspace.load_strategy(trial.strategy)
    if digest_source(cls) != trial.source:
        yield f"The source of {trial.strategy} has changed."
    yield from _differ(dict(trial.data), dict(market.digests) or dict(trial.data), "data")
    batch = simulate_many(
        market.traded,
        (
            decide(create(cls, each.outcome.trial.parameters), market).since(market.first)
            for each in group
        ),
        Costs.of_record(trial.costs),
        Execution.of_record(trial.execution),
    )
    sharpes = batch.statistics()["sharpe_ratio"].to_numpy(np.float64)
    for row, each in enumerate(group):
        yield from _compare_set(each.outcome, float(sharpes[row]), batch.daily[row])


def _compare_set(outcome: Outcome, sharpe: float, daily: Any) -> Iterator[str]:
    where = json.dumps(dict(outcome.trial.parameters))
    yield from _differ(outcome.sharpe_ratio, sharpe, f"{where} / sharpe_ratio")
    kept = load_daily(outcome)
    if kept is None:
        if str(outcome.returns_path):
            yield f"{where} / the daily returns in {outcome.returns_path} are missing or cut."
        return
    old, new = kept.to_numpy(np.float32), np.asarray(daily, dtype=np.float32)
    if len(old) != len(new):
        yield f"{where} / daily returns were {len(old)} and are {len(new)}."
    elif not np.array_equal(old, new, equal_nan=True):
        day = int(np.flatnonzero(~((old == new) | (np.isnan(old) & np.isnan(new))))[0])
        date = kept.index[day].date()
        yield f"{where} / the return of {date} was {old[day]!s} and is {new[day]!s}."
