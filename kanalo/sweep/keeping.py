"""Which sets of a large sweep keep their daily returns: an even sample, and the best ones.

The probability of backtest overfitting, the effective number of trials and `kanalo verify` read an
even sample of a sweep; figures show the best set and the sets one step away. Statistics are kept of
all sets. `ALL` keeps the daily returns of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kanalo.analyzers.statistics import STATISTICS
from kanalo.arguments import show
from kanalo.errors import ParameterError
from kanalo.sweep.plateau import find_steps_away, has_steps, to_places
from kanalo.sweep.result import rank
from kanalo.typing import IntArray

if TYPE_CHECKING:
    from kanalo.sweep.result import SweepResult

SOME, ALL = "some", "all"
CHOICES = (SOME, ALL)

MOST_KEPT = 2_000
"""Sets of which all are kept in any case; of more, a sample and the best."""

SAMPLE = 1_000
"""Sets of the even sample: as many as the probability of overfitting reads."""

BEST = 10
"""Sets with the best value of each statistic of which more, or less, is better."""

MOST_NEAR = 8
"""Sets one step away from the best of each statistic."""


def check_choice(function: str, keep_returns: str) -> None:
    """Refuse what is neither `SOME` nor `ALL`.

    Parameters
    ----------
    function : str
        Name of the function that received it, for the message.
    keep_returns : str
        What it received.

    Raises
    ------
    ParameterError
        Naming both.
    """
    if keep_returns not in CHOICES:
        raise ParameterError(
            f"{function}(): 'keep_returns' must be '{SOME}' or '{ALL}'; received "
            f"{show(keep_returns)}."
        )


def sample_rows(n_sets: int, keep_returns: str = SOME) -> IntArray | None:
    """Return the sets whose daily returns are kept while a sweep runs.

    Parameters
    ----------
    n_sets : int
        Sets of the sweep.
    keep_returns : str
        `SOME` or `ALL`.

    Returns
    -------
    int array of shape (1_000,) or None
        Rows in rising order; None for all.

    Examples
    --------
    >>> sample_rows(2_000) is None
    True
    >>> sample_rows(10_000)[:3].tolist()
    [0, 10, 20]
    """
    if keep_returns == ALL or n_sets <= MOST_KEPT:
        return None
    return np.linspace(0, n_sets - 1, SAMPLE).round().astype(np.int64)


def find_best_rows(result: SweepResult) -> IntArray:
    """Return the sets that are best in any statistic, and those one step away from the very best.

    Parameters
    ----------
    result : SweepResult
        All sets; its daily returns are not read.

    Returns
    -------
    int array of shape (n_best,)
        Rows in rising order, each once.
    """
    places = to_places(result) if has_steps(result.grid) else None
    rows: set[int] = set()
    for each in STATISTICS:
        if each.better:
            order = rank(result.table, each.key)
            rows.update(order[:BEST].tolist())
            rows.update(find_steps_away(result, order, places)[:MOST_NEAR].tolist())
    return np.array(sorted(rows), dtype=np.int64)


def count_kept(n_sets: int, keep_returns: str = SOME) -> int:
    """Return how many sets keep their daily returns, at most.

    Parameters
    ----------
    n_sets : int
        Sets of the sweep.
    keep_returns : str
        `SOME` or `ALL`.

    Returns
    -------
    int
        At most ``n_sets``.

    Examples
    --------
    >>> count_kept(2_000), count_kept(99_500, "all")
    (2000, 99500)
    """
    if sample_rows(n_sets, keep_returns) is None:
        return n_sets
    ranked = sum(bool(each.better) for each in STATISTICS)
    return min(n_sets, SAMPLE + ranked * (BEST + MOST_NEAR))
