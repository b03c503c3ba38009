"""Test whether the best of several strategies beats a benchmark, and which may be the best.

Two tests over strategies that were compared on the same days, both by ``arch``:

- Hansen's test of superior predictive ability (SPA): the null is that NO strategy beats the
  benchmark, however many were tried. Which do is found step by step (Hsu, Hsu and Kuan's step-SPA):
  once some are named, the critical value is found again over the rest, until none is left to name.
- The model confidence set (MCS): the strategies indistinguishable from the best at a given size.

The loss of a day is its negative return. Yardsticks (buy-and-hold, random entry) are nobody's claim
and are left out by the caller.

References
----------
White, H. (2000), A Reality Check for Data Snooping, Econometrica 68(5).
Hansen, P. R. (2005), A Test for Superior Predictive Ability, JBES 23(4).
Hansen, P. R., Lunde, A. and Nason, J. M. (2011), The Model Confidence Set, Econometrica 79(2).
Hsu, P.-H., Hsu, Y.-C. and Kuan, C.-M. (2010), Testing the Predictive Ability of Technical Analysis
Using a New Stepwise Test without Data Snooping Bias, Journal of Empirical Finance 17(3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.judgement._matrix import NAN, ROUNDING, Returns, find_flat, to_matrix, to_names
from kanalo.judgement.accepted import check_draws, check_share
from kanalo.judgement.blocks import check_block_length
from kanalo.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from arch.bootstrap import SPA

N_RESAMPLES = 2_000
_LEAST_DAYS = 30

T = TypeVar("T", pd.Series, npt.NDArray[np.float64])


@dataclass(frozen=True)
class SuperiorAbility:
    """Outcome of Hansen's test.

    Attributes
    ----------
    p_value : float
        Consistent p-value of "none of them beats the benchmark"; NaN where no strategy differs from
        the benchmark.
    lower, upper : float
        Its liberal and its conservative bound. The lower one centres only the strategies that did
        better than the benchmark, the upper one all of them: it is the STUDENTISED reality check.
        White's own (2000) does not divide by standard deviations, so its p-value is another.
    best : str
        Strategy with the highest mean excess return in units of its standard error; empty if none.
    better : tuple of str
        Strategies that beat the benchmark by themselves. The chance that ANY of them does not is
        ``size`` at most, however many others do.
    n_models : int
        Strategies tested.
    left_out : tuple of str
        Strategies whose returns differ from the benchmark's by a constant at most: there is nothing
        to test.
    size : float
        Level of ``better``.
    block_length : float
        Mean length of the bootstrap's blocks in days.
    n_days : int
        Days compared.
    """

    p_value: float
    lower: float
    upper: float
    best: str
    better: tuple[str, ...]
    n_models: int
    left_out: tuple[str, ...]
    size: float
    block_length: float
    n_days: int


@dataclass(frozen=True)
class ConfidenceSet:
    """The strategies that are indistinguishable from the best.

    Attributes
    ----------
    included : tuple of str
        Those with a p-value above ``size``, in the order given.
    p_values : mapping of str to float
        Smallest size at which a strategy would leave the set; 1 for the best. Copies of one
        strategy share theirs.
    left_out : tuple of str
        Strategies that never traded.
    size : float
        Probability that the set misses the best.
    block_length : float
        Mean length of the bootstrap's blocks in days.
    n_days : int
        Days compared.
    """

    included: tuple[str, ...]
    p_values: Mapping[str, float] = field(hash=False)
    left_out: tuple[str, ...]
    size: float
    block_length: float
    n_days: int


def to_matched_hold(market_returns: T, exposure: float) -> T:
    """Return the daily returns of holding a strategy's average exposure all the time.

    ``exposure × market return``: the benchmark that earns what the market paid for the risk taken,
    so that what a strategy earns beyond it is owed to WHEN it was in the market. Kept at that
    exposure every day and free of costs; a short strategy's average exposure is negative.

    Parameters
    ----------
    market_returns : Series or array of shape (n_days,)
        Daily returns of the market (`kanalo.analyzers.to_benchmark_returns`).
    exposure : float
        Average of the signed exposure over all bars, e.g. 0.3 for a rule that is long with all its
        equity 30 % of the time.

    Returns
    -------
    The same type and shape
        Never below −1. NaN where the market's return is.

    Raises
    ------
    ParameterError
        If the exposure is not finite.
    """
    if not np.isfinite(exposure):
        raise ParameterError(
            f"The 'exposure' of a matched holding must be finite; received {exposure!r}."
        )
    held: T = (market_returns * exposure).clip(-1.0)
    return held


def calc_superiority(
    returns: Returns,
    benchmark: pd.Series[float] | Returns | None = None,
    *,
    size: float = 0.05,
    n_resamples: int = N_RESAMPLES,
    block_length: float | None = None,
    seed: int = 0,
) -> SuperiorAbility:
    """Test whether any strategy beats the benchmark, allowing for how many were tried.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_strategies)
        Daily returns of the compared strategies, yardsticks excluded; NaN only after ruin.
    benchmark : Series, DataFrame or array of shape (n_days,) or (n_days, n_strategies), optional
        What has to be beaten: cash by default. Two dimensions give each strategy its own, e.g. the
        holding matched to its exposure.
    size : float
        Level at which strategies are called better.
    n_resamples : int
        Number of bootstrap resamples.
    block_length : float, optional
        Mean length of a block in days; from the excess returns by default.
    seed : int
        The same seed gives the same p-value.

    Returns
    -------
    SuperiorAbility
        One strategy is tested as it is; none gives NaN.

    Raises
    ------
    DataError
        If there are fewer than 30 days, days are missing, or the shapes differ.
    ParameterError
        If ``size`` is not in (0, 1).

    Notes
    -----
    Each strategy's excess returns are divided by their long-run standard deviation first. Hansen's
    statistic is studentised like that, so that a wild strategy does not drown a steady one; arch's
    ``SPA`` (8.0) uses the deviation only to decide which strategies are hopeless. Where no strategy
    has earned more than the benchmark the p-values are 1: his statistic is then at its floor of
    zero, which arch does not apply.
    """
    check_share("calc_superiority", "size", size)
    check_draws("calc_superiority", seed=seed, n_resamples=n_resamples)
    names, excess = to_names(returns), _to_excess(returns, benchmark)
    flat = find_flat(excess)
    kept, left_out = _split(names, flat)
    length = check_block_length(block_length, excess)
    if not kept:
        return SuperiorAbility(NAN, NAN, NAN, "", (), 0, left_out, size, length, len(excess))
    scaled = _studentise(excess[:, ~flat], length)
    (lower, consistent, upper), better = _test(scaled, size, n_resamples, length, seed)
    return SuperiorAbility(
        p_value=consistent,
        lower=lower,
        upper=upper,
        best=kept[int(scaled.mean(axis=0).argmax())],
        better=tuple(name for column, name in enumerate(kept) if column in better),
        n_models=len(kept),
        left_out=left_out,
        size=size,
        block_length=length,
        n_days=len(excess),
    )


def find_confidence_set(
    returns: Returns,
    *,
    size: float = 0.1,
    n_resamples: int = N_RESAMPLES,
    block_length: float | None = None,
    seed: int = 0,
) -> ConfidenceSet:
    """Find the strategies indistinguishable from the best by their mean return.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_strategies)
        As for `calc_superiority`.
    size : float
        Probability that the set misses the best.
    n_resamples : int
        Number of bootstrap resamples.
    block_length : float, optional
        Mean length of a block in days; from the returns by default.
    seed : int
        The same seed gives the same set.

    Returns
    -------
    ConfidenceSet
        A single strategy is its own set with p = 1; none gives an empty one.

    Raises
    ------
    DataError
        If there are fewer than 30 days or days are missing.
    ParameterError
        If ``size`` is not in (0, 1).

    Notes
    -----
    Strategies that never traded are left out. Copies, whose returns differ by a constant of at most
    rounding, enter the test once and share the outcome: their difference has no variance to divide
    by.
    """
    check_share("find_confidence_set", "size", size)
    check_draws("find_confidence_set", seed=seed, n_resamples=n_resamples)
    names, values = to_names(returns), to_matrix(returns, least_days=_LEAST_DAYS)
    flat = find_flat(values)
    kept, left_out = _split(names, flat)
    length = check_block_length(block_length, values)
    values = values[:, ~flat]
    firsts, copies = _find_copies(values)
    p_values = _eliminate(values[:, firsts], size, n_resamples, length, seed)
    p_by_name = {name: float(p_values[copy]) for name, copy in zip(kept, copies, strict=True)}
    included = tuple(name for name, p_value in p_by_name.items() if p_value > size)
    return ConfidenceSet(included, p_by_name, left_out, size, length, len(values))


def _test(
    scaled: FloatArray, size: float, n_resamples: int, length: float, seed: int
) -> tuple[tuple[float, float, float], set[int]]:
    """Return the lower, consistent and upper p-value and the columns that are better."""
    if scaled.mean(axis=0).max() <= 0:
        return (1.0, 1.0, 1.0), set()
    from arch.bootstrap import SPA  # imports statsmodels: a second or two

    block = round(length)
    test = SPA(np.zeros(len(scaled)), -scaled, block_size=block, reps=n_resamples, seed=seed)
    test.compute()
    lower, consistent, upper = (float(each) for each in test.pvalues)
    return (lower, consistent, upper), _name_better(test, scaled.mean(axis=0), size)


def _name_better(test: SPA, means: FloatArray, size: float) -> set[int]:
    """Name the columns above the critical value, and again among the rest until none is."""
    better = np.zeros(len(means), dtype=bool)
    while not better.all():
        test.subset(~better)
        # Hansen's statistic has a floor of zero; a rest of hopeless models has a lower quantile.
        critical = max(0.0, float(test.critical_values(size)["consistent"]))
        newly_better = ~better & (means > critical)
        if not newly_better.any():
            break
        better |= newly_better
    return set(np.flatnonzero(better).tolist())


def _eliminate(
    values: FloatArray, size: float, n_resamples: int, length: float, seed: int
) -> FloatArray:
    """Return the MCS p-value of each distinct series."""
    if values.shape[1] < 2:
        return np.ones(values.shape[1])
    from arch.bootstrap import MCS  # imports statsmodels: a second or two

    test = MCS(-values, size, n_resamples, block_size=round(length), method="R", seed=seed)
    test.compute()
    return np.asarray(test.pvalues["Pvalue"].sort_index().to_numpy(np.float64))


def _to_excess(returns: Returns, benchmark: pd.Series[float] | Returns | None) -> FloatArray:
    values = to_matrix(returns, least_days=_LEAST_DAYS)
    if benchmark is None:
        return values
    if isinstance(returns, pd.DataFrame) and isinstance(benchmark, pd.Series | pd.DataFrame):
        _check_days(returns, benchmark)
    base = np.asarray(benchmark, dtype=np.float64)
    base = base[:, None] if base.ndim == 1 else base
    if len(base) != len(values) or base.shape[1] not in (1, values.shape[1]):
        raise DataError(
            f"The benchmark must have {len(values)} days for one or all {values.shape[1]} "
            f"strategies; received the shape {np.shape(benchmark)}."
        )
    return values - to_matrix(base)


def _check_days(returns: pd.DataFrame, benchmark: pd.Series[float] | pd.DataFrame) -> None:
    if not benchmark.index.equals(returns.index):
        raise DataError("The benchmark must have the days of the strategies; its index differs.")


def _studentise(excess: FloatArray, block_length: float) -> FloatArray:
    """Divide by the long-run standard deviation that the stationary bootstrap implies.

    ``ω² = γ₀ + 2 Σ κᵢ γᵢ`` with ``κᵢ = (1 − i/n) q^i + (i/n) q^(n − i)``, ``q = 1 − 1/b``, from the
    autocovariances by FFT (Hansen 2005, section 3.1).
    """
    n_days = len(excess)
    centred = excess - excess.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n_days, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, axis=0)[:n_days] / n_days
    lag, stay = np.arange(1, n_days), 1 - 1 / block_length
    kappa = (1 - lag / n_days) * stay**lag + lag / n_days * stay ** (n_days - lag)
    variance = covariance[0] + 2 * kappa @ covariance[1:]
    # Strong reversals can push the sum to zero or below; the plain variance is then the safer unit.
    deviation = np.sqrt(np.where(variance > ROUNDING * covariance[0], variance, covariance[0]))
    return np.asarray(excess / deviation)


def _find_copies(values: FloatArray) -> tuple[list[int], list[int]]:
    """Return the first column of each distinct series, and for each column which of them it is."""
    firsts: list[int] = []
    copies: list[int] = []
    for column, series in enumerate(values.T):
        same = [number for number, first in enumerate(firsts) if _is_copy(series, values[:, first])]
        copies.append(same[0] if same else len(firsts))
        if not same:
            firsts.append(column)
    return firsts, copies


def _is_copy(series: FloatArray, other: FloatArray) -> bool:
    return bool(np.abs(series - other).max() < ROUNDING)


def _split(names: tuple[str, ...], flat: BoolArray) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kept = tuple(name for name, out in zip(names, flat, strict=True) if not out)
    return kept, tuple(name for name, out in zip(names, flat, strict=True) if out)
