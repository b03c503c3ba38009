"""How long until something happens, when for some it has not happened yet: Kaplan and Meier."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from kanalo.errors import DataError
from kanalo.study.inference import LEVEL
from kanalo.typing import BoolArray, FloatArray, IntArray

CLOSE = 1e-9
"""Distance from one half within which the float product of a share is not trusted."""


@dataclass(frozen=True, eq=False)
class Survival:
    """A Kaplan-Meier survival curve; arrays of shape (k,), one row an instant.

    Attributes
    ----------
    times : float64 array
        Instants at which it happened to at least one, ascending.
    at_risk, n_happened : int64 arrays
        Those still watched just before, and those it happened to at that instant.
    share : float64 array
        ``S(t) = Π (1 - n_happened / at_risk)`` up to and with that instant.
    low, high : float64 arrays
        Its 95 % interval (Greenwood's variance, log-log scale); NaN where the share is 0.
    """

    times: FloatArray
    at_risk: IntArray
    n_happened: IntArray
    share: FloatArray
    low: FloatArray
    high: FloatArray

    def at(self, time: float) -> float:
        """Return the share to which it has not happened by a time; 1 before the first instant."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        return float(self.share[place]) if place >= 0 else 1.0

    @property
    def median(self) -> float:
        """The first instant with a share of at most one half; NaN if it is never reached.

        A product of floats may miss one half by its last bit, so shares within `CLOSE` of it are
        decided by whole numbers: ``2 Π (at_risk - n_happened) ≤ Π at_risk``.
        """
        for row in np.flatnonzero(self.share <= 0.5 + CLOSE):
            if self.share[row] < 0.5 - CLOSE or self._is_at_most_half(int(row)):
                return float(self.times[row])
        return float("nan")

    def _is_at_most_half(self, row: int) -> bool:
        at_risk = self.at_risk[: row + 1].tolist()
        left = (self.at_risk - self.n_happened)[: row + 1].tolist()
        return bool(2 * math.prod(left) <= math.prod(at_risk))


def kaplan_meier(durations: FloatArray, happened: BoolArray) -> Survival:
    """Estimate the survival function from durations of which some are only known to be longer.

    Parameters
    ----------
    durations : float64 array of shape (n,)
        Time to what happened, or for how long it was watched in vain.
    happened : bool array of shape (n,)
        Whether it happened; otherwise the duration is censored. One that is censored at the very
        instant at which another happens still counts as at risk there.

    Returns
    -------
    Survival
        One row for each distinct time at which it happened; no row if it never did.

    Raises
    ------
    DataError
        If a duration is negative or NaN, or the arrays differ in length.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True]))
    >>> curve.share.tolist(), curve.median
    ([0.75, 0.5, 0.0], 2.0)

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), Nonparametric estimation from incomplete observations,
    JASA 53. Kalbfleisch, J. and Prentice, R. (2002), The Statistical Analysis of Failure Time Data.
    """
    durations, happened = np.asarray(durations, np.float64), np.asarray(happened)
    if durations.ndim != 1 or happened.shape != durations.shape or happened.dtype != np.bool_:
        raise DataError(
            "The 'durations' and 'happened' of kaplan_meier must be one-dimensional and equally "
            f"long, and 'happened' True or False; received shapes {durations.shape} and "
            f"{happened.shape}, dtype {happened.dtype}."
        )
    if not (durations >= 0).all():
        row = int(np.argmax(~(durations >= 0)))
        raise DataError(
            "The 'durations' of kaplan_meier must be numbers of at least 0; received "
            f"{durations[row]:g} at row {row}."
        )
    times = np.unique(durations[happened])
    ordered = np.sort(durations)
    at_risk = len(ordered) - np.searchsorted(ordered, times, side="left")
    deaths = np.sort(durations[happened])
    n_happened = np.searchsorted(deaths, times, "right") - np.searchsorted(deaths, times, "left")
    share = np.cumprod(1.0 - n_happened / at_risk).astype(np.float64)
    low, high = _find_interval(share, at_risk, n_happened)
    return Survival(times, at_risk.astype(np.int64), n_happened.astype(np.int64), share, low, high)


def _find_interval(
    share: FloatArray, at_risk: IntArray, n_happened: IntArray
) -> tuple[FloatArray, FloatArray]:
    left = at_risk - n_happened
    inside = (share > 0) & (share < 1)
    terms = n_happened / np.where(left > 0, at_risk * left, 1)
    logs = np.log(np.where(inside, share, 0.5))
    width = norm.ppf((1 + LEVEL) / 2) * np.sqrt(np.cumsum(terms)) / np.abs(logs)
    low, high = (np.exp(logs * np.exp(sign * width)) for sign in (1, -1))
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def find_share_interval(n_hits: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Parameters
    ----------
    n_hits : int
        Hits, in [0, n].
    n : int
        Trials, at least 0.

    Returns
    -------
    low, high : float
        Fractions in [0, 1]; NaN if n = 0.

    Raises
    ------
    DataError
        If ``n_hits`` lies outside [0, n].

    References
    ----------
    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference,
    JASA 22.

    Examples
    --------
    >>> [round(end, 3) for end in find_share_interval(8, 10)]
    [0.49, 0.943]
    """
    if not 0 <= n_hits <= n:
        raise DataError(
            f"The 'n_hits' of find_share_interval must be in [0, n]; received {n_hits} of {n}."
        )
    if n == 0:
        return float("nan"), float("nan")
    z = float(norm.ppf((1 + LEVEL) / 2))
    share, extra = n_hits / n, z**2 / n
    middle = (share + extra / 2) / (1 + extra)
    reach = z / (1 + extra) * np.sqrt(share * (1 - share) / n + extra / (4 * n))
    return float(max(0.0, middle - reach)), float(min(1.0, middle + reach))
