"""Probability of backtest overfitting by combinatorially symmetric cross-validation (CSCV).

A sweep's days are cut into S blocks of equal length. Every half of the blocks is once the past: the
set with the best Sharpe ratio there is chosen, and its rank among all sets on the other half, the
future, is noted. Where choosing helps, the chosen set ranks high; where the sweep only found noise,
it falls below the median half of the time or more.

References
----------
Bailey, D. H., Borwein, J., López de Prado, M. and Zhu, Q. J. (2017), The Probability of Backtest
Overfitting, Journal of Computational Finance 20(4).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kanalo.errors import ParameterError
from kanalo.judgement._matrix import NAN, Returns, find_flat, to_matrix
from kanalo.periods import DAYS_PER_YEAR
from kanalo.typing import BoolArray, FloatArray

N_BLOCKS = 16
_MOST_BLOCKS = 20  # 184,756 combinations; 22 would be 705,432
_TIE = 1e-10
"""Daily Sharpe ratios nearer than this are equal: sums in another order differ by less."""

_STILL = 1e-7
"""Deviation over mean below which only the rounding of the sums varies."""

_CHUNK = 1 << 20
"""Sharpe ratios computed at a time, to bound the memory whatever the number of sets."""


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What choosing the best set of a sweep would have been worth.

    Attributes
    ----------
    pbo : float
        Share of combinations in which the set chosen on one half ranks at or below the median of
        the other half; about 0.5 for noise. NaN with fewer than two sets that ever traded.
    probability_of_loss : float
        Share of combinations in which the chosen set's Sharpe ratio is below zero afterwards.
    degradation : float
        Slope of the chosen sets' Sharpe ratios out of sample on those in sample: 1 where the past
        tells the future, 0 or below where it does not. NaN where all are the same in sample.
    logits : float64 array of shape (n_combinations,)
        ``log(ω / (1 − ω))`` of the relative rank ω out of sample; the PBO is the share at or below
        zero.
    in_sample, out_of_sample : float64 array of shape (n_combinations,)
        Annual Sharpe ratio of the chosen set on either half.
    n_sets, n_flat : int
        Sets that traded, and sets that never did and were left out.
    n_days, n_blocks : int
        Days used, a multiple of the number of blocks, and the blocks.
    """

    pbo: float
    probability_of_loss: float
    degradation: float
    logits: FloatArray
    in_sample: FloatArray
    out_of_sample: FloatArray
    n_sets: int
    n_flat: int
    n_days: int
    n_blocks: int


def calc_overfitting(
    returns: Returns, *, n_blocks: int = N_BLOCKS, per_year: float = DAYS_PER_YEAR
) -> Overfitting:
    """Compute the probability of backtest overfitting of a sweep.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_sets)
        Daily returns of EVERY set of the sweep in order of time; NaN only after ruin.
    n_blocks : int
        S, even, 2 to 20: 16 give 12,870 combinations. Up to S − 1 days at the end, which do not
        fill a block, are left out.
    per_year : float
        Returns a year.

    Returns
    -------
    Overfitting

    Raises
    ------
    ParameterError
        If ``n_blocks`` is odd or out of bounds.
    DataError
        If there are fewer than two days a block or a return is missing.

    Notes
    -----
    **Flat sets.** A set that never traded has no Sharpe ratio and nobody would choose it: it is
    left out and counted in ``n_flat``. A set that traded in other blocks but not in this half has a
    Sharpe ratio of 0 here: it was cash, better than a loss and worse than a gain. ffn's
    ``calc_prob_backtest_overfitting`` returns NaN for the whole sweep in both cases; where every
    set trades in every half, both agree.

    **Ties.** In sample the first of the best is chosen; out of sample ties share their mean rank.
    Ratios within 1e-10 of each other are tied, for copies of one set must not be ranked by
    rounding.
    """
    _check_blocks(n_blocks)
    values = to_matrix(returns, least_days=2 * n_blocks)
    n_days = len(values) // n_blocks * n_blocks
    values = values[:n_days]
    flat = find_flat(values)
    n_sets = int((~flat).sum())
    counts = (n_sets, int(flat.sum()), n_days, n_blocks)
    if n_sets < 2:
        nothing = np.empty(0)
        return Overfitting(NAN, NAN, NAN, nothing, nothing, nothing, *counts)
    omega, past, future = _cross_validate(values[:, ~flat], n_blocks)
    logits = np.log(omega / (1 - omega))
    return Overfitting(
        float((logits <= 0).mean()),
        float((future < -_TIE).mean()),
        _slope(past, future),
        logits,
        past * np.sqrt(per_year),
        future * np.sqrt(per_year),
        *counts,
    )


def _check_blocks(n_blocks: int) -> None:
    if not 2 <= n_blocks <= _MOST_BLOCKS or n_blocks % 2:
        raise ParameterError(
            f"The 'n_blocks' of cross-validation must be an even int in [2, {_MOST_BLOCKS}]; "
            f"received {n_blocks!r}."
        )


def _cross_validate(values: FloatArray, n_blocks: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Choose on every half; return the ranks and the daily Sharpe ratios before and after."""
    sums = _BlockSums(values, n_blocks)
    halves = _find_halves(n_blocks)
    rows = max(1, _CHUNK // values.shape[1])
    parts = []
    for start in range(0, len(halves), rows):
        one = sums.sharpe(halves[start : start + rows])
        other = sums.sharpe(~halves[start : start + rows])
        # Every half is the past of the other once, so each pair of ratios serves twice.
        parts += [_choose(one, other), _choose(other, one)]
    omega, past, future = (np.concatenate(each) for each in zip(*parts, strict=True))
    return omega, past, future


class _BlockSums:
    """Sums of each block, from which the Sharpe ratio of any union of blocks follows."""

    def __init__(self, values: FloatArray, n_blocks: int) -> None:
        blocks = values.reshape(n_blocks, -1, values.shape[1])
        self._sums = blocks.sum(axis=1)
        self._squares = np.einsum("bds,bds->bs", blocks, blocks)
        self._n_days = len(values) // 2

    def sharpe(self, halves: BoolArray) -> FloatArray:
        """Return daily Sharpe ratios, (n_halves, n_blocks) to (n_halves, n_sets)."""
        chosen = halves.astype(np.float64)
        mean = chosen @ self._sums / self._n_days
        squares = chosen @ self._squares - self._n_days * mean**2
        spread = np.sqrt(np.maximum(squares, 0) / (self._n_days - 1))
        still = spread <= _STILL * np.abs(mean)
        return np.where(still, 0.0, mean / np.where(still, 1.0, spread))


def _find_halves(n_blocks: int) -> BoolArray:
    """Return every half of the blocks that has the first block; the complements are the others."""
    halves = list(_each_half(n_blocks))
    chosen = np.zeros((len(halves), n_blocks), dtype=np.bool_)
    np.put_along_axis(chosen, np.array(halves), values=True, axis=1)
    return chosen


def _each_half(n_blocks: int) -> Iterator[tuple[int, ...]]:
    for rest in itertools.combinations(range(1, n_blocks), n_blocks // 2 - 1):
        yield (0, *rest)


def _choose(past: FloatArray, future: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Choose the best set of each row's past; return its relative rank and both its ratios."""
    rows = np.arange(len(past))
    chosen = (past >= past.max(axis=1, keepdims=True) - _TIE).argmax(axis=1)
    reached = future[rows, chosen]
    below = (future < reached[:, None] - _TIE).sum(axis=1)
    tied = (np.abs(future - reached[:, None]) <= _TIE).sum(axis=1)
    rank = below + (tied + 1) / 2
    return rank / (past.shape[1] + 1), past[rows, chosen], reached


def _slope(past: FloatArray, future: FloatArray) -> float:
    deviation = past - past.mean()
    return float(deviation @ future / (deviation @ deviation)) if past.std() > _TIE else NAN
