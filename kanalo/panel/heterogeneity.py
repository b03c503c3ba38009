"""Do coins differ? Random effects with dependent estimates, a new coin's prediction, shrinkage.

``d`` are the estimates of the coins, S their covariance over draws of the same blocks with all
correlations replaced by their mean. ``V = τ² I + S``, and τ² is where ``(d - μ̂)' V⁻¹ (d - μ̂) = C -
1`` (Paule and Mandel), 0 where the left side is below that already.

References
----------
Paule, R. C. and Mandel, J. (1982), Consensus values and weighting factors, J. Res. NBS 87.
Viechtbauer, W. (2007), Confidence intervals for the amount of heterogeneity in meta-analysis,
Statistics in Medicine 26.
Higgins, J. P. T., Thompson, S. G. and Spiegelhalter, D. J. (2009), A re-evaluation of
random-effects meta-analysis, Journal of the Royal Statistical Society A 172.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from kanalo.panel.sample import CoinSample
from kanalo.typing import FloatArray, IntArray

LEAST_EVENTS = 8
"""Fewest matched events of a coin that is asked whether it differs."""

LEAST_COINS = 3
NO_SIGN = 0.46
"""Largest I² that coins with equal effects show by chance; less is no sign of a difference."""

_GRID = 200
_DRAWS = 2_000
_NAN = float("nan")


@dataclass(frozen=True)
class Coins:
    """The estimates of single coins, and how far they differ.

    Attributes
    ----------
    names : tuple of str
        Coins with at least `LEAST_EVENTS` matched events.
    n : tuple of int
        Their matched events.
    effects, errors : tuple of float
        Their estimates.
    correlation : float
        Mean correlation of the estimates, at least 0.
    tau : float
        Standard deviation of the true effects.
    tau_low, tau_high : float
        Its 95 % interval by the Q-profile.
    i_squared : float
        Share of the variance of the estimates that is true difference.
    mean, error : float
        The random-effects mean.
    low, high : float
        95 % prediction interval of a new coin.
    chi2_p : float
        p-value of equal effects by the χ² law of ``n_coins - 1`` degrees of freedom. It rejects
        equal coins too often.
    differ_p : float
        The same by null panels, of which none has coins that differ (`kanalo.panel.equal_coins`).
    """

    names: tuple[str, ...]
    n: tuple[int, ...]
    effects: tuple[float, ...]
    errors: tuple[float, ...]
    correlation: float
    tau: float
    tau_low: float
    tau_high: float
    i_squared: float
    mean: float
    error: float
    low: float
    high: float
    chi2_p: float = _NAN
    differ_p: float = _NAN


@dataclass(frozen=True)
class Shrunk:
    """One coin's effect, drawn to that of all.

    Attributes
    ----------
    own, own_error : float
        Its own estimate.
    effect : float
        The shrunken one.
    low, high : float
        95 % interval, over draws of τ² too.
    is_panel : bool
        Whether τ is 0, so that the estimate is the panel's.
    """

    own: float
    own_error: float
    effect: float
    low: float
    high: float
    is_panel: bool


@dataclass(frozen=True)
class Contrast:
    """One coin less all others, by draws of the same blocks.

    Attributes
    ----------
    value, error, p_value : float
        The difference, its error and the two-sided p-value.
    p_holm : float
        The p-value after Holm's method over the contrasts of all claims.
    """

    value: float
    error: float
    p_value: float
    p_holm: float = _NAN


def draw_effects(
    samples: Sequence[CoinSample], block: int, seed: Sequence[int], n_draws: int
) -> tuple[FloatArray, FloatArray]:
    """Estimate every coin, and again in every draw of blocks of all coins together.

    Parameters
    ----------
    samples : sequence of CoinSample
        Each with at least one pair.
    block : int
        Hours of a block.
    seed : sequence of int
        Of the draws.
    n_draws : int
        Number of draws.

    Returns
    -------
    effects : float64 array of shape (n_coins,)
        Mean of events less that of controls.
    drawn : float64 array of shape (n_draws, n_coins)
        NaN where a draw holds no event of a coin.
    """
    owners = np.unique(np.concatenate([each.pairs.bars // block for each in samples]))
    totals = np.stack([_add_up(each, block, owners) for each in samples])
    rng = np.random.default_rng(list(seed))
    n_blocks = len(owners)
    counts = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=n_draws)
    drawn = np.column_stack([_to_effect(counts @ each) for each in totals])
    return _to_effect(totals.sum(axis=1)), drawn


def compare_coins(samples: Sequence[CoinSample], effects: FloatArray, drawn: FloatArray) -> Coins:
    """Tell how far the true effects of coins differ.

    Parameters
    ----------
    samples : sequence of CoinSample
        Those that `draw_effects` was given.
    effects, drawn : arrays of shape (n_coins,) and (n_draws, n_coins)
        From `draw_effects`.

    Returns
    -------
    Coins
        NaN for all that needs more than two coins where there are fewer.
    """
    chosen = [i for i, each in enumerate(samples) if each.n >= LEAST_EVENTS]
    names = tuple(samples[i].coin for i in chosen)
    n = tuple(samples[i].n for i in chosen)
    d = effects[chosen]
    covariance, correlation = find_covariance(drawn[:, chosen])
    errors = np.sqrt(np.diag(covariance))
    estimates = (names, n, tuple(d.tolist()), tuple(errors.tolist()), correlation)
    if len(chosen) < LEAST_COINS:
        return Coins(*estimates, *(_NAN,) * 8)
    tau2 = solve_tau2(d, covariance, len(d) - 1)
    law = stats.chi2(len(d) - 1)
    ends = [np.sqrt(solve_tau2(d, covariance, float(law.ppf(q)))) for q in (0.975, 0.025)]
    mean, variance = _combine(d, covariance, tau2)
    reach = float(stats.t(max(len(d) - 2, 1)).ppf(0.975) * np.sqrt(tau2 + variance))
    q = _calc_q(d, covariance, 0.0)
    return Coins(
        *estimates,
        float(np.sqrt(tau2)),
        float(ends[0]),
        float(ends[1]),
        max(0.0, (q - len(d) + 1) / q) if q > 0 else 0.0,
        mean,
        float(np.sqrt(variance)),
        mean - reach,
        mean + reach,
        float(law.sf(q)),
    )


def find_covariance(drawn: FloatArray) -> tuple[FloatArray, float]:
    """Return the covariance of the coins' estimates with one correlation for all pairs.

    Parameters
    ----------
    drawn : float64 array of shape (n_draws, n_coins)
        NaN where a draw holds no event of a coin.

    Returns
    -------
    covariance : float64 array of shape (n_coins, n_coins)
    correlation : float
        The mean of all pairs, at least 0.
    """
    n = drawn.shape[1]
    errors = np.nanstd(drawn, axis=0) if n else np.empty(0)
    if n < 2:
        return np.diag(errors**2), 0.0
    known = ~np.isnan(drawn)
    centred = np.where(known, drawn - np.nanmean(drawn, axis=0), 0.0)
    products = centred.T @ centred / np.maximum(known.T.astype(float) @ known, 1)
    scale = np.outer(errors, errors)
    correlations = np.divide(products, scale, out=np.zeros((n, n)), where=scale > 0)
    rho = max(0.0, float(correlations[np.triu_indices(n, 1)].mean()))
    covariance = rho * scale
    np.fill_diagonal(covariance, errors**2)
    return covariance, rho


def solve_tau2(d: FloatArray, covariance: FloatArray, target: float) -> float:
    """Return the τ² at which ``(d - μ̂)' V⁻¹ (d - μ̂)`` comes down to a target; 0 if it is below.

    Parameters
    ----------
    d : float64 array of shape (n,)
        Estimates.
    covariance : float64 array of shape (n, n)
        Theirs.
    target : float
        ``n - 1`` for Paule and Mandel's estimate.

    Returns
    -------
    float
        At least 0, in the square of the unit of the estimates.
    """
    if _calc_q(d, covariance, 0.0) <= target:
        return 0.0
    high = float(np.var(d)) + 1e-12
    while _calc_q(d, covariance, high) > target:
        high *= 4
    return float(brentq(lambda tau2: _calc_q(d, covariance, tau2) - target, 0.0, high))


def shrink(coins: Coins, covariance: FloatArray, name: str, seed: Sequence[int]) -> Shrunk | None:
    """Draw one coin's effect to that of all; None where the coin was not estimated.

    ``θ̂ = μ̂ + τ² e'V⁻¹(d - μ̂)`` with variance ``τ² - τ⁴ e'V⁻¹e + (1 - τ² e'V⁻¹1)² / 1'V⁻¹1``. τ² is
    drawn from its Q-profile, so that the interval knows that it is estimated.

    Parameters
    ----------
    coins : Coins
        From `compare_coins`, the coin among them.
    covariance : float64 array of shape (n, n)
        From `find_covariance`.
    name : str
        The coin.
    seed : sequence of int
        Of the draws of τ².

    Returns
    -------
    Shrunk or None
        In the unit of the estimates.
    """
    if name not in coins.names or np.isnan(coins.tau):
        return None
    place = coins.names.index(name)
    d = np.array(coins.effects)
    effect, _ = _shrink_at(d, covariance, place, coins.tau**2)
    rng = np.random.default_rng(list(seed))
    drawn = []
    for q in rng.chisquare(len(d) - 1, size=_GRID):
        value, variance = _shrink_at(d, covariance, place, solve_tau2(d, covariance, float(q)))
        drawn.append(rng.normal(value, np.sqrt(max(variance, 0.0)), size=_DRAWS // _GRID))
    low, high = np.quantile(np.concatenate(drawn), (0.025, 0.975))
    own = float(d[place]), float(coins.errors[place])
    return Shrunk(*own, effect, float(low), float(high), coins.tau == 0)


def contrast(own: FloatArray, others: FloatArray, value: float) -> Contrast:
    """Test whether one coin differs from all others.

    Parameters
    ----------
    own, others : float64 arrays of shape (n_draws,)
        The effect of the coin and of the others in the same draws.
    value : float
        The coin less the others, as estimated.

    Returns
    -------
    Contrast
        Error and p-value are NaN with fewer than two draws.
    """
    gaps = own - others
    gaps = gaps[~np.isnan(gaps)]
    if len(gaps) < 2:
        return Contrast(value, _NAN, _NAN)
    p_value = (1 + int((np.abs(gaps - value) >= abs(value)).sum())) / (1 + len(gaps))
    return Contrast(value, float(gaps.std()), float(p_value))


def _shrink_at(
    d: FloatArray, covariance: FloatArray, place: int, tau2: float
) -> tuple[float, float]:
    mean, variance = _combine(d, covariance, tau2)
    inverse = np.linalg.inv(covariance + tau2 * np.eye(len(d)))
    row = inverse[place]
    effect = mean + tau2 * float(row @ (d - mean))
    rest = (1 - tau2 * float(row.sum())) ** 2 * variance
    return effect, tau2 - tau2**2 * float(row[place]) + rest


def _combine(d: FloatArray, covariance: FloatArray, tau2: float) -> tuple[float, float]:
    """Return the generalised least-squares mean and its variance."""
    weights = np.linalg.solve(covariance + tau2 * np.eye(len(d)), np.ones(len(d)))
    return float(weights @ d / weights.sum()), float(1 / weights.sum())


def _calc_q(d: FloatArray, covariance: FloatArray, tau2: float) -> float:
    mean, _ = _combine(d, covariance, tau2)
    gaps = d - mean
    return float(gaps @ np.linalg.solve(covariance + tau2 * np.eye(len(d)), gaps))


def _add_up(sample: CoinSample, block: int, owners: IntArray) -> FloatArray:
    """Return weighted sum and weight of events, then of controls, in every block; (n_blocks, 4)."""
    pairs = sample.pairs
    owner = np.searchsorted(owners, pairs.bars // block)
    columns = [
        np.bincount(owner, np.where(side, weighted, 0.0), minlength=len(owners))
        for side in (pairs.is_event, ~pairs.is_event)
        for weighted in (pairs.weights * pairs.values, pairs.weights)
    ]
    return np.column_stack(columns)


def _to_effect(totals: FloatArray) -> FloatArray:
    """Return the mean of events less that of controls; NaN where there are none."""
    weights = totals[..., 1::2]
    known = (weights > 0).all(axis=-1)
    means = totals[..., 0::2] / np.where(weights > 0, weights, 1.0)
    return np.where(known, means[..., 0] - means[..., 1], np.nan)
