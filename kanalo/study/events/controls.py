"""Matched controls: bars that were like the event's, but without the event.

A control comes from the same stratum (tercile of 7-day volatility, swing trend, third of the day)
and is the nearest by the bar's own return and volume and by those of the last 24 hours, each within
a caliper. The 24 hours are matched because the estimated flow is summed over them: an imbalance
that is estimated from excursions is momentum by construction, and without its own momentum matched
it would be credited with what any such rise is followed by. What difference is left within a pair
is taken off linearly (`calc_slopes`), because the bars around extreme events are never quite as
extreme.

Four rules keep the future out of the choice; each was broken at first by something plausible, and
random walks, where every effect is feigned, showed it.

- A control never lies in the wake of the condition (some time after a bar on which it held), which
  is known at its own close. Whether the condition comes true LATER is not asked: of a rising event
  that would leave out the rises.
- A control is at least the longest horizon away from its own event, on either side: a bar shortly
  before a rise resembles it, and its window would hold the rise (0.2 % a day after a rise of 6 %).
- Of neighbouring bars within the calipers only the FIRST may be chosen, as of a condition only its
  beginning is an event: where events lie beyond all other bars, the nearest of neighbours is the
  peak of its episode, and a peak is known by the fall that follows.
- A bar is taken out of the choice of others, its neighbours are not: to leave out a bar because one
  shortly AFTER it was chosen leaves out those that stayed up (0.3 % a day). Windows of controls may
  therefore overlap each other; the intervals account for it.

References
----------
Abadie, A. and Imbens, G. (2011), Bias-corrected matching estimators, JBES 29.
Li, Y. P., Propert, K. J. and Rosenbaum, P. R. (2001), Balanced risk set matching, JASA 96.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.moving import moving_average, shifted
from kanalo.signals.spans import to_bars
from kanalo.signals.trend import Trend, trend
from kanalo.study.events._pair_kernels import find_alike
from kanalo.study.variables import calc_volatility
from kanalo.typing import BoolArray, FloatArray, IntArray

CALIPER = 1.0
"""Most difference of a covariate within a pair, in its standard deviations."""

BASE_DAYS = 30
"""Days whose mean volume a volume is measured against."""

_HOURS_PER_BLOCK = 8
_REGIMES = 3
_ROWS_PER_SLOPE = 10


@dataclass(frozen=True, eq=False)
class Covariates:
    """What events and controls are matched by.

    Attributes
    ----------
    values : mapping of str to float64 array of shape (n_bars,)
        Matched by nearness; NaN where unknown.
    strata : int64 array of shape (n_bars,)
        Matched exactly; -1 where unknown.
    shown : mapping of str to float64 array of shape (n_bars,)
        What the strata are made of, for the table of balance.
    """

    values: Mapping[str, FloatArray]
    strata: IntArray
    shown: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Matching:
    """Which bars stand for which events.

    Attributes
    ----------
    controls : int64 array of shape (n_events, n_controls)
        Bars; -1 where no further one was near enough.
    eligible : bool array of shape (n_bars,)
        Where controls could come from.
    scales : mapping of str to float
        Standard deviation of each covariate: the root of the mean of the variances of events and of
        eligible bars.
    """

    controls: IntArray
    eligible: BoolArray
    scales: Mapping[str, float]

    @property
    def matched(self) -> BoolArray:
        """Which events have at least one control; shape (n_events,)."""
        return np.asarray((self.controls >= 0).any(axis=1))


@dataclass(frozen=True)
class Balance:
    """How alike events and controls are in one covariate.

    Attributes
    ----------
    name : str
        The covariate.
    events, pool, matched, controls : float
        Means over all events, all bars that could be controls, matched events and their controls.
    before, after : float
        Standardised mean differences: events less pool, and matched events less controls, over the
        same standard deviation. Below 0.1 in size is called balanced.
    """

    name: str
    events: float
    pool: float
    matched: float
    controls: float
    before: float
    after: float


def find_covariates(market: Market, first: int = 0) -> Covariates:
    """Compute what bars are matched by.

    Parameters
    ----------
    market : Market
        The bars.
    first : int
        First bar that is studied; the terciles of volatility are those of the bars from there on.

    Returns
    -------
    Covariates
        ``bar_return`` and ``day_return`` (log), ``bar_volume`` and ``day_volume`` (log of the
        volume over its mean of 30 days); the day's are left out on daily and slower bars. Unknown
        for the first 30 days.
    """
    n_day = to_bars(market, hours=24)
    log_close = np.log(market.close)
    usual = moving_average(market.volume, to_bars(market, days=BASE_DAYS))
    values = {
        "bar_return": log_close - shifted(log_close, 1),
        "bar_volume": _log_ratio(market.volume, usual),
    }
    if n_day > 1:
        values["day_return"] = log_close - shifted(log_close, n_day)
        values["day_volume"] = _log_ratio(moving_average(market.volume, n_day), usual)
    volatility, state = calc_volatility(market), market.cached(trend).astype(np.int64)
    block = market.index.hour.to_numpy() // _HOURS_PER_BLOCK
    cuts = np.nanquantile(volatility[first:], np.arange(1, _REGIMES) / _REGIMES)
    regime = np.searchsorted(cuts, volatility)
    known = ~np.isnan(volatility) & (state != Trend.UNKNOWN)
    strata = np.where(known, (regime * 3 + state + 1) * (24 // _HOURS_PER_BLOCK) + block, -1)
    hour = market.index.hour.to_numpy().astype(np.float64)
    shown = {"volatility": volatility, "trend": state.astype(np.float64), "hour": hour}
    return Covariates(values, strata.astype(np.int64), shown)


def find_controls(
    covariates: Covariates,
    events: IntArray,
    holds: BoolArray,
    *,
    wake: int,
    distance: int,
    first: int = 0,
    n_controls: int = 1,
    caliper: float = CALIPER,
    apart: int = 1,
    share: bool = False,
) -> Matching:
    """Choose the nearest controls of every event, each bar for one event only unless shared.

    Events choose in turns, those with the fewest candidates first; ties go to the earlier bar.

    Parameters
    ----------
    covariates : Covariates
        Of the bars.
    events : int64 array of shape (n_events,)
        Bars of the events.
    holds : bool array of shape (n_bars,)
        Where the condition holds.
    wake : int
        Bars after it held that give no control.
    distance : int
        Least bars between a control and its own event.
    first : int
        First bar that is studied.
    n_controls : int
        Most controls of an event.
    caliper : float
        Most difference of each covariate, in standard deviations.
    apart : int
        Bars within the calipers of one event that are nearer to each other are one episode, of
        which the first counts.
    share : bool
        Whether a bar may be the control of several events.

    Returns
    -------
    Matching
        Controls as bars, int64 of shape (n_events, n_controls), -1 where there are fewer.
    """
    matrix = np.column_stack(list(covariates.values.values()))
    known = ~np.isnan(matrix).any(axis=1) & (covariates.strata >= 0)
    eligible = known & ~_in_wake(holds, wake)
    eligible[:first] = False
    scales = _find_scales(matrix, events, eligible)
    nearest = _rank_candidates(
        matrix / scales, covariates.strata, events, eligible, distance, caliper, apart
    )
    chosen = _choose(nearest, len(matrix), n_controls, share=share)
    return Matching(chosen, eligible, dict(zip(covariates.values, scales.tolist(), strict=True)))


def calc_balance(
    covariates: Covariates, events: IntArray, matching: Matching
) -> tuple[Balance, ...]:
    """Compare events with the pool and with their controls, covariate by covariate.

    A control of an event with k controls weighs 1/k.

    Parameters
    ----------
    covariates : Covariates
        Columns of shape (n_bars,), those that were matched on and those that are only shown.
    events : int64 array of shape (n_events,)
        Bars of the events.
    matching : Matching
        Controls of each event.

    Returns
    -------
    tuple of Balance
        One for each covariate.
    """
    columns = {**covariates.values, **covariates.shown}
    return tuple(_balance(name, values, events, matching) for name, values in columns.items())


def calc_slopes(
    covariates: Covariates, outcomes: FloatArray, eligible: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Regress outcomes on the covariates over all bars that could be controls.

    Parameters
    ----------
    covariates : Covariates
        Of the bars.
    outcomes : float64 array of shape (n_eligible, k)
        What followed each eligible bar at k horizons; NaN where unknown.
    eligible : bool array of shape (n_bars,)
        Where controls could come from.

    Returns
    -------
    values : float64 array of shape (n_bars, m)
        The covariates, each column standing for a row of the slopes.
    slopes : float64 array of shape (m, k)
        By least squares with an intercept; 0 where there are too few bars.
    """
    values = np.column_stack(list(covariates.values.values()))
    slopes = np.zeros((values.shape[1], outcomes.shape[1]))
    rows = values[eligible]
    for column, outcome in enumerate(outcomes.T):
        known = ~np.isnan(outcome)
        if known.sum() > _ROWS_PER_SLOPE * values.shape[1]:
            centred = rows[known] - rows[known].mean(axis=0)
            slopes[:, column] = np.linalg.lstsq(centred, outcome[known], rcond=None)[0]
    return values, slopes


def _balance(name: str, values: FloatArray, events: IntArray, matching: Matching) -> Balance:
    pool = values[matching.eligible]
    own = values[events]
    paired = events[matching.matched]
    matched = values[paired]
    controls = mean_of_controls(values, matching)[matching.matched]
    means = [_mean(each) for each in (own, pool, matched, controls)]
    scale = matching.scales.get(name, _spread(own, pool))
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = np.divide([means[0] - means[1], means[2] - means[3]], scale).tolist()
    return Balance(name, means[0], means[1], means[2], means[3], before, after)


def mean_of_controls(values: FloatArray, matching: Matching) -> FloatArray:
    """Average a column of shape (n_bars,) over the controls of each event; NaN without controls.

    Parameters
    ----------
    values : float64 array of shape (n_bars,)
        The column; NaN if unknown.
    matching : Matching
        Controls of each event, as bars.

    Returns
    -------
    float64 array of shape (n_events,)
        NaN without a control whose value is known.
    """
    chosen = values[matching.controls]
    missing = matching.controls < 0
    chosen[missing] = np.nan
    known = ~np.isnan(chosen)
    count = known.sum(axis=1)
    total = np.where(known, chosen, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _spread(own: FloatArray, pool: FloatArray) -> float:
    known = [each[~np.isnan(each)] for each in (own, pool)]
    variances = [float(each.var()) if len(each) else 0.0 for each in known]
    return float(np.sqrt((variances[0] + variances[1]) / 2))


def _find_scales(matrix: FloatArray, events: IntArray, eligible: BoolArray) -> FloatArray:
    """Return a standard deviation a column; 1 where a column does not vary at all."""
    scales = [_spread(column[events], column[eligible]) for column in matrix.T]
    return np.array([scale if scale > 0 else 1.0 for scale in scales])


def _log_ratio(volume: FloatArray, usual: FloatArray) -> FloatArray:
    traded = (volume > 0) & (usual > 0)
    return np.where(
        traded, np.log(np.where(traded, volume, 1.0) / np.where(traded, usual, 1.0)), np.nan
    )


def _in_wake(holds: BoolArray, wake: int) -> BoolArray:
    """Tell where the condition holds or held within the last ``wake`` bars."""
    bar = np.arange(len(holds))
    last = np.maximum.accumulate(np.where(holds, bar, -wake - 1))
    return np.asarray(bar - last <= wake)


def _rank_candidates(
    scaled: FloatArray,
    strata: IntArray,
    events: IntArray,
    eligible: BoolArray,
    distance: int,
    caliper: float,
    apart: int,
) -> list[IntArray]:
    """Return the bars within the calipers of each event, the nearest first.

    Of a run of bars less than ``apart`` from one another only the first is there.
    """
    pools = {code: np.flatnonzero(eligible & (strata == code)) for code in set(strata[events])}
    scaled, empty = np.ascontiguousarray(scaled), np.empty(0, dtype=np.int64)
    ranked = []
    for event in events.tolist():
        pool = pools[strata[event]] if strata[event] >= 0 else empty
        near = find_alike(scaled, pool, event, distance, caliper, apart)
        order = np.argsort(((scaled[near] - scaled[event]) ** 2).sum(axis=1), kind="stable")
        ranked.append(near[order])
    return ranked


def _choose(
    ranked: list[IntArray], n_bars: int, n_controls: int, *, share: bool = False
) -> IntArray:
    chosen = np.full((len(ranked), n_controls), -1, dtype=np.int64)
    used = np.zeros(n_bars, dtype=np.bool_)
    turns = sorted(range(len(ranked)), key=lambda event: len(ranked[event]))
    if share:
        for event, near in enumerate(ranked):
            chosen[event, : len(near[:n_controls])] = near[:n_controls]
        return chosen
    for place in range(n_controls):
        for event in turns:
            free = ranked[event][~used[ranked[event]]]
            if len(free):
                chosen[event, place] = free[0]
                used[free[0]] = True
    return chosen
