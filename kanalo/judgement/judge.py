"""`judge`: gather the evidence on every compared rule and give each its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from kanalo.analyzers.relative import to_benchmark_returns
from kanalo.analyzers.returns import calc_cagr, calc_total_return, calc_years, to_daily_returns
from kanalo.arguments import check_type
from kanalo.checks.search import count_processors
from kanalo.errors import DataError
from kanalo.execution.result import Result
from kanalo.judgement import kept, parts
from kanalo.judgement._matrix import to_matrix
from kanalo.judgement.candidates import Candidate as Candidate
from kanalo.judgement.candidates import Options as Options
from kanalo.judgement.deflated import deflate_sharpe
from kanalo.judgement.evidence import Evidence, LookAhead
from kanalo.judgement.group import CASH as CASH
from kanalo.judgement.group import DRAWDOWNS as DRAWDOWNS
from kanalo.judgement.group import MATCHED_HOLD as MATCHED_HOLD
from kanalo.judgement.group import GroupIntervals, find_intervals, find_tests
from kanalo.judgement.superiority import ConfidenceSet, SuperiorAbility, to_matched_hold
from kanalo.judgement.trials import Trials
from kanalo.judgement.verdict import Verdict, to_verdict
from kanalo.periods import has_annual_rate, returns_per_year

Progress = Callable[[str, int, int], None]

_LEAST_DAYS = 30


@dataclass(frozen=True, eq=False)
class JudgedStrategy:
    """A strategy's evidence and verdict."""

    evidence: Evidence
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class GroupJudgement:
    """All verdicts of one market at one cost set.

    Attributes
    ----------
    market, costs : str
        Names.
    strategies : mapping of str to JudgedStrategy
        By label, in the order given.
    superiority : SuperiorAbility or None
        The primary test; None where it could not be run.
    confidence_set : ConfidenceSet or None
        Who is indistinguishable from the best.
    block_length : float
        Mean length in days of the blocks of the intervals' bootstrap; NaN without intervals.
    problem : str
        Why there are no tests; empty if there are.
    """

    market: str
    costs: str
    strategies: Mapping[str, JudgedStrategy]
    superiority: SuperiorAbility | None
    confidence_set: ConfidenceSet | None
    block_length: float = float("nan")
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Judgement:
    """All verdicts of a comparison, and what they allow for.

    Attributes
    ----------
    groups : tuple of GroupJudgement
        In the order of markets and cost sets.
    trials : Trials
        Trials that the deflated Sharpe ratios allow for.
    options : Options
        How much was spent.
    """

    groups: tuple[GroupJudgement, ...]
    trials: Trials
    options: Options = field(default_factory=Options)


def judge(
    candidates: Sequence[Candidate],
    trials: Trials,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    report: Callable[[GroupJudgement], None] | None = None,
) -> Judgement:
    """Judge every rule of a comparison.

    Parameters
    ----------
    candidates : sequence of Candidate
        Rules only: yardsticks are nobody's claim.
    trials : Trials
        Every trial made, these included.
    options : Options, optional
        How much to spend.
    progress : callable, optional
        Called with what is being done, how many parts are done and how many there are.
    report : callable, optional
        Called with the verdicts of each market and cost set as soon as they are there.

    Returns
    -------
    Judgement
        A group for each market and cost set, in the order in which they are met.

    Raises
    ------
    ParameterError
        If an argument has another type.
    """
    check_type("judge", "candidates", candidates, (list, tuple), "a list of Candidate")
    for each in candidates:
        check_type("judge", "candidates", each, Candidate, "a list of Candidate")
    check_type("judge", "trials", trials, Trials, "the Trials to allow for (see gather_trials)")
    check_type("judge", "options", options, (Options, type(None)), "Options or None")
    options = options or Options()
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for each in candidates:
        groups.setdefault((each.market_name, each.costs_name), []).append(each)
    certificates: dict[str, dict[str, LookAhead]] = {}
    judged = []
    with _side_by_side() as pool:
        pending = [_submit_group(group, trials, options, pool) for group in groups.values()]
        for done, now in enumerate(pending):
            name = now.group[0].market_name
            if progress is not None:
                progress(f"judging {name}", done, len(pending))
            if name not in certificates:
                certificates[name] = parts.find_look_ahead(now.group, options)
            judged.append(_finish_group(now, certificates[name]))
            if report is not None:
                report(judged[-1])
    return Judgement(tuple(judged), trials, options)


@contextmanager
def _side_by_side() -> Iterator[Executor]:
    """Give threads that gather evidence while other processes search for look-ahead.

    The search has a process for each core; what is gathered is mostly Python, so one thread less
    is enough.
    """
    pool = ThreadPoolExecutor(max(1, count_processors() - 1))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, eq=False)
class _PendingGroup:
    """The rules of one market and cost set while threads gather the evidence on them."""

    group: Sequence[Candidate]
    problem: str
    testing: Future[tuple[SuperiorAbility, ConfidenceSet]] | None
    resampling: Future[GroupIntervals] | None
    gathering: list[Future[Evidence]]


def _submit_group(
    group: Sequence[Candidate], trials: Trials, options: Options, pool: Executor
) -> _PendingGroup:
    daily = {each.label: _to_daily(each.result) for each in group}
    holds = {each.label: _to_hold(each.result) for each in group}
    table, held = pd.DataFrame(daily), pd.DataFrame(holds)
    problem = _find_problem(table, held)
    resampling = None
    if not problem and options.intervals:
        resampling = pool.submit(find_intervals, table, held, options)
    return _PendingGroup(
        group=group,
        problem=problem,
        testing=None if problem else pool.submit(find_tests, table, held, options),
        resampling=resampling,
        gathering=[
            pool.submit(_gather, each, daily[each.label], trials, options) for each in group
        ],
    )


def _finish_group(pending: _PendingGroup, certificates: Mapping[str, LookAhead]) -> GroupJudgement:
    tested = None if pending.testing is None else pending.testing.result()
    resampled = None if pending.resampling is None else pending.resampling.result()
    labels = [each.label for each in pending.group]
    judged = {}
    for label, gathering in zip(labels, pending.gathering, strict=True):
        look_ahead = certificates.get(label, LookAhead(note="not run"))
        evidence = replace(gathering.result(), look_ahead=look_ahead, problem=pending.problem)
        evidence = _add_tests(evidence, tested)
        evidence = _add_intervals(evidence, resampled)
        judged[label] = JudgedStrategy(evidence, to_verdict(evidence))
    names = pending.group[0].market_name, pending.group[0].costs_name
    length = float("nan") if resampled is None else resampled.block_length
    superiority, confidence_set = tested or (None, None)
    return GroupJudgement(*names, judged, superiority, confidence_set, length, pending.problem)


def _gather(
    candidate: Candidate, daily: pd.Series[float], trials: Trials, options: Options
) -> Evidence:
    """Collect what needs no other rule."""
    result = candidate.result
    per_year = returns_per_year(result.market.interval)
    pbo, n_swept = parts.find_overfitting(candidate.sweep, per_year)
    sharpe = None
    if trials.count:
        sharpe = deflate_sharpe(
            daily, trials.others(result), n_effective=trials.n_effective, per_year=per_year
        )
    return Evidence(
        label=candidate.label,
        market=candidate.market_name,
        costs=candidate.costs_name,
        n_trades=len(result.closed_trades),
        n_days=int(daily.notna().sum()),
        total_return=calc_total_return(result.equity, result.cash),
        cagr=_calc_growth(result),
        sharpe=sharpe,
        placebo=kept.find_placebo(candidate, options, parts.find_placebo),
        intrabar=kept.find_intrabar(candidate, options, parts.find_intrabar),
        tornado=kept.find_tornado(candidate, options, parts.find_tornado),
        pbo=pbo,
        n_swept=n_swept,
        counted=trials.describe(result.strategy),
        n_second_looks=trials.count_second_looks(result.strategy),
    )


# -- tests over the group --------------------------------------------------------------------------


def _calc_growth(result: Result) -> float:
    """Compute growth a year, NaN where the span is too short for it."""
    length = result.market.length
    if not has_annual_rate(calc_years(result.equity, length)):
        return float("nan")
    return calc_cagr(result.equity, result.cash, length)


def _to_daily(result: Result) -> pd.Series[float]:
    return to_daily_returns(result.equity, result.cash)


def _to_hold(result: Result) -> pd.Series[float]:
    """Hold the average exposure of a result; ruin leaves none."""
    exposure = result.exposure.to_numpy(np.float64)
    known = exposure[np.isfinite(exposure)]
    average = float(known.sum() / len(exposure)) if len(exposure) else 0.0
    return to_matched_hold(to_benchmark_returns(result.market.bars), average)


def _find_problem(table: pd.DataFrame, held: pd.DataFrame) -> str:
    try:
        to_matrix(table, least_days=_LEAST_DAYS)
        to_matrix(held, least_days=_LEAST_DAYS)
    except DataError as error:
        return str(error)
    return ""


def _add_tests(evidence: Evidence, tests: tuple[SuperiorAbility, ConfidenceSet] | None) -> Evidence:
    if tests is None:
        return evidence
    superiority, confidence_set = tests
    tested = evidence.label not in superiority.left_out
    return replace(
        evidence,
        superior=evidence.label in superiority.better if tested else None,
        superiority_p=superiority.p_value,
        n_compared=superiority.n_models,
        in_confidence_set=(
            None
            if evidence.label in confidence_set.left_out
            else evidence.label in confidence_set.included
        ),
    )


def _add_intervals(evidence: Evidence, intervals: GroupIntervals | None) -> Evidence:
    if intervals is None:
        return evidence
    own = intervals.rules[evidence.label]
    return replace(
        evidence,
        intervals=own.intervals,
        differences=own.differences,
        drawdown_probability=own.drawdown_probability,
        ruin_probability=own.ruin_probability,
    )
