"""Inference on a panel: blocks of time of all coins together, and two checks by other methods.

Coins move together, so a coin is never a unit: the estimate is drawn by blocks of four calendar
weeks, every coin's events and controls of those weeks in or out together.

References
----------
Driscoll, J. C. and Kraay, A. C. (1998), Consistent covariance matrix estimation with spatially
dependent panel data, Review of Economics and Statistics 80.
Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011), Robust inference with multiway clustering,
Journal of Business and Economic Statistics 29.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from kanalo.panel.sample import CoinSample
from kanalo.study.inference import Difference, Sample, infer_difference
from kanalo.typing import FloatArray, IntArray

_EMPTY = np.empty(0)


@dataclass(frozen=True)
class Checks:
    """The standard error of the same difference by other methods.

    Attributes
    ----------
    iid : float
        As if every event were independent of every other.
    driscoll_kraay : float
        Bartlett's weights over the lag of a block, on the hourly sum of scores.
    two_way : float
        Clustered by coin and by block of time; NaN where the sum of the parts is not positive.
    effective_n : float
        ``n × (iid error / block error)²``.
    """

    iid: float
    driscoll_kraay: float
    two_way: float
    effective_n: float


def pool(samples: Sequence[CoinSample], *, by_coin: bool = False) -> Sample:
    """Put the pairs of all coins in one sample in hours since 1970.

    Parameters
    ----------
    samples : sequence of CoinSample
        Of one claim.
    by_coin : bool
        Whether every coin weighs the same; otherwise every event does.

    Returns
    -------
    Sample
        Its ``bars`` are hours since 1970; empty where no coin has a pair.
    """
    parts = [each for each in samples if each.n]
    if not parts:
        return Sample(_EMPTY.astype(np.int64), _EMPTY, _EMPTY, _EMPTY.astype(np.bool_))
    scales = [1 / each.n if by_coin else 1.0 for each in parts]
    return Sample(
        np.concatenate([each.pairs.bars for each in parts]),
        np.concatenate([each.pairs.values for each in parts]),
        np.concatenate([s * each.pairs.weights for s, each in zip(scales, parts, strict=True)]),
        np.concatenate([each.pairs.is_event for each in parts]),
    )


def infer(
    samples: Sequence[CoinSample],
    block: int,
    seed: Sequence[int],
    n_draws: int,
    level: float,
    *,
    by_coin: bool = False,
) -> Difference:
    """Estimate events less controls over all coins by the symmetric block bootstrap-t.

    Parameters
    ----------
    samples : sequence of CoinSample
        Of one claim.
    block : int
        Hours of a block.
    seed : sequence of int
        Of the draws: the same seed draws the same blocks.
    n_draws : int
        Number of draws.
    level : float
        Level of the interval, between 0 and 1.
    by_coin : bool
        Whether every coin weighs the same.

    Returns
    -------
    Difference
        NaN where too few blocks hold an event; see `infer_difference`.
    """
    rng = np.random.default_rng(list(seed))
    return infer_difference(pool(samples, by_coin=by_coin), block, rng, n_draws, level)


def check_error(samples: Sequence[CoinSample], block: int, block_error: float) -> Checks:
    """Estimate the error of the pooled difference by other methods.

    Parameters
    ----------
    samples : sequence of CoinSample
        Of one claim.
    block : int
        Hours of a block, and the lag of Bartlett's weights.
    block_error : float
        The error by blocks, for the effective number of events.

    Returns
    -------
    Checks
        NaN with fewer than two events.
    """
    parts = [each for each in samples if each.n]
    gaps = np.concatenate([each.values - each.expected for each in parts] or [_EMPTY])
    n = len(gaps)
    if n < 2:
        return Checks(*(float("nan"),) * 4)
    iid = float(gaps.std(ddof=1) / np.sqrt(n))
    scores, hours, coins = find_scores(parts)
    return Checks(
        iid=iid,
        driscoll_kraay=calc_driscoll_kraay(scores, hours, block),
        two_way=calc_two_way(scores, hours // block, coins),
        effective_n=float(n * (iid / block_error) ** 2) if block_error > 0 else float("nan"),
    )


def find_scores(samples: Sequence[CoinSample]) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the influence of each event and control on the pooled difference.

    Parameters
    ----------
    samples : sequence of CoinSample
        Each with at least one pair.

    Returns
    -------
    scores : float64 array of shape (n,)
        They add up to 0.
    hours, coins : int64 arrays of shape (n,)
        When each begins, and the number of its coin.
    """
    pairs = pool(samples)
    scores = np.zeros(len(pairs.values))
    for side, sign in ((pairs.is_event, 1.0), (~pairs.is_event, -1.0)):
        weights = np.where(side, pairs.weights, 0.0)
        mean = (weights * pairs.values).sum() / weights.sum()
        scores += sign * weights * (pairs.values - mean) / weights.sum()
    coins = np.repeat(np.arange(len(samples)), [len(each.pairs.values) for each in samples])
    return scores, pairs.bars, coins


def calc_driscoll_kraay(scores: FloatArray, hours: IntArray, lag: int) -> float:
    """Return Driscoll and Kraay's standard error with Bartlett's weights.

    ``s_t`` is the sum of the scores of an hour; the variance is ``Σ s_t² + 2 Σ_l (1 - l / (lag +
    1)) Σ_t s_t s_(t-l)``.

    Parameters
    ----------
    scores, hours : arrays of shape (n,)
        From `find_scores`.
    lag : int
        Hours.

    Returns
    -------
    float
        In the unit of the outcome.
    """
    sums = np.bincount(hours - hours.min(), weights=scores)
    products = fftconvolve(sums, sums[::-1])[len(sums) - 1 :]
    lags = np.arange(min(lag + 1, len(sums)))
    weights = 1 - lags / (lag + 1)
    variance = 2 * (weights * products[: len(lags)]).sum() - products[0]
    return float(np.sqrt(max(variance, 0.0)))


def calc_two_way(scores: FloatArray, blocks: IntArray, coins: IntArray) -> float:
    """Return the standard error clustered by blocks of time and by coins.

    Parameters
    ----------
    scores : float64 array of shape (n,)
        From `find_scores`.
    blocks, coins : int64 arrays of shape (n,)
        The cluster of each, of either kind.

    Returns
    -------
    float
        In the unit of the outcome; NaN where the variance is not positive.
    """
    both = (blocks - blocks.min()) * (int(coins.max()) + 1) + coins
    parts = [_sum_squares(scores, each) for each in (blocks, coins, both)]
    variance = parts[0] + parts[1] - parts[2]
    return float(np.sqrt(variance)) if variance > 0 else float("nan")


def _sum_squares(scores: FloatArray, clusters: IntArray) -> float:
    _, owner = np.unique(clusters, return_inverse=True)
    sums = np.bincount(owner, weights=scores)
    n = len(sums)
    return float((sums**2).sum() * n / max(n - 1, 1))
