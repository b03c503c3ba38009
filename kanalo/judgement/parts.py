"""The parts of the evidence that need more than daily returns; each may be left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kanalo.errors import CheckError, DataError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement._matrix import NAN
from kanalo.judgement.evidence import (
    CLEAN,
    LEAKS,
    IntrabarFinding,
    LookAhead,
    PlaceboFinding,
)
from kanalo.judgement.intrabar import BOUNDS, bound_intrabar
from kanalo.judgement.leverage_prior import leverage_alternatives
from kanalo.judgement.overfitting import calc_overfitting
from kanalo.judgement.placebo import RANDOM_ENTRIES, judge_placebos
from kanalo.judgement.tornado import Tornado, measure_tornado
from kanalo.ledger import Entry, Ledger, to_outcome
from kanalo.ledger.records import digest_settings
from kanalo.result import Result

if TYPE_CHECKING:
    from kanalo.checks import Certificate
    from kanalo.judgement.judge import Options, Subject

MOST_SETS = 1_000
"""Sets of a sweep that its PBO is computed from; of more, an even sample."""

_BY_HAND = "not for a strategy written for backtrader"


# -- look-ahead ------------------------------------------------------------------------------------


def find_look_ahead(group: Sequence[Subject], options: Options) -> dict[str, LookAhead]:
    """Certify the strategies of one market together; by label."""
    if not options.cuts:
        return {each.label: LookAhead(note="not asked for") for each in group}
    from kanalo.checks import certify_all

    able = [each for each in group if each.strategy is not None]
    found = {each.label: LookAhead(note=_BY_HAND) for each in group}
    if not able:
        return found
    market = able[0].market
    strategies = [each.strategy for each in able if each.strategy is not None]
    try:
        certificates = certify_all(
            strategies, market, cuts=options.cuts, folder=options.certificates
        )
    except CheckError as error:
        return found | {each.label: LookAhead(note=str(error)) for each in able}
    for each, certificate in zip(able, certificates, strict=True):
        found[each.label] = _to_look_ahead(certificate)
    return found


def _to_look_ahead(certificate: Certificate) -> LookAhead:
    if certificate.offences:
        return LookAhead(LEAKS, str(certificate.offences[0]))
    if certificate.error:
        return LookAhead(note=certificate.error)
    return LookAhead(CLEAN, f"{certificate.n_cuts} cuts of the history, nothing differs")


# -- overfitting -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sweep:
    """Daily returns of a sweep's sets.

    Attributes
    ----------
    returns : float array of shape (n_days, n_sets)
        NaN only after ruin.
    n_sets : int
        Sets of the whole sweep, of which these may be a sample.
    """

    returns: npt.NDArray[np.floating]
    n_sets: int


def find_sweep(ledger: Ledger, result: Result, position: int | None = None) -> Sweep | None:
    """Find the largest sweep of the same rule on the same market, window, costs and account.

    Returns
    -------
    Sweep or None
        None where the ledger knows none whose daily returns are still there.
    """
    outcome = to_outcome(result)
    wanted = digest_settings(outcome.trial)
    asked = ledger.position() if position is None else position
    by_file: dict[str, list[Entry]] = {}
    source = outcome.trial.source
    for each in ledger.trials(kinds=("sweep",), source=source, position=asked):
        if each.outcome.returns_path and digest_settings(each.outcome.trial) == wanted:
            by_file.setdefault(str(each.outcome.returns_path), []).append(each)
    entries = max(by_file.values(), key=len, default=[])
    return _load_sweep(entries) if len(entries) > 1 else None


def _load_sweep(entries: Sequence[Entry]) -> Sweep | None:
    rows = np.array(sorted(each.outcome.returns_row for each in entries))
    if len(rows) > MOST_SETS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_SETS).round().astype(int)]
    try:
        kept = np.load(Path(entries[0].outcome.returns_path), mmap_mode="r")[rows]
    except (OSError, ValueError, IndexError):
        return None
    return Sweep(np.ascontiguousarray(kept.T), len(entries))


def find_overfitting(sweep: Sweep | None, per_year: float) -> tuple[float, int]:
    """Compute the PBO of a sweep; NaN and 0 without one, or where it is too short."""
    if sweep is None:
        return NAN, 0
    try:
        found = calc_overfitting(sweep.returns, per_year=per_year)
    except DataError:
        return NAN, 0
    return found.pbo, sweep.n_sets


# -- placebo, intrabar, tornado --------------------------------------------------------------------


def find_placebo(subject: Subject, options: Options) -> PlaceboFinding:
    """Compare a rule with random entries of its kind."""
    if not options.n_placebos:
        return PlaceboFinding(note="not asked for")
    if subject.strategy is None:
        return PlaceboFinding(note=_BY_HAND)
    result = subject.result
    found = judge_placebos(
        subject.strategy,
        subject.market,
        costs=Costs(**result.costs),
        execution=Execution(**result.execution),
        decisions=result.decisions,
        n_draws=options.n_placebos,
        shifts=options.shifts,
        n_moves=options.n_moves,
        seed=options.seed,
        threads=1,  # rules are judged side by side
    )
    random = found.placebos[RANDOM_ENTRIES]
    ranked = ((kind, each.primary) for kind, each in found.placebos.items())
    kinds = {kind: each for kind, each in ranked if each is not None and each.n}
    if random.primary is None:
        return PlaceboFinding(note=random.note)
    return PlaceboFinding(random.primary.p_value, random.primary.n, random.note, kinds)


def find_intrabar(subject: Subject, options: Options) -> IntrabarFinding:
    """Count the exits that depend on the order within a bar, and bound the result.

    One written for backtrader cannot be run under another order; its exits are only counted.
    """
    result = subject.result
    n_closed = len(result.closed_trades)
    unclear = result.ambiguous_bars - result.resolved_bars
    share = unclear / n_closed if n_closed else NAN
    if result.decisions is None or not options.intrabar:
        why = _BY_HAND if result.decisions is None else "not asked for"
        return IntrabarFinding(
            unclear, share, note=f"no bounds: {why}", resolved=result.resolved_bars
        )
    found = bound_intrabar(
        result.market,
        result.decisions,
        costs=Costs(**result.costs),
        execution=Execution(**result.execution),
    )
    returns = {rule: each["total_return"] for rule, each in found.statistics.items()}
    low, high = sorted(returns[bound] for bound in BOUNDS)
    return IntrabarFinding(
        found.undecided,
        found.undecided_share,
        low,
        high,
        resolved=found.resolved,
        returns=returns,
    )


def find_tornado(subject: Subject, options: Options) -> Tornado:
    """Run a rule's decisions under other assumptions; under other leverage it decides anew."""
    if not options.tornado:
        return Tornado(note="not asked for")
    result = subject.result
    if result.decisions is None or subject.strategy is None:
        return Tornado(note=_BY_HAND)
    return measure_tornado(
        subject.market,
        result.decisions,
        costs=Costs(**result.costs),
        execution=Execution(**result.execution),
        alternatives=leverage_alternatives(subject.strategy, subject.market),
    )
