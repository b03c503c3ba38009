"""`judge`: gather the evidence on every compared rule and give each its verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kanalo.analyzers.relative import to_benchmark_returns
from kanalo.analyzers.returns import calc_cagr, calc_total_return, to_daily_returns
from kanalo.checks.search import count_processors
from kanalo.errors import DataError
from kanalo.judgement import parts
from kanalo.judgement._matrix import to_matrix
from kanalo.judgement.bootstrap import N_RESAMPLES, Bootstrap, resample_returns
from kanalo.judgement.deflated import deflate_sharpe
from kanalo.judgement.evidence import Evidence, LookAhead
from kanalo.judgement.placebo import SHIFTS
from kanalo.judgement.superiority import (
    ConfidenceSet,
    SuperiorAbility,
    calc_superiority,
    find_confidence_set,
    to_matched_hold,
)
from kanalo.judgement.trials import Trials
from kanalo.judgement.verdict import SIZE, Verdict, to_verdict
from kanalo.market import Market
from kanalo.periods import DAYS_PER_YEAR, bars_per_year
from kanalo.result import Result
from kanalo.strategy import Strategy

if TYPE_CHECKING:
    from kanalo.judgement.parts import Sweep

Progress = Callable[[str, int, int], None]

MATCHED_HOLD, CASH = "matched_hold", "cash"
DRAWDOWNS = (-0.1, -0.2, -0.3, -0.5, -0.75)
"""Levels whose probability is reported, of drawdowns and of falls below the start."""

_INTERVALS = ("cagr", "sharpe_ratio", "max_drawdown")
_LEAST_DAYS = 30
_SWITCH_SECONDS = 2e-4


@dataclass(frozen=True)
class Options:
    """How much is spent on judging.

    Attributes
    ----------
    n_resamples : int
        Resamples of the bootstraps.
    n_placebos : int
        Draws of random entries; 0 for no placebos.
    shifts : tuple of int
        Bars by which signals are shifted as placebos.
    n_moves : int
        How often a rule that reads liquidations decides on those of another time.
    seed : int
        Of every draw.
    cuts : int
        Cuts of the look-ahead certificate; 0 for none.
    intrabar : bool
        Whether to simulate again with the other order within bars.
    tornado : bool
        Whether to run the decisions under other assumptions.
    intervals : bool
        Whether to resample for intervals, differences and drawdowns.
    certificates : Path or None
        Folder in which certificates are kept and found again.
    """

    n_resamples: int = N_RESAMPLES
    n_placebos: int = 1_000
    shifts: tuple[int, ...] = SHIFTS
    n_moves: int = 20
    seed: int = 0
    cuts: int = 40
    intrabar: bool = True
    tornado: bool = True
    intervals: bool = True
    certificates: Path | None = None


@dataclass(frozen=True, eq=False)
class Subject:
    """One result that is to be judged.

    Attributes
    ----------
    label, market_name, costs_name : str
        What tables call the strategy, the market and the cost set.
    result : Result
        What it left behind.
    strategy : Strategy or None
        The rule with its parameters; None for one written for backtrader.
    market : Market
        The market with its warm-up.
    sweep : Sweep or None
        A sweep of the same rule on the same market.
    """

    label: str
    market_name: str
    costs_name: str
    result: Result
    strategy: Strategy | None
    market: Market
    sweep: Sweep | None = None


@dataclass(frozen=True, eq=False)
class Judged:
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
    strategies : mapping of str to Judged
        By label, in the order given.
    superiority : SuperiorAbility or None
        The primary test; None where it could not be run.
    confidence_set : ConfidenceSet or None
        Who cannot be told from the best.
    block_length : float
        Mean length in days of the blocks of the intervals' bootstrap; NaN without intervals.
    problem : str
        Why there are no tests; empty if there are.
    """

    market: str
    costs: str
    strategies: Mapping[str, Judged]
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
    subjects: Sequence[Subject],
    trials: Trials,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
) -> Judgement:
    """Judge every rule of a comparison.

    Parameters
    ----------
    subjects : sequence of Subject
        Rules only: yardsticks are nobody's claim.
    trials : Trials
        Every trial made, these included.
    options : Options, optional
        How much to spend.
    progress : callable, optional
        Called with what is being done, how many parts are done and how many there are.
    """
    options = options or Options()
    groups: dict[tuple[str, str], list[Subject]] = {}
    for each in subjects:
        groups.setdefault((each.market_name, each.costs_name), []).append(each)
    certificates: dict[str, dict[str, LookAhead]] = {}
    found = []
    with _side_by_side() as pool:
        begun = [_begin_group(group, trials, options, pool) for group in groups.values()]
        for done, now in enumerate(begun):
            name = now.group[0].market_name
            if progress is not None:
                progress(f"judging {name}", done, len(begun))
            if name not in certificates:
                certificates[name] = parts.find_look_ahead(now.group, options)
            found.append(_finish_group(now, certificates[name]))
    return Judgement(tuple(found), trials, options)


@contextmanager
def _side_by_side() -> Iterator[Executor]:
    """Give threads that gather evidence beside the search for look-ahead.

    The search is mostly kernels, which need no GIL, and has a thread for each core; what is
    gathered is mostly Python, so one thread less is enough. A kernel that is done would wait 5 ms
    for the GIL each time: a quarter of all the time on two cores.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    pool = ThreadPoolExecutor(max(1, count_processors() - 1))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        sys.setswitchinterval(before)


@dataclass(frozen=True, eq=False)
class _Begun:
    """The rules of one market and cost set while threads gather the evidence on them."""

    group: Sequence[Subject]
    problem: str
    testing: Future[tuple[SuperiorAbility, ConfidenceSet]] | None
    resampling: Future[Bootstrap] | None
    gathering: list[Future[Evidence]]


def _begin_group(
    group: Sequence[Subject], trials: Trials, options: Options, pool: Executor
) -> _Begun:
    daily = {each.label: _to_daily(each.result) for each in group}
    holds = {each.label: _to_hold(each.result) for each in group}
    table, held = pd.DataFrame(daily), pd.DataFrame(holds)
    problem = _find_problem(table, held)
    resampling = None
    if not problem and options.intervals:
        resampling = pool.submit(_resample, table, held, options)
    return _Begun(
        group=group,
        problem=problem,
        testing=None if problem else pool.submit(_test, table, held, options),
        resampling=resampling,
        gathering=[
            pool.submit(_gather, each, daily[each.label], trials, options) for each in group
        ],
    )


def _finish_group(begun: _Begun, certificates: Mapping[str, LookAhead]) -> GroupJudgement:
    tested = None if begun.testing is None else begun.testing.result()
    resampled = None if begun.resampling is None else begun.resampling.result()
    labels = [each.label for each in begun.group]
    judged = {}
    for label, gathering in zip(labels, begun.gathering, strict=True):
        look_ahead = certificates.get(label, LookAhead(note="not run"))
        found = replace(gathering.result(), look_ahead=look_ahead, problem=begun.problem)
        found = _add_tests(found, tested)
        found = _add_intervals(found, resampled, labels)
        judged[label] = Judged(found, to_verdict(found))
    names = begun.group[0].market_name, begun.group[0].costs_name
    length = float("nan") if resampled is None else resampled.block_length
    superiority, confidence_set = tested or (None, None)
    return GroupJudgement(*names, judged, superiority, confidence_set, length, begun.problem)


def _gather(
    subject: Subject, daily: pd.Series[float], trials: Trials, options: Options
) -> Evidence:
    """Collect what needs no other rule."""
    result = subject.result
    per_year = min(float(DAYS_PER_YEAR), bars_per_year(result.market.interval))
    pbo, n_swept = parts.find_overfitting(subject.sweep, per_year)
    sharpe = None
    if trials.count:
        sharpe = deflate_sharpe(
            daily, trials.others(result), n_effective=trials.n_effective, per_year=per_year
        )
    return Evidence(
        label=subject.label,
        market=subject.market_name,
        costs=subject.costs_name,
        n_trades=len(result.closed_trades),
        n_days=int(daily.notna().sum()),
        total_return=calc_total_return(result.equity, result.cash),
        cagr=calc_cagr(result.equity, result.cash, result.market.length),
        sharpe=sharpe,
        placebo=parts.find_placebo(subject, options),
        intrabar=parts.find_intrabar(subject, options),
        tornado=parts.find_tornado(subject, options),
        pbo=pbo,
        n_swept=n_swept,
    )


# -- tests over the group --------------------------------------------------------------------------


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


def _test(
    table: pd.DataFrame, held: pd.DataFrame, options: Options
) -> tuple[SuperiorAbility, ConfidenceSet]:
    how = {"n_resamples": options.n_resamples, "seed": options.seed}
    superiority = calc_superiority(table, held, size=SIZE, **how)
    return superiority, find_confidence_set(table, **how)


def _add_tests(evidence: Evidence, found: tuple[SuperiorAbility, ConfidenceSet] | None) -> Evidence:
    if found is None:
        return evidence
    superiority, confidence_set = found
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


# -- intervals -------------------------------------------------------------------------------------


def _resample(table: pd.DataFrame, held: pd.DataFrame, options: Options) -> Bootstrap:
    """Resample all rules, their matched holdings and cash on the same days."""
    columns = {name: table[name].to_numpy() for name in table}
    columns |= {f"{MATCHED_HOLD} {name}": held[name].to_numpy() for name in held}
    together = pd.DataFrame({**columns, CASH: 0.0}, index=table.index)
    return resample_returns(together, n_resamples=options.n_resamples, seed=options.seed)


def _add_intervals(evidence: Evidence, found: Bootstrap | None, labels: Sequence[str]) -> Evidence:
    if found is None:
        return evidence
    name = evidence.label
    others = {MATCHED_HOLD: f"{MATCHED_HOLD} {name}", CASH: CASH}
    others |= {label: label for label in labels if label != name}
    return replace(
        evidence,
        intervals={each: found.interval(name, each) for each in _INTERVALS},
        differences={
            key: {each: found.difference(name, other, each) for each in _INTERVALS}
            for key, other in others.items()
        },
        drawdown_probability={
            depth: found.drawdown_probability(name, depth) for depth in DRAWDOWNS
        },
        ruin_probability={depth: found.ruin_probability(name, depth) for depth in DRAWDOWNS},
    )
