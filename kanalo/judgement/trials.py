"""`Trials`: how many were made before one looks good, as the ledger knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kanalo.analyzers.returns import to_daily_returns
from kanalo.execution.result import Result
from kanalo.judgement._matrix import NAN
from kanalo.judgement.deflated import calc_effective_trials
from kanalo.ledger import Entry, Ledger, Outcome, Recorder, Trial, load_daily, to_outcome
from kanalo.ledger.memory import find_question
from kanalo.ledger.records import SECOND_LOOK, digest_settings, to_identity

OWN, SWEEP = "compare", "sweep"
"""Kinds of runs that trials come from: a comparison, which is what stands now, and a sweep."""

MOST_READ = 400
"""Trials whose daily returns are read for the average correlation; more are sampled evenly."""


@dataclass(frozen=True)
class Trials:
    """Every distinct trial that a verdict allows for, those of the comparison itself included.

    Attributes
    ----------
    sharpes : mapping of str to float
        Annual Sharpe ratio of each trial by its key (`to_key`); NaN where there is none.
    n_effective : float
        Independent trials that they amount to; NaN where their returns are not kept.
    position : int
        The ledger's position, or 0 where no ledger was read.
    recorded : bool
        Whether they are the ledger's; otherwise what the comparison itself tried stands alone or,
        where the ledger can only be read, is counted on top.
    """

    sharpes: Mapping[str, float] = field(hash=False)
    n_effective: float = NAN
    position: int = 0
    recorded: bool = False
    origins: Mapping[str, tuple[str, str]] = field(default_factory=dict, hash=False)
    question: str = ""

    @property
    def count(self) -> int:
        """Number of distinct trials."""
        return len(self.sharpes)

    def others(self, result: Result) -> tuple[float, ...]:
        """Return the Sharpe ratios of all trials but the one that a result comes from."""
        own = to_key(to_outcome(result).trial)
        return tuple(sharpe for key, sharpe in self.sharpes.items() if key != own)

    def describe(self, strategy: str) -> str:
        """Say which trials a verdict on a strategy counts, and where they came from.

        Parameters
        ----------
        strategy : str
            Name of the rule.

        Returns
        -------
        str
            For example ``"counted since the question 'first' began: 3 of this rule, 100 of sweeps
            of other rules, 2 others"``; empty where no ledger was read.
        """
        if not self.question:
            return ""
        own = sum(1 for _, name in self.origins.values() if name == strategy)
        swept = sum(1 for kind, name in self.origins.values() if kind == SWEEP and name != strategy)
        others = self.count - own - swept
        parts = [f"{own:,} of this rule", f"{swept:,} of sweeps of other rules"]
        parts += [f"{others:,} {'other' if others == 1 else 'others'}"] if others else []
        return f"counted since the question '{self.question}' began: {', '.join(parts)}"

    def count_second_looks(self, strategy: str) -> int:
        """Count the trials of a strategy that looked at sealed bars a second time or later."""
        return sum(1 for each in self.origins.values() if each == (SECOND_LOOK, strategy))


def to_key(trial: Trial) -> str:
    """Return what tells a trial from every other, as the ledger does.

    Source, parameters, data, bars, window, costs and execution: equal for a result and for what the
    ledger keeps of it, and for nothing else.
    """
    return f"{digest_settings(trial)} {to_identity(trial.parameters)}"


def read_trials(ledger: Ledger, position: int | None = None) -> Trials:
    """Read the trials of a ledger as it stands, or as it stood.

    Parameters
    ----------
    ledger : Ledger
        Of the workspace.
    position : int, optional
        A value of `Ledger.position`; now by default.

    Returns
    -------
    Trials
        With the position at which they were read.
    """
    asked = ledger.position() if position is None else position
    question = find_question(ledger, position)
    entries = ledger.trials(position=asked, after=question.position)
    keys = {to_key(each.outcome.trial): each for each in entries}
    sharpes = {key: each.outcome.sharpe_ratio for key, each in keys.items()}
    origins = {key: (each.kind, each.outcome.trial.strategy) for key, each in keys.items()}
    return Trials(
        sharpes,
        find_effective(entries),
        asked,
        recorded=True,
        origins=origins,
        question=question.name,
    )


def gather_trials(recorder: Recorder | None, results: Sequence[Result]) -> Trials:
    """Find every trial that the verdicts on some results must allow for.

    Parameters
    ----------
    recorder : Recorder or None
        What recorded the results. Where it could not, they are counted on top of what the ledger
        holds, if that can be read, and alone otherwise.
    results : sequence of Result
        What was tried now.

    Returns
    -------
    Trials
        These results included.
    """
    known = None
    if recorder is not None and recorder.ledger is not None:
        known = read_trials(recorder.ledger, recorder.position)
        if recorder.works or recorder.position is not None:
            return known
    return add_trials(known, results)


def add_trials(known: Trials | None, results: Sequence[Result]) -> Trials:
    """Count trials that could not be recorded on top of those that are known, each once.

    Parameters
    ----------
    known : Trials or None
        What a ledger that can only be read holds.
    results : sequence of Result
        What was tried now.

    Returns
    -------
    Trials
        Those known and these, each once.
    """
    outcomes = [to_outcome(each) for each in results]
    sharpes = {to_key(each.trial): each.sharpe_ratio for each in outcomes}
    if known is not None:
        new = {key: (OWN, each.trial.strategy) for key, each in _by_key(outcomes).items()}
        origins = {**known.origins, **new}
        merged = {**known.sharpes, **sharpes}
        return Trials(merged, NAN, known.position, origins=origins, question=known.question)
    daily = {
        to_key(outcome.trial): to_daily_returns(each.equity, each.cash)
        for outcome, each in zip(outcomes, results, strict=True)
    }
    table = pd.concat(daily, axis=1, sort=True) if daily else pd.DataFrame()
    return Trials(sharpes, calc_effective_trials(table))


def _by_key(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    return {to_key(each.trial): each for each in outcomes}


def find_effective(entries: Sequence[Entry]) -> float:
    """Return the number of independent trials that entries of a ledger amount to.

    Above `MOST_READ` entries the average correlation is that of an even sample of those whose daily
    returns are kept; large sweeps keep a sample of theirs.

    Returns
    -------
    float
        NaN where the daily returns of fewer than two trials are kept.
    """
    chosen = entries
    if len(entries) > MOST_READ:
        chosen = [each for each in entries if str(each.outcome.returns_path)]
    if len(chosen) > MOST_READ:
        rows = np.linspace(0, len(chosen) - 1, MOST_READ).round().astype(int)
        chosen = [chosen[row] for row in rows]
    kept = {each.id: load_daily(each.outcome) for each in chosen}
    known: Mapping[int, pd.Series[float]] = {
        key: daily for key, daily in kept.items() if daily is not None and daily.std() > 0
    }
    if len(known) < 2:
        return 1.0 if len(entries) == 1 and known else NAN
    effective = calc_effective_trials(pd.concat(known, axis=1, sort=True))
    correlation = (len(known) - effective) / (len(known) - 1)
    traded = sum(not np.isnan(each.outcome.sharpe_ratio) for each in entries)
    return float(correlation + (1 - correlation) * max(traded, len(known)))
