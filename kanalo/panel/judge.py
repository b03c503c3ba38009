"""Verdicts on the claims of an article from a panel of coins.

The verdict is that of the other coins, every event of the same weight, by the symmetric bootstrap-t
over blocks of four weeks of all coins together, with Holm's method over the claims that have data.
Everything else stands beside it and decides nothing: the coin-equal mean, random effects, the row
with Monero, the row without a delisted coin's last days, and the checks of the error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kanalo.panel.coins import MONERO
from kanalo.panel.equal_coins import calc_differ_p
from kanalo.panel.heterogeneity import (
    Coins,
    Contrast,
    Shrunk,
    compare_coins,
    contrast,
    draw_effects,
    find_covariance,
    shrink,
)
from kanalo.panel.inference import Checks, check_error, infer
from kanalo.panel.null_panels import NullPanels, find_null_panels
from kanalo.panel.plan import Bias, PanelClaim, PanelPlan
from kanalo.panel.power import calc_panel_detectable, calc_panel_power, to_critical
from kanalo.panel.sample import CoinSample
from kanalo.study.claims.claims import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    find_levels,
    find_verdict,
)
from kanalo.study.inference import Difference, adjust_holm

PERCENT = ("return", "abnormal", "relative")
"""Kinds of outcome that are returns; the others are shares, whose differences are points."""

LAST_DAYS = 60
"""Days before a delisting that a row of its own leaves out."""


@dataclass(frozen=True, eq=False)
class PanelResult:
    """What became of one claim on a panel.

    Attributes
    ----------
    claim : PanelClaim
        How it was tested.
    effect : Difference
        Of the other coins, with the interval at ``level``.
    level : float
        Level of the interval after Holm's method.
    p_holm : float
        p-value of no effect, adjusted for the number of claims; NaN where there is none.
    detectable : float
        Least effect that would be told from zero with 80 % power at Holm's first step.
    power : float
        Probability that an effect as large as the minimal one would be told from zero at Holm's
        first step.
    bias : Bias or None
        Mean effect on null panels; None where it was not measured.
    null_panels : NullPanels or None
        What null panels say of the test; None for a plan that they were not run for.
    verdict : str
        ``supported``, ``refuted`` or ``not decidable``.
    reason : str
        Why it is not decidable where that is not the width of the interval alone.
    checks : Checks
        The error by other methods, and the effective number of events.
    coin_equal, with_monero, shortened : Difference
        Every coin of the same weight; Monero among the coins; without a delisted coin's last 60
        days.
    coins : Coins
        Single coins, and how far they differ.
    monero : Shrunk or None
        Monero's effect drawn to that of all.
    against_others : Contrast or None
        Monero less the others.
    unanswered : mapping of str to str
        Coins that cannot answer, and why.
    imbalance : float
        Largest standardised difference of what is matched, mean over coins weighted by events.
    raw : Difference or None
        The same with the coin's own return where the claim takes that less the mean of the others;
        no verdict.
    """

    claim: PanelClaim
    effect: Difference
    level: float
    p_holm: float
    detectable: float
    power: float
    bias: Bias | None
    null_panels: NullPanels | None
    verdict: str
    reason: str
    checks: Checks
    coin_equal: Difference
    with_monero: Difference
    shortened: Difference
    coins: Coins
    monero: Shrunk | None
    against_others: Contrast | None
    unanswered: Mapping[str, str]
    imbalance: float
    raw: Difference | None = None


def judge_panel(
    samples: Mapping[str, Sequence[CoinSample]],
    plan: PanelPlan,
    raw: Mapping[str, Sequence[CoinSample]] | None = None,
) -> tuple[PanelResult, ...]:
    """Judge every claim that was asked.

    Parameters
    ----------
    samples : mapping
        From `kanalo.panel.trial.draw_panel`.
    plan : PanelPlan
        The plan; a claim that is not among the samples still counts in Holm's method.
    raw : mapping, optional
        Samples of relative claims with the coin's own return: a second row, no verdict.

    Returns
    -------
    tuple of PanelResult
        In the order of the plan.
    """
    asked = [(i, each) for i, each in enumerate(plan.claims) if each.name in samples]
    others = {each.name: _without(samples[each.name], MONERO) for _, each in asked}
    first = [_infer(others[each.name], plan, i, plan.base.level) for i, each in asked]
    p_values = [each.p_value for each in first] + [float("nan")] * (len(plan.claims) - len(asked))
    levels = find_levels(p_values, plan.base.level)
    adjusted = adjust_holm([1.0 if np.isnan(p) else p for p in p_values])
    results = [
        _judge(samples[claim.name], plan, i, claim, levels[k], adjusted[k])
        for k, (i, claim) in enumerate(asked)
    ]
    for k, (i, claim) in enumerate(asked):
        if raw is not None and claim.name in raw:
            beside = _infer(_without(raw[claim.name], MONERO), plan, i, levels[k])
            results[k] = replace(results[k], raw=beside)
    return _adjust_contrasts(results)


def find_panel_verdict(effect: Difference, claim: PanelClaim, bias: Bias | None) -> tuple[str, str]:
    """Judge an effect by its interval; nothing is decidable where the comparison itself moves.

    Parameters
    ----------
    effect : Difference
        With the interval that decides.
    claim : PanelClaim
        Its side and its minimal effect.
    bias : Bias or None
        Mean effect on null panels; None where it was not measured.

    Returns
    -------
    verdict, reason : str
        The reason is empty unless the comparison moves.
    """
    minimal = claim.plan.minimal
    if bias is not None and bias.moves(minimal):
        kind = claim.plan.outcome.kind
        unit = "%" if kind in PERCENT else "points"
        return UNDECIDED, f"the comparison itself moves by {100 * bias.mean:+.1f} {unit}"
    return find_verdict(effect, claim.plan.side, minimal), ""


def _adjust_contrasts(results: Sequence[PanelResult]) -> tuple[PanelResult, ...]:
    """Adjust the p-values of Monero less the others, a family of their own, by Holm's method."""
    p_values = [
        1.0 if each.against_others is None or np.isnan(each.against_others.p_value)
        else each.against_others.p_value
        for each in results
    ]  # fmt: skip
    return tuple(
        each if each.against_others is None
        else replace(each, against_others=replace(each.against_others, p_holm=p))
        for each, p in zip(results, adjust_holm(p_values), strict=True)
    )  # fmt: skip


def _judge(
    samples: Sequence[CoinSample],
    plan: PanelPlan,
    number: int,
    claim: PanelClaim,
    level: float,
    p_holm: float,
) -> PanelResult:
    others = _without(samples, MONERO)
    effect = _infer(others, plan, number, level)
    null_panels = find_null_panels(plan.digest, claim.name)
    bias = plan.biases.get(claim.name) if null_panels is None else null_panels.bias
    verdict, reason = find_panel_verdict(effect, claim, bias)
    coins, monero, against = _look_at_coins(samples, plan, number)
    coins = replace(coins, differ_p=calc_differ_p(claim.name, coins.chi2_p))
    size = (1 - plan.base.level) / len(plan.claims)
    critical = to_critical(_infer(others, plan, number, 1 - size))
    return PanelResult(
        claim=claim,
        effect=effect,
        level=level,
        p_holm=float("nan") if np.isnan(effect.p_value) else p_holm,
        detectable=calc_panel_detectable(effect, critical),
        power=calc_panel_power(effect, claim.plan.minimal, critical),
        bias=bias,
        null_panels=null_panels,
        verdict=verdict,
        reason=reason,
        checks=check_error(others, plan.block_hours, effect.error),
        coin_equal=_infer(others, plan, number, level, by_coin=True),
        with_monero=_infer(samples, plan, number, level),
        shortened=_infer([_shorten(each) for each in others], plan, number, level),
        coins=coins,
        monero=monero,
        against_others=against,
        unanswered={each.coin: each.reason for each in samples if each.reason},
        imbalance=_average_imbalance(others),
    )


def _infer(
    samples: Sequence[CoinSample],
    plan: PanelPlan,
    number: int,
    level: float,
    *,
    by_coin: bool = False,
) -> Difference:
    """Draw the same blocks for a claim whatever the level, so that interval and p-value agree."""
    base = plan.base
    seed = [base.seed, number]
    return infer(samples, plan.block_hours, seed, base.draws, level, by_coin=by_coin)


def _look_at_coins(
    samples: Sequence[CoinSample], plan: PanelPlan, number: int
) -> tuple[Coins, Shrunk | None, Contrast | None]:
    answered = [each for each in samples if each.n]
    if not answered:
        empty = np.empty((0, 0))
        return compare_coins([], np.empty(0), empty), None, None
    seed = [plan.base.seed, number]
    effects, drawn = draw_effects(answered, plan.block_hours, seed, plan.base.draws)
    names = [each.coin for each in answered]
    mine = [each != MONERO for each in names]
    others = [each for each in answered if each.coin != MONERO]
    coins = compare_coins(others, effects[mine], drawn[:, mine])
    everyone = compare_coins(answered, effects, drawn)
    chosen = [i for i, name in enumerate(names) if name in everyone.names]
    covariance, _ = find_covariance(drawn[:, chosen])
    monero = shrink(everyone, covariance, MONERO, seed)
    if monero is None or not others:
        return coins, monero, None
    place = names.index(MONERO)
    weights = np.array([each.n for each in others], dtype=np.float64)
    known = np.where(np.isnan(drawn[:, mine]), 0.0, weights)
    rest = (np.nan_to_num(drawn[:, mine]) * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    value = float(effects[place] - effects[mine] @ weights / weights.sum())
    return coins, monero, contrast(drawn[:, place], rest, value)


def _without(samples: Sequence[CoinSample], coin: str) -> list[CoinSample]:
    return [each for each in samples if each.coin != coin]


def _shorten(sample: CoinSample) -> CoinSample:
    """Leave a delisted coin's last 60 days out."""
    if sample.delisted_at is None:
        return sample
    return sample.before(sample.delisted_at - LAST_DAYS * 24)


def _average_imbalance(samples: Sequence[CoinSample]) -> float:
    known = [each for each in samples if each.n and not np.isnan(each.imbalance)]
    if not known:
        return float("nan")
    return float(np.average([each.imbalance for each in known], weights=[each.n for each in known]))


__all__ = [
    "REFUTED",
    "SUPPORTED",
    "UNDECIDED",
    "PanelResult",
    "find_panel_verdict",
    "judge_panel",
]
