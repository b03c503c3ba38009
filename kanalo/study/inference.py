"""Intervals, p-values and power for means of events, drawn by clusters of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from kanalo.market.market import FloatArray

IntArray = npt.NDArray[np.int64]

LEVEL = 0.95
POWER = 0.80
MIN_CLUSTERS = 8
"""Fewest clusters that an interval is given for; below, nothing is decidable."""

_CHUNK = 2_000_000
_NAN = float("nan")


@dataclass(frozen=True)
class Mean:
    """A mean with its interval.

    Attributes
    ----------
    value : float
        The mean; NaN without any value.
    low, high : float
        Ends of the interval, of 95 % by default; NaN below `MIN_CLUSTERS`.
    p_value : float
        Two-sided, of the mean being zero; NaN likewise.
    error : float
        Standard error, robust to dependence within clusters.
    n : int
        Values.
    n_clusters : int
        Clusters that they fall into.
    """

    value: float
    low: float
    high: float
    p_value: float
    error: float
    n: int
    n_clusters: int


def find_clusters(bars: IntArray, span: int) -> IntArray:
    """Number the clusters of bars whose windows of ``span`` bars overlap; shape (n,), ascending."""
    if not len(bars):
        return np.empty(0, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(np.diff(bars) >= span)]).astype(np.int64)


def infer_mean(
    values: FloatArray,
    clusters: IntArray,
    rng: np.random.Generator,
    n_draws: int,
    level: float = LEVEL,
) -> Mean:
    """Estimate a mean by the symmetric bootstrap-t over clusters.

    Clusters are drawn with replacement, as many as there are. In every draw ``t = (mean* - mean) /
    error*`` is formed with the cluster-robust error of that draw; the interval is ``mean ± q ·
    error`` with q the ``level`` quantile of ``|t|``, and the p-value the share of ``|t|`` at
    least as large as ``|mean| / error``, the observed one counted among them.

    Parameters
    ----------
    values : float64 array of shape (n,)
        NaN is left out.
    clusters : int64 array of shape (n,)
        From `find_clusters`.
    rng : numpy.random.Generator
        Source of the draws.
    n_draws : int
        Number of draws.
    level : float
        Level of the interval.

    References
    ----------
    Hall, P. (1988), On symmetric bootstrap confidence intervals, JRSS B 50.
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008), Bootstrap-based improvements for
    inference with clustered errors, Review of Economics and Statistics 90.
    """
    known = ~np.isnan(values)
    values = values[known]
    if not len(values):
        return Mean(_NAN, _NAN, _NAN, _NAN, _NAN, 0, 0)
    _, owner = np.unique(clusters[known], return_inverse=True)
    sums = np.bincount(owner, values).astype(np.float64)
    sizes = np.bincount(owner).astype(np.float64)
    mean, error = _estimate(sums[None], sizes[None])
    value, n_clusters = float(mean[0]), len(sums)
    if n_clusters < MIN_CLUSTERS:
        return Mean(value, _NAN, _NAN, _NAN, float(error[0]), len(values), n_clusters)
    drawn = np.concatenate(
        [_estimate_t(sums[rows], sizes[rows], value) for rows in _draw(rng, n_draws, n_clusters)]
    )
    reach = float(np.quantile(drawn, level)) * float(error[0])
    t = abs(value) / float(error[0]) if error[0] > 0 else np.inf
    p_value = float((1 + (drawn >= t).sum()) / (1 + len(drawn)))
    return Mean(
        value, value - reach, value + reach, p_value, float(error[0]), len(values), n_clusters
    )


def bootstrap_band(
    paths: FloatArray, clusters: IntArray, rng: np.random.Generator, n_draws: int
) -> tuple[FloatArray, FloatArray]:
    """Return the pointwise 95 % band of the mean of paths, clusters drawn with replacement.

    Parameters
    ----------
    paths : float64 array of shape (n, k)
        NaN where a path has ended.
    clusters : int64 array of shape (n,)
        From `find_clusters`.

    Returns
    -------
    low, high : float64 arrays of shape (k,)
        NaN below `MIN_CLUSTERS`.
    """
    _, owner = np.unique(clusters, return_inverse=True)
    n_clusters = int(owner.max()) + 1 if len(owner) else 0
    if n_clusters < MIN_CLUSTERS:
        empty = np.full(paths.shape[1], np.nan)
        return empty, empty
    known = ~np.isnan(paths)
    sums, counts = (np.zeros((n_clusters, paths.shape[1])) for _ in range(2))
    np.add.at(sums, owner, np.where(known, paths, 0.0))
    np.add.at(counts, owner, known.astype(np.float64))
    weights = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=n_draws)
    total, count = weights @ sums, weights @ counts
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(means, (tail, 1 - tail), axis=0)
    return low, high


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number by Holm's step-down method; NaN stays and is not counted.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    known = [i for i, p in enumerate(p_values) if not np.isnan(p)]
    adjusted = [float("nan")] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(known, key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(known) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def calc_detectable(mean: Mean, n_tests: int = 1, spread: float = _NAN) -> float:
    """Return the least effect that would be found with 80 % power.

    ``(t(1 - 0.05 / (2 · n_tests)) + t(0.8)) × error`` with ``n_clusters - 1`` degrees of freedom:
    two-sided at 5 %, divided by the number of tests as the first step of Holm's method does.

    Parameters
    ----------
    mean : Mean
        The effect.
    n_tests : int
        Number of tests that share the 5 %.
    spread : float
        Standard deviation of the outcome over all bars. Below `MIN_CLUSTERS` the error is not
        taken from so few pairs but from it: ``spread × √(2 / n_clusters)``. Events are wilder than
        most bars, so that figure is at the low end.

    Returns
    -------
    float
        NaN below two clusters.
    """
    if mean.n_clusters < 2:
        return _NAN
    few = mean.n_clusters < MIN_CLUSTERS
    error = spread * float(np.sqrt(2 / mean.n_clusters)) if few else mean.error
    law = stats.t(mean.n_clusters - 1)
    return float(law.ppf(1 - (1 - LEVEL) / (2 * n_tests)) + law.ppf(POWER)) * error


def _draw(rng: np.random.Generator, n_draws: int, n_clusters: int) -> list[IntArray]:
    step = max(1, _CHUNK // n_clusters)
    sizes = [min(step, n_draws - start) for start in range(0, n_draws, step)]
    return [rng.integers(0, n_clusters, (size, n_clusters)) for size in sizes]


def _estimate(sums: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and its cluster-robust error of each row of clusters."""
    n_clusters, total = sums.shape[1], sizes.sum(axis=1)
    mean = sums.sum(axis=1) / total
    residuals = sums - sizes * mean[:, None]
    correction = n_clusters / max(n_clusters - 1, 1)
    return mean, np.sqrt(correction * (residuals**2).sum(axis=1)) / total


def _estimate_t(sums: FloatArray, sizes: FloatArray, value: float) -> FloatArray:
    mean, error = _estimate(sums, sizes)
    defined = error > 0
    return np.abs(mean[defined] - value) / error[defined]
