"""The sample of one claim: its events, their controls, and the difference of what followed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.market.market import BoolArray, FloatArray
from kanalo.signals.moving import starts
from kanalo.study.claim_columns import COLUMNS, find_columns, find_origin
from kanalo.study.claim_outcomes import Measure, Ways
from kanalo.study.claim_plan import ClaimPlan, Span, TrialPlan
from kanalo.study.controls import (
    Balance,
    Covariates,
    Matching,
    calc_balance,
    calc_slopes,
    find_controls,
    find_covariates,
)
from kanalo.study.events import Extra, evaluate_condition, find_events, read_condition, to_horizon
from kanalo.study.inference import find_clusters
from kanalo.study.variables import ESTIMATED

IntArray = npt.NDArray[np.int64]

MATCHED_BY = ("bar_return", "bar_volume", "day_return", "day_volume")
"""Covariates whose balance a card tells of."""

_KINDS: Extra = {
    name: np.empty(0, dtype=np.bool_ if each.truth else np.float64)
    for name, each in COLUMNS.items()
}
"""Empty columns: a condition is read before they are computed."""

_POOL = 10_000
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Sample:
    """Events of one claim and what followed them.

    Attributes
    ----------
    bars : int64 array of shape (n,)
        Events that have a level to reach, in time.
    differences : float64 array of shape (n,)
        Outcome less that of the controls, or less the number it is compared with; NaN where an
        event has no control or its horizon is not known.
    clusters : int64 array of shape (n,)
        Events whose windows overlap are drawn together.
    values : float64 array of shape (n,)
        Outcomes of the events themselves.
    own, theirs : float
        Means over the compared events and over what they are compared with.
    own_curve, their_curve : float64 arrays of shape (n_bars + 1,)
        Mean paths to the horizon, of the compared events and of their controls as they were.
    spread : float
        Standard deviation of the outcome over all bars that could be controls.
    balance : tuple of Balance
        Empty without controls.
    is_estimated : bool
        Whether event or outcome rest on liquidations that no exchange reported.
    """

    bars: IntArray
    differences: FloatArray
    clusters: IntArray
    values: FloatArray
    own: float
    theirs: float
    own_curve: FloatArray
    their_curve: FloatArray
    spread: float
    balance: tuple[Balance, ...]
    is_estimated: bool

    @property
    def n_events(self) -> int:
        """Events, compared or not."""
        return len(self.bars)

    @property
    def worst_balance(self) -> float:
        """Largest standardised difference of a matched covariate; NaN without controls."""
        found = [abs(each.after) for each in self.balance if each.name in MATCHED_BY]
        return max(found, default=_NAN)


def draw_sample(market: Market, plan: TrialPlan, claim: ClaimPlan) -> Sample:
    """Find the events of a claim and compare what followed with what it is compared with.

    Parameters
    ----------
    market : Market
        The bars.
    plan : TrialPlan
        What is left out, and how controls are matched.
    claim : ClaimPlan
        Condition, horizon and outcome.

    Notes
    -----
    Bars without a level to reach, or in what is left out, are no events and keep none away.
    Controls are bars on which the condition is known NOT to hold, in the claim's own sample. Each
    gets the levels of its event, at the same distance from its own close.
    """
    n_bars = to_horizon(market, claim.horizon)
    parsed = read_condition(claim.event, _KINDS)
    extra = find_columns(market, parsed.names)
    truth = np.array(np.broadcast_to(evaluate_condition(market, parsed, extra), len(market)))
    allowed = find_allowed(market, claim.sample, plan.leave_out, n_bars)
    measure = Measure(market, claim.outcome, n_bars)
    standing = measure.ways(np.arange(len(market))).values()
    begun = starts(truth == 1) if claim.onset else truth == 1
    candidates = begun & allowed & ~np.any([np.isnan(each) for each in (truth, *standing)], axis=0)
    bars = find_events(
        candidates.astype(np.float64), spacing=n_bars, first=market.first, onset=False
    ).bars
    ways = measure.ways(bars)
    names = (*parsed.names, *claim.outcome.columns)
    estimated = any(find_origin(name) == ESTIMATED for name in names)
    if claim.against is not None:
        return _against_number(measure, bars, ways, claim.against, estimated=estimated)
    covariates = market.cached(find_covariates)
    strata = np.where(allowed & ~np.isnan(truth), covariates.strata, -1)
    covariates = replace(covariates, strata=strata)
    wake = min(n_bars, to_horizon(market, plan.wake))
    matching = find_controls(
        covariates,
        bars,
        truth == 1,
        wake=wake,
        distance=n_bars,
        first=market.first,
        n_controls=plan.controls,
        caliper=plan.caliper,
        apart=wake,
    )
    return _against_controls(measure, bars, ways, covariates, matching, estimated=estimated)


def find_allowed(market: Market, sample: Span, leave_out: Span | None, n_bars: int) -> BoolArray:
    """Tell which bars lie in a sample, their windows clear of what is left out.

    Parameters
    ----------
    market : Market
        The bars.
    sample : Span
        Opens of the bars.
    leave_out : Span or None
        No close from the bar's own to that of its horizon lies in it.
    n_bars : int
        The horizon.
    """
    allowed = np.ones(len(market), dtype=np.bool_)
    if sample.start is not None:
        allowed &= market.index >= sample.start
    if sample.end is not None:
        allowed &= market.index < sample.end
    if leave_out is not None:
        closes = market.closes_at
        last = closes[np.minimum(np.arange(len(market)) + n_bars, len(market) - 1)]
        after = closes >= leave_out.end if leave_out.end is not None else np.array(False)
        before = last < leave_out.start if leave_out.start is not None else np.array(False)
        allowed &= after | before
    return allowed


def _against_number(
    measure: Measure, bars: IntArray, ways: Ways, against: float, *, estimated: bool
) -> Sample:
    paths = measure.trace(bars, ways)
    values = paths[:, -1]
    return Sample(
        bars=bars,
        differences=values - against,
        clusters=find_clusters(bars, measure.n_bars),
        values=values,
        own=_mean(values),
        theirs=against,
        own_curve=_mean_path(paths),
        their_curve=np.full(measure.n_bars + 1, against),
        spread=float(np.nanstd(values)) if (~np.isnan(values)).any() else _NAN,
        balance=(),
        is_estimated=estimated,
    )


def _against_controls(
    measure: Measure,
    bars: IntArray,
    ways: Ways,
    covariates: Covariates,
    matching: Matching,
    *,
    estimated: bool,
) -> Sample:
    own = measure.trace(bars, ways)
    theirs, used = _trace_controls(measure, ways, matching)
    pool = _thin(matching.eligible)
    usual = {name: np.full(len(pool), _median(each)) for name, each in ways.items()}
    outcomes = measure.trace(pool, usual)
    few = np.zeros(len(matching.eligible), dtype=np.bool_)
    few[pool] = True
    values, slopes = calc_slopes(covariates, outcomes[:, -1:], few)
    gap = values[bars] - _average(values[matching.controls], used)
    expected = theirs[:, -1] + (gap @ slopes)[:, 0]
    differences = own[:, -1] - expected
    both = ~np.isnan(differences)
    known = outcomes[~np.isnan(outcomes[:, -1]), -1]
    return Sample(
        bars=bars,
        differences=differences,
        clusters=find_clusters(bars, measure.n_bars),
        values=own[:, -1],
        own=_mean(own[both, -1]),
        theirs=_mean(expected[both]),
        own_curve=_mean_path(own[both]),
        their_curve=_mean_path(theirs[both]),
        spread=float(known.std()) if len(known) else _NAN,
        balance=calc_balance(covariates, bars, matching) if len(bars) else (),
        is_estimated=estimated,
    )


def _trace_controls(
    measure: Measure, ways: Ways, matching: Matching
) -> tuple[FloatArray, BoolArray]:
    """Average the paths of each event's controls; tell which controls are in the average."""
    paths = [measure.trace(np.maximum(chosen, 0), ways) for chosen in matching.controls.T]
    used = [
        (chosen >= 0) & ~np.isnan(path[:, -1])
        for chosen, path in zip(matching.controls.T, paths, strict=True)
    ]
    stacked, kept = np.stack(paths, axis=1), np.stack(used, axis=1)
    return _average(stacked, kept), kept


def _average(values: FloatArray, used: BoolArray) -> FloatArray:
    """Average over the second axis what is used; NaN where nothing is."""
    count = used.sum(axis=1)[:, None]
    total = np.where(used[:, :, None], values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _thin(eligible: BoolArray) -> IntArray:
    """Take every so many-th of the bars: enough for four slopes."""
    bars = np.flatnonzero(eligible)
    return bars[:: max(1, len(bars) // _POOL)]


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else _NAN


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else _NAN


def _mean_path(paths: FloatArray) -> FloatArray:
    known = paths[~np.isnan(paths[:, -1])]
    return known.mean(axis=0) if len(known) else np.full(paths.shape[1], _NAN)
