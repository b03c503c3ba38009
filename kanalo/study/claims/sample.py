"""The sample of one claim: its events, their controls, and the difference of what followed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kanalo.market import Market
from kanalo.signals.moving import starts
from kanalo.study.claims.columns import COLUMNS, find_columns, find_origin
from kanalo.study.claims.outcomes import Measure, Ways
from kanalo.study.claims.plan import ClaimPlan, TimeRange, TrialPlan
from kanalo.study.events.controls import (
    Balance,
    Covariates,
    Matching,
    calc_balance,
    calc_slopes,
    find_controls,
    find_covariates,
)
from kanalo.study.events.events import (
    Extra,
    evaluate_condition,
    find_events,
    read_condition,
    to_horizon,
)
from kanalo.study.events.study import BLOCK
from kanalo.study.inference import Sample, to_sample
from kanalo.study.variables import ESTIMATED
from kanalo.typing import BoolArray, FloatArray, IntArray

MATCHED_BY = ("bar_return", "bar_volume", "day_return", "day_volume")
"""Covariates whose balance a card tells of."""

KINDS: Extra = {
    name: np.empty(0, dtype=np.bool_ if each.truth else np.float64)
    for name, each in COLUMNS.items()
}
"""Empty columns: a condition is read before they are computed."""

_POOL = 10_000
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class ClaimSample:
    """Events of one claim and what followed them.

    Attributes
    ----------
    bars : int64 array of shape (n,)
        Events that have a level to reach, in time.
    values : float64 array of shape (n,)
        Their outcomes; NaN where the horizon is not known.
    pairs : Sample
        Events and what each is compared with: its controls, brought to its own covariates, or a
        number.
    block : int
        Bars of a block of the bootstrap.
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
    values: FloatArray
    pairs: Sample
    block: int
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
    def n_blocks(self) -> int:
        """Blocks of time that hold an event, compared or not."""
        return len(np.unique(self.bars // self.block))

    @property
    def worst_balance(self) -> float:
        """Largest standardised difference of a matched covariate; NaN without controls."""
        differences = [abs(each.after) for each in self.balance if each.name in MATCHED_BY]
        known = [each for each in differences if not np.isnan(each)]
        return max(known, default=_NAN)


def draw_sample(market: Market, plan: TrialPlan, claim: ClaimPlan) -> ClaimSample:
    """Find the events of a claim and compare what followed with what it is compared with.

    Parameters
    ----------
    market : Market
        The bars.
    plan : TrialPlan
        What is left out, and how controls are matched.
    claim : ClaimPlan
        Condition, horizon and outcome.

    Returns
    -------
    ClaimSample
        Outcomes of the events and what they are compared with.

    Notes
    -----
    Bars without a level to reach, or in what is left out, are no events and keep none away.
    Controls are bars on which the condition is known NOT to hold, in the claim's own sample. Each
    gets the levels of its event, at the same distance from its own close.
    """
    n_bars = to_horizon(market, claim.horizon)
    parsed = read_condition(claim.event, KINDS)
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


def find_allowed(
    market: Market, sample: TimeRange, leave_out: TimeRange | None, n_bars: int
) -> BoolArray:
    """Tell which bars lie in a sample, their windows clear of what is left out.

    Parameters
    ----------
    market : Market
        The bars.
    sample : TimeRange
        Opens of the bars.
    leave_out : TimeRange or None
        No close from the bar's own to that of its horizon lies in it.
    n_bars : int
        The horizon.

    Returns
    -------
    bool array of shape (n_bars,)
        True where a bar may be an event or a control.
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
) -> ClaimSample:
    paths = measure.trace(bars, ways)
    values = paths[:, -1]
    known = values[~np.isnan(values)]
    return ClaimSample(
        bars=bars,
        values=values,
        pairs=to_sample(bars, values, bars[:, None], np.full((len(bars), 1), against)),
        block=BLOCK * measure.n_bars,
        own_curve=_mean_path(paths),
        their_curve=np.full(measure.n_bars + 1, against),
        spread=float(known.std()) if len(known) else _NAN,
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
) -> ClaimSample:
    own, theirs = measure.trace(bars, ways), _trace_controls(measure, ways, matching)
    outcomes, values, slopes = _regress(measure, ways, covariates, matching)
    gaps = values[bars][:, None, :] - values[matching.controls]
    expected = theirs[:, :, -1] + (gaps @ slopes)[:, :, 0]
    paired = ~np.isnan(own[:, -1]) & ~np.isnan(expected).all(axis=1)
    known = outcomes[~np.isnan(outcomes)]
    return ClaimSample(
        bars=bars,
        values=own[:, -1],
        pairs=to_sample(bars, own[:, -1], matching.controls, expected),
        block=BLOCK * measure.n_bars,
        own_curve=_mean_path(own[paired]),
        their_curve=_mean_path(_average(theirs[paired])),
        spread=float(known.std()) if len(known) else _NAN,
        balance=calc_balance(covariates, bars, matching) if len(bars) else (),
        is_estimated=estimated,
    )


def _trace_controls(measure: Measure, ways: Ways, matching: Matching) -> FloatArray:
    """Follow the controls of each event at its levels; shape (n, k, n_bars + 1)."""
    paths = []
    for chosen in matching.controls.T:
        path = measure.trace(np.maximum(chosen, 0), ways)
        path[chosen < 0] = np.nan
        paths.append(path)
    return np.stack(paths, axis=1)


def _regress(
    measure: Measure, ways: Ways, covariates: Covariates, matching: Matching
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Regress the outcome at the median level on what is matched, over bars without the event.

    Returns the outcomes, the covariates of all bars, and the slopes.
    """
    bars = np.flatnonzero(matching.eligible)
    bars = bars[:: max(1, len(bars) // _POOL)]
    usual = {name: np.full(len(bars), _median(each)) for name, each in ways.items()}
    outcomes = measure.trace(bars, usual)[:, -1:]
    chosen = np.zeros(len(matching.eligible), dtype=np.bool_)
    chosen[bars] = True
    return outcomes, *calc_slopes(covariates, outcomes, chosen)


def _average(paths: FloatArray) -> FloatArray:
    """Average over the controls of each event, unknown ones left out."""
    known = ~np.isnan(paths[:, :, -1:])
    count = known.sum(axis=1)
    total = np.where(known, paths, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else _NAN


def _mean_path(paths: FloatArray) -> FloatArray:
    known = paths[~np.isnan(paths[:, -1])]
    return known.mean(axis=0) if len(known) else np.full(paths.shape[1], _NAN)
