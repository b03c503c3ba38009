"""How much of a Sharpe ratio is left after many trials: probabilistic and deflated Sharpe ratio.

Sharpe ratios are ANNUAL throughout, from daily returns and ``per_year`` of them a year; the papers
write theirs per period. Kurtosis is the whole one: 3 for normal returns.

References
----------
Bailey, D. H. and López de Prado, M. (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk
15(2).
Bailey, D. H. and López de Prado, M. (2014), The Deflated Sharpe Ratio: Correcting for Selection
Bias, Backtest Overfitting and Non-Normality, Journal of Portfolio Management 40(5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from kanalo.errors import DataError, ParameterError
from kanalo.judgement._matrix import NAN, ROUNDING, FloatArray
from kanalo.periods import DAYS_PER_YEAR

_FEWEST = 4  # returns that a sample kurtosis needs


@dataclass(frozen=True)
class Moments:
    """What the Sharpe ratio's own uncertainty depends on.

    Attributes
    ----------
    sharpe_ratio : float
        Annual; NaN with fewer than four returns or where they do not vary, as are the next two.
    skewness, kurtosis : float
        Of the daily returns, corrected for the size of the sample as pandas and ffn do; the
        kurtosis of normal returns is 3.
    n_days : int
        Number of returns.
    per_year : float
        Returns a year.
    """

    sharpe_ratio: float
    skewness: float
    kurtosis: float
    n_days: int
    per_year: float = DAYS_PER_YEAR


@dataclass(frozen=True)
class DeflatedSharpe:
    """A Sharpe ratio against zero and against the luck of the best of N trials.

    Attributes
    ----------
    moments : Moments
        The strategy's own figures.
    n_trials : int
        Trials made, this one included.
    n_effective : float
        How many independent trials they amount to; NaN where not told.
    deviation : float
        Standard deviation of the trials' annual Sharpe ratios; NaN with fewer than two.
    hurdle : float
        Annual Sharpe ratio that the best of ``n_trials`` worthless trials is expected to show.
    psr : float
        Probability that the true Sharpe ratio is above zero.
    dsr : float
        The same after ``n_trials``: probability that it is above the hurdle.
    dsr_effective : float
        The same after ``n_effective`` trials.
    min_days : float
        Days of returns from which the PSR would reach 0.95; NaN where no length would do.
    """

    moments: Moments
    n_trials: int
    n_effective: float
    deviation: float
    hurdle: float
    psr: float
    dsr: float
    dsr_effective: float
    min_days: float


def calc_moments(
    returns: pd.Series[float] | npt.NDArray[np.floating], *, per_year: float = DAYS_PER_YEAR
) -> Moments:
    """Measure the Sharpe ratio, skewness and kurtosis of daily returns.

    Parameters
    ----------
    returns : Series or array of shape (n_days,)
        Simple returns, fractions; NaN are left out.
    per_year : float
        Returns a year.
    """
    values = np.asarray(returns, dtype=np.float64)
    known = values[~np.isnan(values)]
    if len(known) < _FEWEST or known.std(ddof=1) < ROUNDING:
        return Moments(NAN, NAN, NAN, len(known), per_year)
    return Moments(
        sharpe_ratio=float(known.mean() / known.std(ddof=1) * np.sqrt(per_year)),
        skewness=float(stats.skew(known, bias=False)),
        kurtosis=float(stats.kurtosis(known, fisher=False, bias=False)),
        n_days=len(known),
        per_year=per_year,
    )


def calc_probabilistic_sharpe_ratio(moments: Moments, benchmark: float = 0.0) -> float:
    """Compute the probability that the true Sharpe ratio exceeds a benchmark.

    ``Φ((s − b) √(n − 1) / √(1 − γ₃ s + (γ₄ − 1) / 4 s²))`` with s and b per day.

    Parameters
    ----------
    moments : Moments
        Of the returns.
    benchmark : float
        Annual Sharpe ratio to exceed.

    Returns
    -------
    float
        In [0, 1]; NaN where the Sharpe ratio is.

    References
    ----------
    Bailey and López de Prado (2012), equation 9.

    Examples
    --------
    >>> year = Moments(sharpe_ratio=1.5, skewness=0.0, kurtosis=3.0, n_days=365)
    >>> round(calc_probabilistic_sharpe_ratio(year), 4)
    0.9326
    """
    daily = (moments.sharpe_ratio - benchmark) / np.sqrt(moments.per_year)
    return float(special.ndtr(daily * np.sqrt(moments.n_days - 1) / _spread(moments)))


def calc_minimum_track_record(
    moments: Moments, benchmark: float = 0.0, *, confidence: float = 0.95
) -> float:
    """Compute how many days are needed before the PSR reaches a confidence.

    ``1 + (1 − γ₃ s + (γ₄ − 1) / 4 s²) (Φ⁻¹(confidence) / (s − b))²`` with s and b per day.

    Parameters
    ----------
    moments : Moments
        Of the returns so far, taken for those to come.
    benchmark : float
        Annual Sharpe ratio to exceed.
    confidence : float
        In (0.5, 1).

    Returns
    -------
    float
        Days; NaN where the Sharpe ratio does not exceed the benchmark, for no length would do.

    Raises
    ------
    ParameterError
        If the confidence is not in (0.5, 1).

    References
    ----------
    Bailey and López de Prado (2012), equation 11.

    Examples
    --------
    The paper's own: to show with daily normal returns that an observed 2 is more than 1 takes 2.73
    years of 250 days.

    >>> seen = Moments(2.0, skewness=0.0, kurtosis=3.0, n_days=250, per_year=250)
    >>> round(calc_minimum_track_record(seen, 1.0) / 250, 2)
    2.73
    """
    if not 0.5 < confidence < 1:
        raise ParameterError(
            f"The 'confidence' of a track record must be in (0.5, 1); received {confidence!r}."
        )
    daily = (moments.sharpe_ratio - benchmark) / np.sqrt(moments.per_year)
    if not daily > 0:
        return NAN
    return float(1 + (_spread(moments) * special.ndtri(confidence) / daily) ** 2)


def calc_expected_max_sharpe(n_trials: float, deviation: float) -> float:
    """Compute the Sharpe ratio that the best of N worthless trials is expected to show.

    ``σ ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e)))`` with γ the Euler–Mascheroni constant.

    Parameters
    ----------
    n_trials : float
        Number of independent trials, at least 1; need not be whole.
    deviation : float
        Standard deviation of the trials' Sharpe ratios. The result has its unit.

    Returns
    -------
    float
        0 for one trial, where the approximation falls below zero (N under about 1.3), and where
        the deviation is NaN or 0: without spread there is nothing to choose from.

    Raises
    ------
    ParameterError
        If there is less than one trial.

    References
    ----------
    Bailey and López de Prado (2014), equation 1.
    """
    if not n_trials >= 1:
        raise ParameterError(f"The number of trials must be at least 1; received {n_trials!r}.")
    if n_trials == 1 or not deviation > 0:
        return 0.0
    first, second = special.ndtri([1 - 1 / n_trials, 1 - 1 / (n_trials * np.e)])
    return float(max(0.0, deviation * ((1 - np.euler_gamma) * first + np.euler_gamma * second)))


def calc_deflated_sharpe_ratio(moments: Moments, n_trials: float, deviation: float) -> float:
    """Compute the PSR against the hurdle of `calc_expected_max_sharpe`.

    Parameters
    ----------
    moments : Moments
        Of the chosen trial's returns.
    n_trials : float
        Trials made, this one included.
    deviation : float
        Standard deviation of their ANNUAL Sharpe ratios.

    Returns
    -------
    float
        In [0, 1]; NaN where the Sharpe ratio is.

    References
    ----------
    Bailey and López de Prado (2014), equation 2.

    Examples
    --------
    The paper's own: 100 trials with a variance of 0.5, then 46.

    >>> chosen = Moments(2.5, skewness=-3.0, kurtosis=10.0, n_days=1250, per_year=250)
    >>> round(calc_deflated_sharpe_ratio(chosen, 100, 0.5**0.5), 4)
    0.9004
    >>> round(calc_deflated_sharpe_ratio(chosen, 46, 0.5**0.5), 4)
    0.9505
    """
    return calc_probabilistic_sharpe_ratio(moments, calc_expected_max_sharpe(n_trials, deviation))


def deflate_sharpe(
    returns: pd.Series[float] | npt.NDArray[np.floating],
    trial_sharpes: Sequence[float] | FloatArray,
    *,
    n_trials: int | None = None,
    n_effective: float = NAN,
    per_year: float = DAYS_PER_YEAR,
) -> DeflatedSharpe:
    """Judge one strategy's daily returns by all trials ever made.

    Parameters
    ----------
    returns : Series or array of shape (n_days,)
        The strategy's daily returns.
    trial_sharpes : sequence of float
        Annual Sharpe ratios of all trials, this one included. NaN (sets that never traded) take no
        part in the spread.
    n_trials : int, optional
        How many trials there were; the length of ``trial_sharpes`` by default, NaN included, since
        a trial that came to nothing was one too.
    n_effective : float, optional
        Independent trials, from `calc_effective_trials`.
    per_year : float
        Returns a year.

    Raises
    ------
    ParameterError
        If there is no trial at all.
    """
    sharpes = np.asarray(trial_sharpes, dtype=np.float64)
    known = sharpes[~np.isnan(sharpes)]
    count = len(sharpes) if n_trials is None else n_trials
    deviation = float(known.std(ddof=1)) if len(known) > 1 else NAN
    moments = calc_moments(returns, per_year=per_year)
    effective = NAN
    if not np.isnan(n_effective):
        effective = calc_deflated_sharpe_ratio(moments, n_effective, deviation)
    return DeflatedSharpe(
        moments=moments,
        n_trials=count,
        n_effective=n_effective,
        deviation=deviation,
        hurdle=calc_expected_max_sharpe(count, deviation),
        psr=calc_probabilistic_sharpe_ratio(moments),
        dsr=calc_deflated_sharpe_ratio(moments, count, deviation),
        dsr_effective=effective,
        min_days=calc_minimum_track_record(moments),
    )


def calc_effective_trials(returns: pd.DataFrame | npt.NDArray[np.floating]) -> float:
    """Compute how many independent trials correlated ones amount to.

    ``ρ + (1 − ρ) M`` with ρ the average correlation between the M trials' daily returns: the
    straight line between M trials that are all one (ρ = 1) and M that have nothing in common
    (ρ = 0). Of the known estimates it is the cautious one: a thousand near-copies and ten other
    rules remain more than ten trials.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_trials)
        Daily returns on the union of the trials' days. NaN where a trial knows no return; such days
        add nothing to its correlations, so trials of different years count as independent.

    Returns
    -------
    float
        In [1, M], M the number of trials that vary: one that never traded cannot have been lucky.
        NaN where none varies.

    Raises
    ------
    DataError
        If the returns do not have the shape (n_days, n_trials).

    References
    ----------
    Bailey and López de Prado (2014), appendix A.3.
    """
    values = np.asarray(returns)
    if values.ndim != 2:
        raise DataError(
            f"Daily returns must have the shape (n_days, n_trials); received {values.shape}."
        )
    total, n_trials = np.zeros(len(values)), 0
    for trial in values.T:  # one at a time: a sweep's float32 matrix may be larger than the memory
        unit = _to_unit(np.asarray(trial, dtype=np.float64))
        if unit is not None:
            total += unit
            n_trials += 1
    if n_trials < 2:
        return float(n_trials) if n_trials else NAN
    # The squared length of a sum of unit vectors is their number plus all their correlations.
    correlation = (total @ total - n_trials) / (n_trials * (n_trials - 1))
    return float(np.clip(correlation + (1 - correlation) * n_trials, 1, n_trials))


def _to_unit(returns: FloatArray) -> FloatArray | None:
    """Centre a trial on its known days and scale it to length one; None where it does not vary."""
    known = ~np.isnan(returns)
    if known.sum() < 2:
        return None
    centred = np.where(known, returns - returns[known].mean(), 0.0)
    length = np.sqrt(centred @ centred)
    return centred / length if length >= ROUNDING * np.sqrt(known.sum()) else None


def _spread(moments: Moments) -> float:
    """Return the standard error of a daily Sharpe ratio times ``√(n − 1)``.

    The radicand cannot be negative for a distribution's own moments, as γ₄ ≥ 1 + γ₃²; sample
    moments of a few days can break that, and the result is then NaN.
    """
    daily = moments.sharpe_ratio / np.sqrt(moments.per_year)
    radicand = 1 - moments.skewness * daily + (moments.kurtosis - 1) / 4 * daily**2
    return float(np.sqrt(radicand)) if radicand > 0 else NAN
