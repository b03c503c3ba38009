"""Intervals, p-values and power for events against controls, drawn by blocks of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from kanalo.typing import BoolArray, FloatArray, IntArray

LEVEL = 0.95
SIZE = 0.05
POWER = 0.80
MIN_BLOCKS = 8
"""Fewest blocks with events that an interval is given for; below, nothing is decidable."""

_CHUNK = 500_000
_NAN = float("nan")


@dataclass(frozen=True)
class Difference:
    """A difference of means with its interval.

    Attributes
    ----------
    events, controls : float
        The means; NaN without pairs.
    value : float
        The former less the latter.
    low, high : float
        Ends of the interval, of 95 % by default; NaN below `MIN_BLOCKS`.
    p_value : float
        Two-sided, of there being no difference; NaN likewise.
    error : float
        Standard error, robust to dependence within blocks; NaN below two blocks.
    n : int
        Events.
    n_blocks : int
        Blocks of time that hold an event.
    """

    events: float
    controls: float
    value: float
    low: float
    high: float
    p_value: float
    error: float
    n: int
    n_blocks: int


@dataclass(frozen=True, eq=False)
class Sample:
    """Events and their controls in time; arrays of one length, an event's weights add up to 1.

    Attributes
    ----------
    bars : int64 array
        Where each value begins.
    values : float64 array
        Outcomes, none of them NaN.
    weights : float64 array
        1 for an event, ``1 / k`` for each of its k controls.
    is_event : bool array
        Which are events.
    """

    bars: IntArray
    values: FloatArray
    weights: FloatArray
    is_event: BoolArray


def find_clusters(bars: IntArray, span: int) -> IntArray:
    """Number the clusters of bars whose windows overlap.

    Parameters
    ----------
    bars : int64 array of shape (n,)
        Ascending.
    span : int
        Bars of a window.

    Returns
    -------
    int64 array of shape (n,)
        Cluster of each bar, ascending from 0.
    """
    if not len(bars):
        return np.empty(0, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(np.diff(bars) >= span)]).astype(np.int64)


def to_sample(
    event_bars: IntArray, outcomes: FloatArray, control_bars: IntArray, controls: FloatArray
) -> Sample:
    """Put pairs in one row, those left out of which the event or every control is unknown.

    Parameters
    ----------
    event_bars, outcomes : arrays of shape (n,)
        Bars of the events and what followed.
    control_bars, controls : arrays of shape (n, k)
        The same of their controls; NaN where there is none.

    Returns
    -------
    Sample
        Pairs of n_matched rows.
    """
    known = ~np.isnan(controls) & ~np.isnan(outcomes)[:, None]
    paired = known.any(axis=1)
    weights = known / np.maximum(known.sum(axis=1), 1)[:, None]
    n, n_controls = int(paired.sum()), int(known.sum())
    return Sample(
        np.concatenate([event_bars[paired], control_bars[known]]),
        np.concatenate([outcomes[paired], controls[known]]),
        np.concatenate([np.ones(n), weights[known]]),
        np.arange(n + n_controls) < n,
    )


def infer_difference(
    sample: Sample,
    block: int,
    rng: np.random.Generator,
    n_draws: int,
    level: float = LEVEL,
) -> Difference:
    """Estimate the mean of events less that of controls by the symmetric block bootstrap-t.

    Time is cut into blocks of ``block`` bars; an event or a control belongs to the block it begins
    in. Blocks that hold any are drawn with replacement, as many as there are: so dependence among
    windows that overlap, of events and of controls, is drawn as it is. In every draw ``t = (d* - d)
    / error*`` is formed with the block-robust error of that draw; the interval is ``d ± q × error``
    with q the ``level`` quantile of ``|t|``, and the p-value the share of ``|t|`` at least as large
    as ``|d| / error``, the observed one counted among them.

    Parameters
    ----------
    sample : Sample
        The pairs.
    block : int
        Bars of a block.
    rng : numpy.random.Generator
        Source of the draws.
    n_draws : int
        Number of draws.
    level : float
        Level of the interval.

    Returns
    -------
    Difference
        In the unit of the outcomes; error, interval and p-value are NaN with too few blocks.

    References
    ----------
    Hall, P. (1988), On symmetric bootstrap confidence intervals, JRSS B 50.
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008), Bootstrap-based improvements for
    inference with clustered errors, Review of Economics and Statistics 90.
    """
    n = int(sample.is_event.sum())
    if not n:
        return Difference(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, 0, 0)
    totals = _add_up(sample, block)
    means, errors = _estimate(totals[None])
    events, controls, error = float(means[0, 0]), float(means[0, 1]), float(errors[0])
    value, n_blocks = events - controls, int((totals[:, 1] > 0).sum())
    if n_blocks < MIN_BLOCKS or error == 0:  # what never varies tells nothing of its error
        return Difference(events, controls, value, _NAN, _NAN, _NAN, error, n, n_blocks)
    drawn = np.concatenate(
        [_estimate_t(totals[rows], value) for rows in _draw(rng, n_draws, len(totals))]
    )
    reach = float(np.quantile(drawn, level)) * error
    t = abs(value) / error if error > 0 else np.inf
    p_value = float((1 + (drawn >= t).sum()) / (1 + len(drawn)))
    return Difference(
        events, controls, value, value - reach, value + reach, p_value, error, n, n_blocks
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
    rng : Generator
        Source of the draws.
    n_draws : int
        Number of draws, ≥ 1.

    Returns
    -------
    low, high : float64 arrays of shape (k,)
        NaN below `MIN_BLOCKS`.
    """
    _, owner = np.unique(clusters, return_inverse=True)
    n_clusters = int(owner.max()) + 1 if len(owner) else 0
    if n_clusters < MIN_BLOCKS:
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


def is_rejected(p_value: float) -> bool:
    """Return whether a p-value, adjusted or not, is at most `SIZE`; False if it is NaN.

    An adjusted p-value is a product of floats, so one within a billionth of `SIZE` counts as equal.

    Examples
    --------
    >>> is_rejected(0.05), is_rejected(3 * (0.05 / 3)), is_rejected(0.051)
    (True, True, False)
    """
    return bool(p_value <= SIZE * (1 + 1e-9))


def calc_detectable(difference: Difference, n_tests: int = 1, spread: float = _NAN) -> float:
    """Return the least effect that would be found with 80 % power.

    ``(t(1 - 0.05 / (2 · n_tests)) + t(0.8)) × error`` with ``n_blocks - 1`` degrees of freedom:
    two-sided at 5 %, divided by the number of tests as the first step of Holm's method does.

    Parameters
    ----------
    difference : Difference
        The effect.
    n_tests : int
        Number of tests that share the 5 %.
    spread : float
        Standard deviation of the outcome over all bars. Below `MIN_BLOCKS` the error is not
        taken from so few pairs but from it: ``spread × √(2 / n_blocks)``. Events are wilder than
        most bars, so that figure is at the low end.

    Returns
    -------
    float
        NaN below two blocks.
    """
    if difference.n_blocks < 2:
        return _NAN
    few = difference.n_blocks < MIN_BLOCKS
    error = spread * float(np.sqrt(2 / difference.n_blocks)) if few else difference.error
    # Quantiles of Student's distribution: scipy.stats, which has them too, takes long to import.
    freedom, first = difference.n_blocks - 1, 1 - (1 - LEVEL) / (2 * n_tests)
    return float(special.stdtrit(freedom, first) + special.stdtrit(freedom, POWER)) * error


def _draw(rng: np.random.Generator, n_draws: int, n_blocks: int) -> list[IntArray]:
    step = max(1, _CHUNK // n_blocks)
    sizes = [min(step, n_draws - start) for start in range(0, n_draws, step)]
    return [rng.integers(0, n_blocks, (size, n_blocks)) for size in sizes]


def _add_up(sample: Sample, block: int) -> FloatArray:
    """Return weighted sum and weight of events, then of controls, in each block that holds any."""
    _, owner = np.unique(sample.bars // block, return_inverse=True)
    sides = (sample.is_event, ~sample.is_event)
    columns = [
        np.bincount(owner, np.where(side, weighted, 0.0))
        for side in sides
        for weighted in (sample.weights * sample.values, sample.weights)
    ]
    return np.column_stack(columns).astype(np.float64)


def _estimate(totals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both means, shape (m, 2), and the block-robust error of their difference, (m,).

    ``totals`` has the shape (m, n_blocks, 4); NaN where a draw has no events or no controls.
    """
    sums, weights = totals[:, :, 0::2], totals[:, :, 1::2]
    total = weights.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    means = sums.sum(axis=1) / total
    parts = (sums - weights * means[:, None, :]) / total[:, None, :]
    n_blocks = totals.shape[1]
    correction = n_blocks / max(n_blocks - 1, 1)
    return means, np.sqrt(correction * ((parts[:, :, 0] - parts[:, :, 1]) ** 2).sum(axis=1))


def _estimate_t(totals: FloatArray, value: float) -> FloatArray:
    means, error = _estimate(totals)
    defined = error > 0
    return np.asarray(np.abs(means[defined, 0] - means[defined, 1] - value) / error[defined])
