"""The parts of the evidence that need more than daily returns; each may be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kanalo.errors import CheckError, DataError
from kanalo.execution.costs import Costs
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.judgement._matrix import NAN
from kanalo.judgement.candidates import Candidate, Options, SweptReturns
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
from kanalo.judgement.placebo import RANDOM_ENTRIES, compare_with_placebos
from kanalo.judgement.tornado import Tornado, measure_tornado
from kanalo.ledger import Entry, Ledger, to_outcome
from kanalo.ledger.records import digest_settings
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.checks import Certificate

MOST_SETS = 1_000
"""Sets of a sweep that its PBO is computed from; of more, an even sample."""

_BY_HAND = "not for a strategy written for backtrader"


# -- look-ahead ------------------------------------------------------------------------------------


def find_look_ahead(group: Sequence[Candidate], options: Options) -> dict[str, LookAhead]:
    """Certify the strategies of one market together; by label.

    Parameters
    ----------
    group : sequence of Candidate
        Of one market.
    options : Options
        How many cuts.

    Returns
    -------
    dict of str to LookAhead
        By label.
    """
    if not options.cuts:
        return {each.label: LookAhead(note="not asked for") for each in group}
    from kanalo.checks import certify_all

    able = [each for each in group if each.strategy is not None]
    by_label = {each.label: LookAhead(note=_BY_HAND) for each in group}
    if not able:
        return by_label
    market = able[0].market
    strategies = [each.strategy for each in able if each.strategy is not None]
    try:
        certificates = certify_all(
            strategies, market, cuts=options.cuts, folder=options.certificates
        )
    except CheckError as error:
        return by_label | {each.label: LookAhead(note=str(error)) for each in able}
    for each, certificate in zip(able, certificates, strict=True):
        by_label[each.label] = _to_look_ahead(certificate)
    return by_label


def _to_look_ahead(certificate: Certificate) -> LookAhead:
    if certificate.offences:
        return LookAhead(LEAKS, str(certificate.offences[0]))
    if certificate.error:
        return LookAhead(note=certificate.error)
    if not certificate.clean:
        return LookAhead(note="it decided nothing that a cut could check")
    return LookAhead(CLEAN, f"{count(certificate.n_cuts, 'cut')} of the history, nothing differs")


# -- overfitting -----------------------------------------------------------------------------------


def find_sweep(ledger: Ledger, result: Result, position: int | None = None) -> SweptReturns | None:
    """Find the largest sweep of the same rule on the same market, window, costs and account.

    Parameters
    ----------
    ledger : Ledger
        Of the workspace.
    result : Result
        Of the rule.
    position : int, optional
        Position of the ledger; now by default.

    Returns
    -------
    SweptReturns or None
        None where the ledger knows none whose daily returns are still there.
    """
    outcome = to_outcome(result)
    wanted = digest_settings(outcome.trial)
    asked = ledger.position() if position is None else position
    by_file: dict[str, list[Entry]] = {}
    by_run: Counter[int] = Counter()
    source = outcome.trial.source
    for each in ledger.trials(kinds=("sweep",), source=source, position=asked):
        if digest_settings(each.outcome.trial) == wanted:
            by_run[each.run] += 1  # large sweeps keep the daily returns of a sample
            if each.outcome.returns_path:
                by_file.setdefault(str(each.outcome.returns_path), []).append(each)
    sizes = {
        path: sum(by_run[run] for run in {each.run for each in entries})
        for path, entries in by_file.items()
    }
    path = max(sizes, key=lambda each: sizes[each], default="")
    entries = by_file.get(path, [])
    return _load_sweep(entries, sizes[path]) if len(entries) > 1 else None


def _load_sweep(entries: Sequence[Entry], n_sets: int) -> SweptReturns | None:
    rows = np.array(sorted(each.outcome.returns_row for each in entries))
    if len(rows) > MOST_SETS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_SETS).round().astype(int)]
    try:
        kept = np.load(Path(entries[0].outcome.returns_path), mmap_mode="r")[rows]
    except (OSError, ValueError, IndexError):
        return None
    return SweptReturns(np.ascontiguousarray(kept.T), n_sets)


def find_overfitting(sweep: SweptReturns | None, per_year: float) -> tuple[float, int]:
    """Compute the PBO of a sweep; NaN and 0 without one, or where it is too short.

    Parameters
    ----------
    sweep : SweptReturns or None
        Daily returns of the sets.
    per_year : float
        Returns a year.

    Returns
    -------
    float, int
        The PBO in [0, 1], and the sets it is about.
    """
    if sweep is None:
        return NAN, 0
    try:
        overfitting = calc_overfitting(sweep.returns, per_year=per_year)
    except DataError:
        return NAN, 0
    return overfitting.pbo, sweep.n_sets


# -- placebo, intrabar, tornado --------------------------------------------------------------------


def find_placebo(candidate: Candidate, options: Options) -> PlaceboFinding:
    """Compare a rule with random entries of its kind.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent.

    Returns
    -------
    PlaceboFinding
        Or a note why there is none.
    """
    if not options.n_placebos:
        return PlaceboFinding(note="not asked for")
    if candidate.strategy is None:
        return PlaceboFinding(note=_BY_HAND)
    result = candidate.result
    comparison = compare_with_placebos(
        candidate.strategy,
        candidate.market,
        costs=Costs.of_record(result.costs),
        execution=Execution.of_record(result.execution),
        decisions=result.decisions,
        n_draws=options.n_placebos,
        shifts=options.shifts,
        n_moves=options.n_moves,
        seed=options.seed,
        threads=1,  # rules are judged side by side
    )
    random = comparison.placebos[RANDOM_ENTRIES]
    ranked = ((kind, each.primary) for kind, each in comparison.placebos.items())
    kinds = {kind: each for kind, each in ranked if each is not None and each.n}
    if random.primary is None:
        return PlaceboFinding(note=random.note)
    return PlaceboFinding(random.primary.p_value, random.primary.n, random.note, kinds, random.band)


def find_intrabar(candidate: Candidate, options: Options) -> IntrabarFinding:
    """Count the exits that depend on the order within a bar, and bound the result.

    One written for backtrader cannot be run under another order; its exits are only counted.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent.

    Returns
    -------
    IntrabarFinding
        Counts, and bounds where they could be run.
    """
    result = candidate.result
    n_closed = len(result.closed_trades)
    unclear = result.ambiguous_bars - result.resolved_bars
    share = unclear / n_closed if n_closed else NAN
    if result.decisions is None or not options.intrabar:
        why = _BY_HAND if result.decisions is None else "not asked for"
        return IntrabarFinding(
            unclear, share, note=f"no bounds: {why}", resolved=result.resolved_bars
        )
    bounds = bound_intrabar(
        result.market,
        result.decisions,
        costs=Costs.of_record(result.costs),
        execution=Execution.of_record(result.execution),
    )
    returns = {rule: each["total_return"] for rule, each in bounds.statistics.items()}
    low, high = sorted(returns[bound] for bound in BOUNDS)
    return IntrabarFinding(
        bounds.undecided,
        bounds.undecided_share,
        low,
        high,
        resolved=bounds.resolved,
        returns=returns,
    )


def find_tornado(candidate: Candidate, options: Options) -> Tornado:
    """Run a rule's decisions under other assumptions; under other leverage it decides anew.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent.

    Returns
    -------
    Tornado
        Or a note why there is none.
    """
    if not options.tornado:
        return Tornado(note="not asked for")
    result = candidate.result
    if result.decisions is None or candidate.strategy is None:
        return Tornado(note=_BY_HAND)
    return measure_tornado(
        candidate.market,
        result.decisions,
        costs=Costs.of_record(result.costs),
        execution=Execution.of_record(result.execution),
        alternatives=leverage_alternatives(candidate.strategy, candidate.market),
    )
