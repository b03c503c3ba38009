"""Events and controls of one claim on every coin of a panel, in hours since 1970."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kanalo.market import Market
from kanalo.panel.coins import Coin, Panel
from kanalo.panel.outcomes import Outcomes, mean_of_others
from kanalo.panel.plan import RELATIVE, PanelClaim, PanelPlan, find_match
from kanalo.signals.moving import starts
from kanalo.study.claims.columns import COLUMNS, find_column, find_columns, find_origin
from kanalo.study.claims.sample import KINDS, find_allowed
from kanalo.study.events.controls import (
    Covariates,
    Matching,
    calc_balance,
    calc_slopes,
    find_controls,
    find_covariates,
)
from kanalo.study.events.events import evaluate_condition, find_events, read_condition, to_horizon
from kanalo.study.inference import Sample
from kanalo.study.variables import ESTIMATED
from kanalo.typing import BoolArray, FloatArray, IntArray

POOL = 10_000
"""Most bars that the outcome is regressed on what is matched over."""

NO_EVENTS = "the condition is never known to begin"
SPOT_TABLE = "liquidations are not estimated from spot bars"
NO_CONTROLS = "no event has a control"
NO_OUTCOME = "what followed its events is not known"


@dataclass(frozen=True, eq=False)
class CoinSample:
    """Events of one claim on one coin, each with its controls.

    Attributes
    ----------
    coin : str
        Its name.
    hours : int64 array of shape (n,)
        Hours since 1970 of the matched events' bars.
    values, expected : float64 arrays of shape (n,)
        What followed each event, and the mean of its controls.
    pairs : Sample
        Events and controls with their weights; its ``bars`` are hours since 1970.
    owners : int64 array of shape (n_controls,)
        The event of each control.
    n_events : int
        Events, matched or not.
    imbalance : float
        Largest standardised difference of a matched covariate between events and controls.
    reason : str
        Why the coin cannot answer; empty where it can.
    delisted_at : int or None
        The last hour of a coin that was delisted.
    """

    coin: str
    hours: IntArray
    values: FloatArray
    expected: FloatArray
    pairs: Sample
    owners: IntArray
    n_events: int
    imbalance: float = float("nan")
    reason: str = ""
    delisted_at: int | None = None

    def before(self, hour: int) -> CoinSample:
        """Keep the events before an hour, each with its own controls.

        Parameters
        ----------
        hour : int
            Since 1970.
        """
        kept = self.hours < hour
        pairs = self.pairs
        owner = np.concatenate([np.arange(self.n), self.owners])
        chosen = kept[owner]
        return replace(
            self,
            hours=self.hours[kept],
            values=self.values[kept],
            expected=self.expected[kept],
            pairs=Sample(
                pairs.bars[chosen],
                pairs.values[chosen],
                pairs.weights[chosen],
                pairs.is_event[chosen],
            ),
            owners=(np.cumsum(kept) - 1)[self.owners[kept[self.owners]]],
        )

    @property
    def n(self) -> int:
        """Events that could be compared."""
        return len(self.hours)


@dataclass(frozen=True, eq=False)
class Question:
    """One claim on one coin before anything that followed was looked at.

    Attributes
    ----------
    coin : Coin
        The coin.
    outcomes : Outcomes
        Measures what followed.
    bars : int64 array of shape (n,)
        Events.
    covariates : Covariates
        What they are matched by.
    matching : Matching or None
        Their controls; None where events are compared with a number.
    """

    coin: Coin
    outcomes: Outcomes
    bars: IntArray
    covariates: Covariates | None
    matching: Matching | None

    @property
    def n_matched(self) -> int:
        """Events with a control, or all of them where none is needed."""
        return len(self.bars) if self.matching is None else int(self.matching.matched.sum())


def ask_coin(panel: Panel, coin: Coin, plan: PanelPlan, claim: PanelClaim) -> Question:
    """Find the events of a claim on a coin and their controls; nothing that followed is looked at.

    Parameters
    ----------
    panel : Panel
        For outcomes that are measured against the other coins.
    coin : Coin
        One of its coins.
    plan : PanelPlan
        What is left out.
    claim : PanelClaim
        Condition, horizon, outcome and matching.

    Returns
    -------
    Question
        Events and controls as bars of the coin.
    """
    market, own = coin.market, claim.plan
    n_bars = to_horizon(market, own.horizon)
    settled = market.name in plan.delisted
    others = None
    if own.outcome.kind == RELATIVE:
        others = mean_of_others(panel, coin, n_bars, plan.least_others)
    outcomes = Outcomes(market, own.outcome, n_bars, settled, others)
    parsed = read_condition(own.event, KINDS)
    extra = find_columns(market, parsed.names)
    truth = np.array(np.broadcast_to(evaluate_condition(market, parsed, extra), len(market)))
    allowed = find_allowed(market, own.sample, plan.base.leave_out, n_bars)
    standing = outcomes.ways(np.arange(len(market))).values()
    begun = starts(truth == 1) if own.onset else truth == 1
    unknown = np.any([np.isnan(each) for each in (truth, *standing)], axis=0)
    candidates = (begun & allowed & ~unknown).astype(np.float64)
    bars = find_events(candidates, spacing=n_bars, first=market.first, onset=False).bars
    if own.against is not None:
        return Question(coin, outcomes, bars, None, None)
    covariates = _find_covariates(market, claim, allowed & ~np.isnan(truth))
    matching = _match(market, plan, claim, covariates, bars, truth == 1, n_bars)
    return Question(coin, outcomes, bars, covariates, matching)


def draw_coin(question: Question, claim: PanelClaim) -> CoinSample:
    """Look at what followed the events of a coin and their controls.

    Parameters
    ----------
    question : Question
        From `ask_coin`.
    claim : PanelClaim
        The same claim.

    Returns
    -------
    CoinSample
        Without the pairs of which one side is unknown.
    """
    outcomes, bars = question.outcomes, question.bars
    ways = outcomes.ways(bars)
    own = outcomes.measure(bars, ways)
    if question.matching is None or question.covariates is None:
        expected = np.full((len(bars), 1), claim.plan.against)
        return _to_coin_sample(question, claim, own, bars[:, None], expected)
    controls = question.matching.controls
    rows = np.repeat(np.arange(len(bars)), controls.shape[1])
    flat = np.maximum(controls.ravel(), 0)
    theirs = outcomes.measure(flat, {name: each[rows] for name, each in ways.items()})
    theirs = np.where(controls.ravel() >= 0, theirs, np.nan).reshape(controls.shape)
    values, slopes = _regress(question.matching, question.covariates, outcomes, ways)
    gaps = values[bars][:, None, :] - values[controls]
    expected = theirs + (gaps @ slopes)[:, :, 0]
    return _to_coin_sample(question, claim, own, controls, expected)


def is_estimated(claim: PanelClaim) -> bool:
    """Return whether a claim's event or outcome rests on estimated liquidations."""
    names = (*read_condition(claim.plan.event, KINDS).names, *claim.plan.outcome.columns)
    return any(find_origin(name) == ESTIMATED for name in names)


def calc_imbalance(question: Question) -> float:
    """Return the largest standardised difference of what is matched; NaN without controls."""
    if question.matching is None or question.covariates is None or not len(question.bars):
        return float("nan")
    balance = calc_balance(question.covariates, question.bars, question.matching)
    matched = set(question.covariates.values)
    sizes = [abs(each.after) for each in balance if each.name in matched]
    return max((each for each in sizes if not np.isnan(each)), default=float("nan"))


def _find_covariates(market: Market, claim: PanelClaim, known: BoolArray) -> Covariates:
    covariates = market.cached(find_covariates)
    strata = np.where(known, covariates.strata, -1)
    more = {name: find_match(market, name) for name in claim.match}
    return replace(covariates, strata=strata, values={**covariates.values, **more})


def _match(
    market: Market,
    plan: PanelPlan,
    claim: PanelClaim,
    covariates: Covariates,
    bars: IntArray,
    holds: BoolArray,
    n_bars: int,
) -> Matching:
    wake = min(n_bars, to_horizon(market, plan.base.wake))
    return find_controls(
        covariates,
        bars,
        holds,
        wake=wake,
        distance=n_bars,
        first=market.first,
        n_controls=claim.controls,
        caliper=claim.caliper,
        apart=wake,
        share=claim.share,
    )


def _regress(
    matching: Matching, covariates: Covariates, outcomes: Outcomes, ways: dict[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Regress the outcome at the median level on what is matched, over bars without the event."""
    bars = np.flatnonzero(matching.eligible)
    bars = bars[:: max(1, len(bars) // POOL)]
    usual = {
        name: np.full(len(bars), np.median(each) if len(each) else np.nan)
        for name, each in ways.items()
    }
    chosen = np.zeros(len(matching.eligible), dtype=np.bool_)
    chosen[bars] = True
    return calc_slopes(covariates, outcomes.measure(bars, usual)[:, None], chosen)


def _to_coin_sample(
    question: Question,
    claim: PanelClaim,
    own: FloatArray,
    controls: IntArray,
    expected: FloatArray,
) -> CoinSample:
    """Put events and controls in one row, those left out of which either side is unknown."""
    hours = question.coin.hours
    known = ~np.isnan(expected) & ~np.isnan(own)[:, None]
    paired = known.any(axis=1)
    weights = known / np.maximum(known.sum(axis=1), 1)[:, None]
    means = (np.where(known, expected, 0.0) * weights).sum(axis=1)
    n, n_controls = int(paired.sum()), int(known.sum())
    pairs = Sample(
        np.concatenate([hours[question.bars[paired]], hours[controls[known]]]),
        np.concatenate([own[paired], expected[known]]),
        np.concatenate([np.ones(n), weights[known]]),
        np.arange(n + n_controls) < n,
    )
    return CoinSample(
        coin=question.coin.name,
        hours=hours[question.bars[paired]],
        values=own[paired],
        expected=means[paired],
        pairs=pairs,
        owners=(np.cumsum(paired) - 1)[np.nonzero(known)[0]],
        n_events=len(question.bars),
        imbalance=calc_imbalance(question),
        reason=_find_reason(question, claim, own, n),
        delisted_at=int(hours[-1]) if question.outcomes.settled else None,
    )


def _find_reason(question: Question, claim: PanelClaim, own: FloatArray, n: int) -> str:
    """Say why a coin cannot answer; empty where it can."""
    if n:
        return ""
    if is_estimated(claim) and question.coin.market.spot.all():
        return SPOT_TABLE
    if not len(question.bars):
        names = (*read_condition(claim.plan.event, KINDS).names, *claim.plan.outcome.columns)
        lacking = [each for each in names if _is_unknown(question.coin.market, each)]
        return f"it has no '{lacking[0]}'" if lacking else NO_EVENTS
    return NO_OUTCOME if np.isnan(own).all() else NO_CONTROLS


def _is_unknown(market: Market, name: str) -> bool:
    """Tell whether a coin never has a value of a column that a plan names."""
    column = COLUMNS.get(name)
    if column is not None and column.truth:
        return False
    return bool(np.isnan(find_column(market, name)).all())
