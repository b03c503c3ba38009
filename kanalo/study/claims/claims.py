"""Test the claims of an article: planned tests, Holm's method over all, three verdicts.

- **supported**: the Holm-adjusted interval excludes zero on the claimed side, and the effect is at
  least the minimal one of the plan;
- **refuted**: the interval excludes every effect as large as the minimal one, and so does where it
  excludes zero on the other side;
- **not decidable** with these data otherwise, with the smallest detectable effect.

The interval of a claim is as wide as Holm's step for it asks: the claim with the smallest of m
p-values is judged at ``1 - (1 - level) / m``, the next at ``1 - (1 - level) / (m - 1)``, and where
a step does not reject, all that are left keep its level.

References
----------
Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6.
Schuirmann, D. J. (1987), A comparison of the two one-sided tests procedure …, J. Pharmacokin. 15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from kanalo.errors import SpecError, suggestion
from kanalo.market import Market
from kanalo.study.claims.plan import ClaimPlan, TrialPlan
from kanalo.study.claims.sample import ClaimSample, draw_sample
from kanalo.study.inference import (
    POWER,
    Difference,
    adjust_holm,
    calc_detectable,
    infer_difference,
)

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "not decidable"
VERDICTS = (SUPPORTED, REFUTED, UNDECIDED)


@dataclass(frozen=True, eq=False)
class ClaimResult:
    """What became of one claim.

    Attributes
    ----------
    plan : ClaimPlan
        How it was tested.
    said : str
        The claim in the article's words.
    sample : ClaimSample
        Events, controls and differences.
    effect : Difference
        Mean difference with its interval at ``level``.
    level : float
        Level of the interval after Holm's method.
    p_holm : float
        p-value of no effect, adjusted for the number of claims; NaN where there is none.
    detectable : float
        Least effect that would be found with 80 % power at Holm's first step. With fewer than
        eight blocks of pairs it is that of the best case, a pair for every event; NaN below two.
    power : float
        Probability that an effect as large as the minimal one would be told from zero, at Holm's
        first step; 0 where no interval is given.
    verdict : str
        One of `VERDICTS`.
    """

    plan: ClaimPlan
    said: str
    sample: ClaimSample
    effect: Difference
    level: float
    p_holm: float
    detectable: float
    power: float
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values, without the differences of single events."""
        plan, sample, effect = self.plan, self.sample, self.effect
        return {
            "name": plan.name,
            "said": self.said,
            "verdict": self.verdict,
            "n": effect.n,
            "effect": effect.value,
            "interval": [effect.low, effect.high],
            "power": self.power,
            "detectable": self.detectable,
            "level": self.level,
            "p_value": effect.p_value,
            "p_holm": self.p_holm,
            "claimed": "more" if plan.side > 0 else "less",
            "minimal": plan.minimal,
            "events": effect.events,
            "controls": effect.controls,
            "against": "controls" if plan.against is None else plan.against,
            "n_events": sample.n_events,
            "n_blocks": effect.n_blocks,
            "imbalance": sample.worst_balance,
            "estimated": sample.is_estimated,
            "event": plan.event,
            "outcome": {"kind": plan.outcome.kind, "columns": list(plan.outcome.columns)},
            "horizon": plan.horizon,
            "definition": plan.definition,
            "refuted_if": plan.refuted_if,
            "untested": plan.untested,
            "curve": {"events": sample.own_curve, "controls": sample.their_curve},
            "values": sample.values if plan.outcome.kind == "value" else [],
        }


@dataclass(frozen=True, eq=False)
class ArticleResult:
    """All claims of an article on one market.

    Attributes
    ----------
    plan : TrialPlan
        What was planned.
    market : Market
        The bars.
    claims : tuple of ClaimResult
        In the order of the plan.
    """

    plan: TrialPlan
    market: Market
    claims: tuple[ClaimResult, ...]

    def count(self, verdict: str) -> int:
        """Return how many claims have a verdict."""
        return sum(each.verdict == verdict for each in self.claims)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN where nothing is known."""
        market, out = self.market, self.plan.leave_out
        return {
            "plan": {
                "source": self.plan.source,
                "sha256": self.plan.digest,
                "level": self.plan.level,
                "leave_out": None if out is None else [out.start, out.end],
                "draws": self.plan.draws,
                "seed": self.plan.seed,
            },
            "market": {
                "name": market.name or market.symbol,
                "symbol": market.symbol,
                "interval": market.interval,
                "start": market.index[market.first],
                "end": market.closes_at[-1],
                "n_bars": len(market) - market.first,
                "digests": dict(market.digests),
            },
            "verdicts": {verdict: self.count(verdict) for verdict in VERDICTS},
            "claims": [each.to_dict() for each in self.claims],
        }


def try_claims(market: Market, said: Mapping[str, str], plan: TrialPlan) -> ArticleResult:
    """Test every claim of a plan.

    Parameters
    ----------
    market : Market
        The bars; those before ``first`` only warm signals up.
    said : mapping of str to str
        The claims in the article's words, from `kanalo.study.claims.plan.read_claims`.
    plan : TrialPlan
        A test for each of them.

    Returns
    -------
    ArticleResult
        One verdict for each claim, with effects, intervals and p-values adjusted for their number.

    Raises
    ------
    SpecError
        If a claim has no test or a test has no claim.
    ParameterError, UnknownNameError
        If a condition or a horizon of the plan cannot be read.
    """
    _check_pairs(said, plan)
    samples = [draw_sample(market, plan, each) for each in plan.claims]
    first = [_infer(sample, plan, i, plan.level) for i, sample in enumerate(samples)]
    p_values = [mean.p_value for mean in first]
    levels = find_levels(p_values, plan.level)
    adjusted = adjust_holm([1.0 if np.isnan(p) else p for p in p_values])
    claims = []
    for i, (each, sample) in enumerate(zip(plan.claims, samples, strict=True)):
        mean = _infer(sample, plan, i, levels[i])
        claims.append(
            ClaimResult(
                plan=each,
                said=said[each.name],
                sample=sample,
                effect=mean,
                level=levels[i],
                p_holm=float("nan") if np.isnan(p_values[i]) else adjusted[i],
                detectable=_detect(mean, sample, len(samples)),
                power=calc_power(mean, each.minimal, (1 - plan.level) / len(samples)),
                verdict=find_verdict(mean, each.side, each.minimal),
            )
        )
    return ArticleResult(plan, market, tuple(claims))


def find_verdict(effect: Difference, side: int, minimal: float) -> str:
    """Judge an effect by its interval; see the module.

    Parameters
    ----------
    effect : Difference
        With the interval that decides.
    side : int
        +1 if the claim says more, -1 if it says less.
    minimal : float
        Least effect that would matter, positive.

    Returns
    -------
    str
        One of `VERDICTS`.

    Examples
    --------
    >>> wide = Difference(0.02, 0.0, 0.02, -0.01, 0.05, 0.2, 0.015, 50, 50)
    >>> find_verdict(wide, 1, 0.01), find_verdict(wide, 1, 0.06), find_verdict(wide, -1, 0.02)
    ('not decidable', 'refuted', 'refuted')
    """
    if np.isnan(effect.low):
        return UNDECIDED
    low, high = sorted((side * effect.low, side * effect.high))
    if low > 0 and side * effect.value >= minimal:
        return SUPPORTED
    return REFUTED if high < minimal else UNDECIDED


def find_levels(p_values: Sequence[float], level: float) -> list[float]:
    """Return the level of each interval by Holm's steps; a missing p-value never rejects.

    Parameters
    ----------
    p_values : sequence of float of length m
        One for each claim, in [0, 1] or NaN.
    level : float
        Joint confidence level, in (0, 1).

    Returns
    -------
    list of float of length m
        Confidence level of each claim's interval, in [level, 1).

    Examples
    --------
    >>> [round(each, 4) for each in find_levels([0.6, 0.001], 0.95)]
    [0.95, 0.975]
    """
    alpha, m = 1 - level, len(p_values)
    known = [1.0 if np.isnan(p) else p for p in p_values]
    levels, left, going = [level] * m, m, True
    for i in sorted(range(m), key=lambda each: known[each]):
        levels[i] = 1 - alpha / left
        going = going and known[i] <= alpha / left
        left -= going and left > 1
    return levels


def calc_power(effect: Difference, minimal: float, alpha: float) -> float:
    """Return the probability that a true effect as large as the minimal one differs from zero.

    ``P(t > t(1 - alpha / 2) - minimal / error)`` with ``n_blocks - 1`` degrees of freedom; 0
    where no interval is given.

    Parameters
    ----------
    effect : Difference
        Measured effect with its standard error.
    minimal : float
        Minimum relevant effect, in the effect's unit, ≥ 0.
    alpha : float
        Significance level, in (0, 1).

    Returns
    -------
    float
        In [0, 1].
    """
    if np.isnan(effect.low):
        return 0.0
    freedom = effect.n_blocks - 1
    limit = special.stdtrit(freedom, 1 - alpha / 2)  # scipy.stats takes a second to import
    return float(special.stdtr(freedom, minimal / effect.error - limit))


def _infer(sample: ClaimSample, plan: TrialPlan, number: int, level: float) -> Difference:
    """Draw the same blocks for a claim whatever the level, so that interval and p-value agree."""
    rng = np.random.default_rng([plan.seed, number])
    return infer_difference(sample.pairs, sample.block, rng, plan.draws, level)


def _detect(effect: Difference, sample: ClaimSample, n_tests: int) -> float:
    """Return the least effect that would be found; with too few pairs as if every event had one."""
    if np.isnan(effect.low):
        error = sample.spread * float(np.sqrt(2 / max(sample.n_blocks, 1)))
        effect = replace(effect, n_blocks=sample.n_blocks, error=error)
    return calc_detectable(effect, n_tests, sample.spread)


def _check_pairs(said: Mapping[str, str], plan: TrialPlan) -> None:
    tested = [each.name for each in plan.claims]
    for name in tested:
        if name not in said:
            raise SpecError(
                f"{plan.source}: the article makes no claim '{name}'.{suggestion(name, said)}"
            )
    for name in said:
        if name not in tested:
            raise SpecError(
                f"{plan.source}: the claim '{name}' has no test; write [claims.{name}]."
            )


__all__ = [
    "POWER",
    "REFUTED",
    "SUPPORTED",
    "UNDECIDED",
    "VERDICTS",
    "ArticleResult",
    "ClaimResult",
    "calc_power",
    "find_levels",
    "find_verdict",
    "try_claims",
]
