"""Where a statistic stands among those of placebos: percentile and p-value.

The p-value of n draws is ``(1 + #{draw ≥ rule}) / (1 + n)``: the rule counts as one of the draws,
so it is never zero.

References
----------
Phipson, B. and Smyth, G. K. (2010), Permutation P-values Should Never Be Zero, Statistical
Applications in Genetics and Molecular Biology 9(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.judgement._matrix import NAN

RANDOM_ENTRIES = "random entries"
"""The kind of placebo that enters a verdict: trades by chance, as many and as long."""

_SAME = 1e-12  # relative difference that is only the order of a sum


@dataclass(frozen=True)
class PlaceboRank:
    """Where a rule stands among its placebos.

    Attributes
    ----------
    actual : float
        The rule's own statistic.
    n : int
        Placebos whose statistic is defined.
    median, low, high : float
        Of the placebos; low and high are the 5 % and the 95 % quantile. NaN where there is none.
    percentile : float
        Share of the placebos below the rule, those that equal it counting half; in [0, 1].
    p_value : float
        ``(1 + #{placebo ≥ rule}) / (1 + n)``; NaN without placebos.
    """

    actual: float
    n: int
    median: float
    low: float
    high: float
    percentile: float
    p_value: float


def calc_rank(actual: float, draws: npt.ArrayLike) -> PlaceboRank:
    """Compute where a statistic stands among those of placebos.

    Parameters
    ----------
    actual : float
        Of the rule; NaN gives NaN.
    draws : array of shape (n,)
        Of the placebos; NaN are left out.

    Returns
    -------
    PlaceboRank
        NaN where nothing can be ranked.

    Examples
    --------
    >>> found = calc_rank(3.0, [1.0, 2.0, 3.0, 4.0])
    >>> found.percentile, found.p_value
    (0.625, 0.6)
    """
    values = np.asarray(draws, dtype=np.float64)
    known = values[~np.isnan(values)]
    if not len(known) or np.isnan(actual):
        return PlaceboRank(actual, len(known), NAN, NAN, NAN, NAN, NAN)
    same = np.abs(known - actual) <= _SAME * max(abs(actual), 1.0)
    above = (known > actual) & ~same
    low, median, high = np.quantile(known, (0.05, 0.5, 0.95))
    return PlaceboRank(
        actual=actual,
        n=len(known),
        median=float(median),
        low=float(low),
        high=float(high),
        percentile=float(1 - above.mean() - same.mean() / 2),
        p_value=float((1 + (above | same).sum()) / (1 + len(known))),
    )
