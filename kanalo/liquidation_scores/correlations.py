"""Rank correlations with intervals from 24-hour blocks, for several methods on the same hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.liquidation_scores.tables import Calibration
from kanalo.typing import BoolArray, FloatArray

TARGETS = ("shorts", "longs", "imbalance")
BLOCK = 24
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a method says of every bar; only the order matters. Arrays of shape (n,)."""

    shorts: FloatArray
    longs: FloatArray
    imbalance: FloatArray


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


Scores = dict[str, Estimate]


def predict_from_sizes(shorts: FloatArray, longs: FloatArray) -> Prediction:
    """Derive the imbalance from the sizes of both sides.

    Parameters
    ----------
    shorts, longs : float64 arrays of shape (n,)
        Sizes, at least 0.

    Returns
    -------
    Prediction
        With the imbalance ``(shorts - longs) / (shorts + longs)`` in [-1, 1]; 0 where both are 0.
    """
    total = shorts + longs
    known = total > 0
    imbalance = np.where(known, (shorts - longs) / np.where(known, total, 1.0), 0.0)
    return Prediction(shorts, longs, imbalance)


def spearman(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's rank correlation, ties sharing their mean rank.

    Parameters
    ----------
    x, y : float64 arrays of shape (n,)
        Pairs, without NaN.

    Returns
    -------
    float
        In [-1, 1]; NaN if one is constant.
    """
    return _correlate(_Ranks(x).centre(), _Ranks(y).centre())


class _Ranks:
    """Ranks of the values of a column in samples of its rows, without sorting each sample.

    Parameters
    ----------
    values : float64 array of shape (n,)
        The column; a sample that holds a NaN has no ranks.
    """

    def __init__(self, values: FloatArray) -> None:
        self._has_nan = bool(np.isnan(values).any())
        self._missing = np.isnan(values)
        known, places = np.unique(values, return_inverse=True)
        self._places, self._n_values = places, len(known)

    def centre(self, rows: npt.NDArray[np.int64] | None = None) -> FloatArray:
        """Return the ranks of a sample, ties sharing their mean, less the mean of all ranks."""
        places = self._places if rows is None else self._places[rows]
        if self._has_nan and (self._missing if rows is None else self._missing[rows]).any():
            return np.full(len(places), np.nan)
        counts = np.bincount(places, minlength=self._n_values)
        ranks = (np.cumsum(counts) - 0.5 * (counts - 1))[places]
        return np.asarray(ranks - ranks.mean())


def _correlate(a: FloatArray, b: FloatArray) -> float:
    """Return the correlation of two columns whose means are 0; NaN if one is constant."""
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")


def draw_blocks(
    hours: npt.NDArray[np.int64], n_draws: int, seed: int = 7
) -> list[npt.NDArray[np.int64]]:
    """Draw whole 24-hour blocks of hours with replacement, as many as there are.

    Parameters
    ----------
    hours : int64 array of shape (m,)
        Positions of the scored bars, ascending.
    n_draws : int
        Number of resamples.
    seed : int
        The same seed gives every method the same draws, so differences are paired.

    Returns
    -------
    list of int64 arrays
        Positions of the bars of each resample.
    """
    rng = np.random.default_rng(seed)
    blocks = np.split(hours, np.flatnonzero(np.diff((hours - hours[0]) // BLOCK)) + 1)
    n = len(blocks)
    return [np.concatenate([blocks[i] for i in rng.integers(n, size=n)]) for _ in range(n_draws)]


def score_methods(
    table: Calibration,
    methods: Mapping[str, Prediction],
    hours: BoolArray,
    *,
    reference: str | None = None,
    n_draws: int = 1000,
) -> tuple[dict[str, Scores], dict[str, Scores]]:
    """Score methods against the reported liquidations.

    Parameters
    ----------
    table : Calibration
        What was reported.
    methods : mapping of str to Prediction
        What each method says.
    hours : bool array of shape (n,)
        The hours that count; those without a report are left out.
    reference : str, optional
        A method; the others' differences to it are paired over the same draws.
    n_draws : int
        Resamples of 24-hour blocks.

    Returns
    -------
    scores, differences : dict of method to dict of target to Estimate
        Rank correlations; and theirs minus the reference's, empty without one.
    """
    draws = draw_blocks(np.flatnonzero(hours), n_draws)
    scores: dict[str, Scores] = {name: {} for name in methods}
    differences: dict[str, Scores] = {name: {} for name in methods if reference in methods}
    differences.pop(str(reference), None)
    for target in TARGETS:
        reported = getattr(table, target)
        samples = [rows[np.isfinite(reported[rows])] for rows in (np.flatnonzero(hours), *draws)]
        ranks = {name: _Ranks(getattr(each, target)) for name, each in methods.items()}
        wanted = _Ranks(reported)
        values = {name: np.empty(len(samples)) for name in methods}
        for i, rows in enumerate(samples):
            truth = wanted.centre(rows)
            for name, each in ranks.items():
                values[name][i] = _correlate(each.centre(rows), truth)
        for name in methods:
            scores[name][target] = to_estimate(values[name])
        for name in differences:
            differences[name][target] = to_estimate(values[name] - values[str(reference)])
    return scores, differences


def to_estimate(values: FloatArray) -> Estimate:
    """Take the first value as the estimate and the rest as its resamples; NaN without any."""
    samples = values[1:][np.isfinite(values[1:])]
    if not len(samples):
        return Estimate(float(values[0]), float("nan"), float("nan"))
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(values[0]), float(low), float(high))
