"""Do a recorded run again and compare it with the ledger, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kanalo.errors import UnknownNameError, WorkspaceError
from kanalo.experiment import Progress, find_versions, run_spec
from kanalo.ledger import Entry, Ledger, Outcome, RunEntry, load_daily, load_record, recording
from kanalo.records import read_spec, to_record

if TYPE_CHECKING:
    from kanalo.judgement.judge import Options
    from kanalo.market import Market
    from kanalo.workspace import Workspace

MOST_SETS = 1_000
"""Sets of a sweep that are tried again; of more, an even sample."""

_WHOLE = ("compare", "run")
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
        What may explain differences but is none itself: other versions of packages.
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
    their verdicts against the ledger as it stood then; sweeps and walk-forward tests by the Sharpe
    ratio and the daily returns of their sets.

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
        if entry.kind not in _WHOLE:
            differences, count = _verify_sets(recorder.ledger, entry, workspace, market)
            return Verification(entry, count, tuple(differences), notes)
        record = load_record(folder, number)
        if record is None:
            raise WorkspaceError(
                f"Run {number} is {entry.status} and left no figures to compare with."
            )
        recorder.position = record["position"] or 0
        comparison = run_spec(
            read_spec(entry.details),
            workspace,
            engine=entry.details["engine"],
            cross_check=False,
            recorder=recorder,
            options=options if entry.details["judged"] else None,
            progress=progress,
        )
    # The same road through JSON, so that numbers of one value are one.
    again = json.loads(json.dumps(to_record(comparison)))
    return Verification(entry, _count(record["results"]), tuple(_compare(record, again)), notes)


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
        yield f"It had {len(record['results'])} results and has {len(again['results'])}."
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
    found: list[str] = []
    for (name, start, end), group in groups.items():
        whole = workspace.load_market(name) if market is None else market
        found += _verify_group(group, whole.between(start, end), workspace)
    return found, 2 * len(entries)


def _verify_group(group: Sequence[Entry], market: Market, workspace: Workspace) -> Iterator[str]:
    """Simulate sets of one market and window again; they share costs and account."""
    from kanalo.analyzers.batch import simulate_many
    from kanalo.execution.costs import Costs
    from kanalo.execution.deciding import decide
    from kanalo.execution.rules import Execution
    from kanalo.provenance import digest_source

    trial = group[0].outcome.trial
    cls: Any = workspace.load_strategy(trial.strategy)
    if digest_source(cls) != trial.source:
        yield f"The source of {trial.strategy} has changed."
    yield from _differ(dict(trial.data), dict(market.digests) or dict(trial.data), "data")
    batch = simulate_many(
        market.traded,
        (
            decide(cls.with_parameters(each.outcome.trial.parameters), market).since(market.first)
            for each in group
        ),
        Costs(**trial.costs),
        Execution(**trial.execution),
    )
    sharpes = batch.statistics()["sharpe_ratio"].to_numpy(np.float64)
    for row, each in enumerate(group):
        yield from _compare_set(each.outcome, float(sharpes[row]), batch.daily[row])


def _compare_set(outcome: Outcome, sharpe: float, daily: Any) -> Iterator[str]:
    where = json.dumps(dict(outcome.trial.parameters))
    yield from _differ(outcome.sharpe_ratio, sharpe, f"{where} / sharpe_ratio")
    kept = load_daily(outcome)
    if kept is None:
        return
    old, new = kept.to_numpy(np.float32), np.asarray(daily, dtype=np.float32)
    if len(old) != len(new):
        yield f"{where} / daily returns were {len(old)} and are {len(new)}."
    elif not np.array_equal(old, new, equal_nan=True):
        day = int(np.flatnonzero(~((old == new) | (np.isnan(old) & np.isnan(new))))[0])
        date = kept.index[day].date()
        yield f"{where} / the return of {date} was {old[day]!s} and is {new[day]!s}."
