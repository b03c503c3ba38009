"""Blocks of the stationary bootstrap: how long they are, and which days they draw.

References
----------
Politis, D. N. and Romano, J. P. (1994), The Stationary Bootstrap, JASA 89.
Politis, D. N. and White, H. (2004), Automatic Block-Length Selection for the Dependent Bootstrap;
Patton, A., Politis, D. N. and White, H. (2009), Correction, Econometric Reviews 23 and 28.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kanalo.errors import ParameterError
from kanalo.judgement._matrix import Returns, find_flat, to_matrix
from kanalo.typing import FloatArray

_FEW_DAYS = 30  # below, autocorrelations say nothing


def draw_days(
    rng: np.random.Generator, n_resamples: int, n_days: int, block_length: float
) -> npt.NDArray[np.int64]:
    """Draw the days of stationary-bootstrap resamples.

    Each day follows the one before it, the first following the last, or with probability
    ``1 / block_length`` is a new day drawn at random.

    Parameters
    ----------
    rng : numpy Generator
        Draws the blocks.
    n_resamples : int
        Number of resamples.
    n_days : int
        Days of the history.
    block_length : float
        Mean length of a block in days, at least 1.

    Returns
    -------
    int64 array of shape (n_resamples, n_days)
        Row numbers in [0, n_days).
    """
    at = np.arange(n_days)
    restarts = rng.random((n_resamples, n_days)) < 1 / block_length
    restarts[:, 0] = True
    starts = rng.integers(0, n_days, (n_resamples, n_days))
    begun = np.maximum.accumulate(np.where(restarts, at, 0), axis=1)
    days = np.take_along_axis(starts, begun, axis=1) + (at - begun)
    return np.asarray(np.where(days >= n_days, days - n_days, days))


def find_block_length(returns: Returns) -> float:
    """Choose the mean length of the blocks from the data.

    Politis and White's automatic choice for the stationary bootstrap (by ``arch``) for each series
    that varies, at most √n_days; the MEDIAN counts for all, because pairs need common blocks.

    Parameters
    ----------
    returns : DataFrame or array of shape (n_days, n_series)
        Daily returns.

    Returns
    -------
    float
        Days, in [1, √n_days]; the cube root of ``n_days`` below 30 days, where autocorrelations
        say nothing; 1 where no series varies.

    Notes
    -----
    Neither the longest choice nor arch's own bound of 3 √n_days would be the cautious one. The
    estimate explodes for a series whose autocorrelations nearly cancel, as those of a rule with a
    few dozen trades may; and with few long blocks intervals come out too NARROW: of 2,300 days of
    independent returns, a nominal 90 % covered 88 % of the time with blocks of 1 to 40 days, 85 %
    with 135; for a rule in the market a tenth of the time 87 % with 1 day, 83 % with 40.
    """
    values = to_matrix(returns)
    if len(values) < _FEW_DAYS:
        return float(max(1.0, np.cbrt(len(values))))
    moving = values[:, ~find_flat(values)]
    if not moving.shape[1]:
        return 1.0
    from arch.bootstrap import optimal_block_length  # imports statsmodels: a second or two

    # A spike alone on its day has no lagged products at all, which arch divides by.
    with np.errstate(invalid="ignore", divide="ignore"):
        lengths = optimal_block_length(moving)["stationary"].to_numpy()
    known = lengths[np.isfinite(lengths)].clip(1.0, np.sqrt(len(values)))
    return float(np.median(known)) if len(known) else 1.0


def check_block_length(block_length: float | None, values: FloatArray) -> float:
    """Return the given block length, or the data's own where none is given.

    Parameters
    ----------
    block_length : float or None
        Mean length in days, at least 1.
    values : float64 array of shape (n_days, n_series)
        Returns that the length is read from where none is given.

    Returns
    -------
    float
        In days.

    Raises
    ------
    ParameterError
        If it is not at least one day.
    """
    if block_length is None:
        return find_block_length(values)
    if not block_length >= 1:
        raise ParameterError(
            f"The 'block_length' of a bootstrap must be at least 1 day; received {block_length!r}."
        )
    return float(block_length)
