"""What is left of a Sharpe ratio after many trials: the deflated Sharpe ratio.

The best of many worthless trials has a high Sharpe ratio by luck alone. The deflated ratio is the
probability that a strategy's true Sharpe ratio is above what that luck would have shown. How much
luck there was is read from the OTHER trials: the strategy's own Sharpe ratio is what is in
question, and among them it would be held against itself. As in `kanalo.judgement.sharpe`, Sharpe
ratios are ANNUAL throughout.

References
----------
Bailey, D. H. and López de Prado, M. (2014), The Deflated Sharpe Ratio: Correcting for Selection
Bias, Backtest Overfitting and Non-Normality, Journal of Portfolio Management 40(5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from kanalo.errors import DataError, ParameterError
from kanalo.judgement._matrix import NAN, ROUNDING
from kanalo.judgement.sharpe import (
    Moments,
    calc_minimum_track_record,
    calc_moments,
    calc_probabilistic_sharpe_ratio,
)
from kanalo.periods import DAYS_PER_YEAR
from kanalo.typing import FloatArray


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
        Standard deviation of the OTHER trials' annual Sharpe ratios; NaN with fewer than two.
    luck : float
        Standard deviation that luck alone gives the annual Sharpe ratio of a rule without skill
        over so many days; NaN with fewer than two.
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
    luck: float
    hurdle: float
    psr: float
    dsr: float
    dsr_effective: float
    min_days: float


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
    first, second = special.ndtri([1 - 1 / n_trials, 1 - 1 / (n_trials * math.e)])
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


def calc_luck_deviation(moments: Moments) -> float:
    """Compute how much luck alone scatters the annual Sharpe ratios of rules without skill.

    ``√(days a year / (n_days − 1))``: the standard error that the PSR has for a Sharpe ratio of 0.

    Parameters
    ----------
    moments : Moments
        Of returns on the same days; only their number counts.

    Returns
    -------
    float
        NaN with fewer than two days.
    """
    if moments.n_days < 2:
        return NAN
    return float(np.sqrt(moments.per_year / (moments.n_days - 1)))


def calc_hurdle(
    n_trials: float, deviation: float, *, n_effective: float = NAN, luck: float = NAN
) -> float:
    """Compute what the best of N worthless trials shows, at least what luck alone would show.

    The larger of two expected maxima: of ``n_trials`` that scatter as the others did, and of
    ``n_effective`` independent ones that scatter as luck alone would have it. The second is a
    floor: few others may lie close together by chance, and near-copies always do.

    Parameters
    ----------
    n_trials : float
        Trials made, at least 1.
    deviation : float
        Standard deviation of the other trials' Sharpe ratios; NaN where there are fewer than two,
        so that the floor stands alone.
    n_effective : float
        Independent trials that they amount to; ``n_trials`` where it is NaN.
    luck : float
        From `calc_luck_deviation`; NaN for no floor.

    Returns
    -------
    float
        In the unit of the deviations.

    Raises
    ------
    ParameterError
        If there is less than one trial.
    """
    independent = n_trials if np.isnan(n_effective) else n_effective
    return max(
        calc_expected_max_sharpe(n_trials, deviation), calc_expected_max_sharpe(independent, luck)
    )


def deflate_sharpe(
    returns: pd.Series[float] | npt.NDArray[np.floating],
    other_sharpes: Sequence[float] | FloatArray,
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
    other_sharpes : sequence of float
        Annual Sharpe ratios of all OTHER trials. NaN (sets that never traded) take no part in the
        spread.
    n_trials : int, optional
        How many trials there were, this one included; by default one more than ``other_sharpes``,
        NaN included, since a trial that came to nothing was one too.
    n_effective : float, optional
        Independent trials, this one included, from `calc_effective_trials`.
    per_year : float
        Returns a year.

    Returns
    -------
    DeflatedSharpe
        Probabilities in [0, 1] and the hurdle as an annual Sharpe ratio; NaN where the class
        says so.

    Raises
    ------
    ParameterError
        If ``n_trials`` is below 1.

    Notes
    -----
    The paper takes the spread over all trials, the chosen one included. Among many that makes no
    difference; among few it does: a rule with an annual Sharpe ratio of 2 among five worthless
    ones makes most of the spread itself. See `calc_hurdle` for the floor that comes instead.
    """
    others = np.asarray(other_sharpes, dtype=np.float64)
    known = others[~np.isnan(others)]
    count = len(others) + 1 if n_trials is None else n_trials
    deviation = float(known.std(ddof=1)) if len(known) > 1 else NAN
    moments = calc_moments(returns, per_year=per_year)
    luck = calc_luck_deviation(moments)
    hurdle = calc_hurdle(count, deviation, n_effective=n_effective, luck=luck)
    effective = NAN
    if not np.isnan(n_effective):
        hurdle_effective = calc_hurdle(n_effective, deviation, luck=luck)
        effective = calc_probabilistic_sharpe_ratio(moments, hurdle_effective)
    return DeflatedSharpe(
        moments=moments,
        n_trials=count,
        n_effective=n_effective,
        deviation=deviation,
        luck=luck,
        hurdle=hurdle,
        psr=calc_probabilistic_sharpe_ratio(moments),
        dsr=calc_probabilistic_sharpe_ratio(moments, hurdle),
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
