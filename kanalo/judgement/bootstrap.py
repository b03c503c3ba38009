"""Uncertainty by the stationary bootstrap: intervals, paired differences, drawdowns, ruin.

Daily returns are drawn in blocks of random, geometrically distributed length, so that what depends
on neighbouring days (a trade held for a week, a spell of volatility) is drawn together. All series
are drawn on the SAME days: the difference of two strategies is then the difference of what both did
on those days, and whatever the market did to both cancels.

**Intervals are percentiles of the resampled statistics.** They respect the range of the statistic
(a drawdown stays between −1 and 0) and subtracting resample by resample keeps pairs together. BCa
intervals are left out on purpose: their acceleration rests on leaving out single days, which
dependent data do not allow, and their bias correction would take the *luck of the one order in
which the days came* for a bias of the maximum drawdown. For the drawdown the percentiles therefore
answer another question than for CAGR and Sharpe ratio: how deep would such days have gone in other
orders?

References
----------
Politis, D. N. and Romano, J. P. (1994), The Stationary Bootstrap, JASA 89.
Efron, B. and Tibshirani, R. (1993), An Introduction to the Bootstrap, chapter 13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.errors import ParameterError, unknown_name
from kanalo.judgement._matrix import NAN, ROUNDING, Returns, find_flat, to_matrix, to_names
from kanalo.judgement.accepted import check_draws
from kanalo.judgement.blocks import check_block_length, draw_days
from kanalo.periods import DAYS_PER_YEAR
from kanalo.typing import BoolArray, FloatArray

N_RESAMPLES = 2_000

STATISTICS = ("cagr", "sharpe_ratio", "max_drawdown", "lowest_equity")
"""What is resampled; ``lowest_equity`` is the lowest equity over the start, less one: 0 at most."""

_CHUNK = 25  # resamples at a time, so that the paths of one series stay in the cache


@dataclass(frozen=True)
class Interval:
    """A statistic with the interval that resampling gives it.

    Attributes
    ----------
    estimate : float
        The statistic of the days as they came.
    low, high : float
        Ends of the interval; NaN where the statistic is not defined (the Sharpe ratio of a series
        that never moved).
    level : float
        Share of resamples between them, e.g. 0.95.
    above_zero : float
        Share of resamples above zero, those at zero counting half; NaN where not defined.
    """

    estimate: float
    low: float
    high: float
    level: float
    above_zero: float


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Statistics of several series, each resampled on the same days.

    Attributes
    ----------
    names : tuple of str
        The series.
    estimates : mapping of str to float64 array of shape (n_series,)
        Each of `STATISTICS` on the days as they came.
    draws : mapping of str to float64 array of shape (n_resamples, n_series)
        The same on each resample. The Sharpe ratio of days that are all zero counts as 0 here, for
        cash earns nothing and risks nothing.
    flat : tuple of bool
        Which series do not vary.
    block_length : float
        Mean length of the blocks in days.
    n_days : int
        Days of each series and each resample.
    seed : int
        Seed of the draws.
    """

    names: tuple[str, ...]
    estimates: Mapping[str, FloatArray]
    draws: Mapping[str, FloatArray]
    flat: tuple[bool, ...]
    block_length: float
    n_days: int
    seed: int

    def interval(self, name: str, statistic: str, *, level: float = 0.95) -> Interval:
        """Return the interval of one series' statistic.

        Parameters
        ----------
        name : str
            One of ``names``.
        statistic : str
            One of `STATISTICS`.
        level : float
            Share of resamples in the interval.

        Returns
        -------
        Interval
            Estimate, bounds and level.

        Raises
        ------
        UnknownNameError
            If there is no such series or statistic.
        """
        column = self._find(name)
        draws, estimates = self._look_up(statistic)
        if self.flat[column] and statistic == "sharpe_ratio":
            return Interval(NAN, NAN, NAN, level, NAN)
        return _to_interval(float(estimates[column]), draws[:, column], level)

    def difference(self, name: str, other: str, statistic: str, *, level: float = 0.95) -> Interval:
        """Return the interval of ``name`` less ``other``, resample by resample on the same days.

        Cash, a series of zeros, has a Sharpe ratio of 0 here. Drawdowns are negative, so a positive
        difference means that ``name`` fell less.

        Parameters
        ----------
        name, other : str
            Two of ``names``.
        statistic : str
            One of `STATISTICS`.
        level : float
            Share of resamples in the interval.

        Returns
        -------
        Interval
            Of the paired difference.
        """
        ours, theirs = self._find(name), self._find(other)
        draws, estimates = self._look_up(statistic)
        estimate = float(estimates[ours] - estimates[theirs])
        return _to_interval(estimate, draws[:, ours] - draws[:, theirs], level)

    def drawdown_quantiles(self, name: str, probabilities: Sequence[float]) -> FloatArray:
        """Return quantiles of the maximum drawdown over the resamples.

        Parameters
        ----------
        name : str
            One of ``names``.
        probabilities : sequence of float
            E.g. ``(0.05, 0.5, 0.95)``; the lowest is the deepest.

        Returns
        -------
        float64 array of shape (len(probabilities),)
            Negative fractions.
        """
        return _quantiles(self.draws["max_drawdown"][:, self._find(name)], probabilities)

    def drawdown_probability(self, name: str, depth: float) -> float:
        """Return the share of resamples whose drawdown reaches ``depth``, e.g. −0.5.

        Parameters
        ----------
        name : str
            Of the series.
        depth : float
            A negative fraction, e.g. -0.5.

        Returns
        -------
        float
            In [0, 1].
        """
        return _share_at_or_below(self.draws["max_drawdown"][:, self._find(name)], depth)

    def ruin_probability(self, name: str, loss: float) -> float:
        """Return the share of resamples whose equity falls by ``loss`` below its START, e.g. −0.5.

        A drawdown counts from the highest equity so far, ruin from what was put in.

        Parameters
        ----------
        name : str
            Of the series.
        loss : float
            A negative fraction of the start, e.g. -0.5.

        Returns
        -------
        float
            In [0, 1].
        """
        return _share_at_or_below(self.draws["lowest_equity"][:, self._find(name)], loss)

    def _find(self, name: str) -> int:
        if name not in self.names:
            raise unknown_name("series", name, self.names)
        return self.names.index(name)

    def _look_up(self, statistic: str) -> tuple[FloatArray, FloatArray]:
        if statistic not in self.draws:
            raise unknown_name("resampled statistic", statistic, self.draws)
        return self.draws[statistic], self.estimates[statistic]


def resample_returns(
    returns: Returns,
    *,
    n_resamples: int = N_RESAMPLES,
    block_length: float | None = None,
    seed: int = 0,
    per_year: float = DAYS_PER_YEAR,
) -> Bootstrap:
    """Resample daily returns and compute CAGR, Sharpe ratio and drawdowns of every resample.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_series)
        Simple UTC-daily returns, fractions. NaN only after ruin (see `to_matrix`). Give every
        series that is to be compared in ONE call: pairs need the same days.
    n_resamples : int
        Number of resamples, at least 2.
    block_length : float, optional
        Mean length of a block in days, at least 1; from the data by default
        (`find_block_length`).
    seed : int
        The same seed draws the same days.
    per_year : float
        Returns a year; 365 for daily ones.

    Returns
    -------
    Bootstrap

    Raises
    ------
    DataError
        If there are fewer than two days or a return is missing.
    ParameterError
        If ``n_resamples`` or ``block_length`` is too small.

    Notes
    -----
    Years are the number of returns over ``per_year``, which differs from a CAGR by the calendar
    where days are absent. Returns below −1 count as −1: equity stays at zero after ruin.
    """
    check_draws("resample_returns", least=2, seed=seed, n_resamples=n_resamples)
    values = to_matrix(returns)
    length = check_block_length(block_length, values)
    growth = np.ascontiguousarray(1 + np.maximum(values, -1.0).T)
    n_series, n_days = growth.shape
    resampled = np.empty((len(STATISTICS), n_resamples, n_series))
    rng = np.random.default_rng(seed)
    for start in range(0, n_resamples, _CHUNK):
        size = min(_CHUNK, n_resamples - start)
        days = draw_days(rng, size, n_days, length)
        for column in range(n_series):
            paths = growth[column].take(days)
            resampled[:, start : start + size, column] = _measure(paths, per_year)
    as_came = np.stack([_measure(path[None], per_year)[:, 0] for path in growth], axis=1)
    return Bootstrap(
        names=to_names(returns),
        estimates=dict(zip(STATISTICS, as_came, strict=True)),
        draws=dict(zip(STATISTICS, resampled, strict=True)),
        flat=tuple(find_flat(values).tolist()),
        block_length=length,
        n_days=n_days,
        seed=seed,
    )


def _measure(growth: FloatArray, per_year: float) -> FloatArray:
    """Compute `STATISTICS` of paths of ``1 + return``: (n_paths, n_days) to (4, n_paths)."""
    wealth = np.cumprod(growth, axis=1)
    peak = np.maximum(np.maximum.accumulate(wealth, axis=1), 1)
    years = growth.shape[1] / per_year
    return np.stack(
        [
            _annualise(wealth[:, -1], years),
            _to_sharpe(growth, per_year),
            (wealth / peak).min(axis=1) - 1,
            np.minimum(wealth.min(axis=1), 1) - 1,
        ]
    )


def _annualise(growth: npt.NDArray[np.floating], years: float) -> FloatArray:
    with np.errstate(divide="ignore", over="ignore"):
        rate = np.expm1(np.log(growth) / years)
    return np.where(np.isposinf(rate), np.nan, rate)


def _to_sharpe(growth: FloatArray, per_year: float) -> FloatArray:
    mean, spread = growth.mean(axis=1) - 1, growth.std(axis=1, ddof=1)
    idle: BoolArray = np.abs(mean) < ROUNDING
    still: BoolArray = spread < ROUNDING
    undefined = np.where(idle, 0.0, np.nan)
    ratio = mean / np.where(still, 1.0, spread) * np.sqrt(per_year)
    return np.where(still, undefined, ratio)


def _to_interval(estimate: float, draws: FloatArray, level: float) -> Interval:
    if not 0 < level < 1:
        raise ParameterError(
            f"The 'level' of an interval must be in (0, 1), like 0.95; received {level!r}."
        )
    low, high = _quantiles(draws, ((1 - level) / 2, (1 + level) / 2))
    known = draws[~np.isnan(draws)]
    above = float(((known > 0).mean() + (known >= 0).mean()) / 2) if len(known) else NAN
    return Interval(estimate, float(low), float(high), level, above)


def _quantiles(draws: FloatArray, probabilities: Sequence[float]) -> FloatArray:
    known = draws[~np.isnan(draws)]
    if not len(known):
        return np.full(len(probabilities), np.nan)
    return np.asarray(np.quantile(known, probabilities))


def _share_at_or_below(draws: FloatArray, bound: float) -> float:
    if not -1 <= bound < 0:
        raise ParameterError(
            f"A loss must be a negative fraction in [-1, 0), like -0.5; received {bound!r}."
        )
    return float((draws <= bound + ROUNDING).mean())
