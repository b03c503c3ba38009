"""How sure a Sharpe ratio is by itself: probabilistic Sharpe ratio and minimum track record.

Sharpe ratios are ANNUAL throughout, from daily returns and ``per_year`` of them a year; the papers
write theirs per period. Kurtosis is the whole one: 3 for normal returns.

References
----------
Bailey, D. H. and López de Prado, M. (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk
15(2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from kanalo.errors import ParameterError
from kanalo.judgement._matrix import NAN, ROUNDING
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

    Returns
    -------
    Moments
        Annual Sharpe ratio, skewness and kurtosis; NaN with fewer than four returns or where
        they do not vary.
    """
    values = np.asarray(returns, dtype=np.float64)
    known = values[~np.isnan(values)]
    if len(known) < _FEWEST or known.std(ddof=1) < ROUNDING:
        return Moments(NAN, NAN, NAN, len(known), per_year)
    from scipy import stats  # a second to import; what is not judged needs none of it

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
        In [0, 1]; NaN where the Sharpe ratio is, and below two days.

    References
    ----------
    Bailey and López de Prado (2012), equation 9.

    Examples
    --------
    >>> year = Moments(sharpe_ratio=1.5, skewness=0.0, kurtosis=3.0, n_days=365)
    >>> round(calc_probabilistic_sharpe_ratio(year), 4)
    0.9326
    """
    if moments.n_days < 2:  # a record of sums has no days
        return NAN
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


def _spread(moments: Moments) -> float:
    """Return the standard error of a daily Sharpe ratio times ``√(n − 1)``.

    The radicand cannot be negative for a distribution's own moments, as γ₄ ≥ 1 + γ₃²; sample
    moments of a few days can break that, and the result is then NaN.
    """
    daily = moments.sharpe_ratio / np.sqrt(moments.per_year)
    radicand = 1 - moments.skewness * daily + (moments.kurtosis - 1) / 4 * daily**2
    return float(np.sqrt(radicand)) if radicand > 0 else NAN
