"""The histogram of trade returns: round edges, zero always among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MOST_BINS = 24
"""More columns than that a narrow figure cannot show."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def to_histogram(returns: npt.ArrayLike) -> dict[str, Any]:
    """Count returns in columns of one round width.

    Parameters
    ----------
    returns : array_like of shape (n_trades,)
        Returns of closed trades as fractions; NaN are left out.

    Returns
    -------
    dict
        ``edges`` (ascending, n + 1 of them, 0 among them) and ``counts`` (n); both empty without a
        return. A return on an edge counts in the column above it, the highest edge in the last.

    Examples
    --------
    >>> to_histogram([-0.01, 0.02, 0.03])
    {'edges': [-0.01, 0.0, 0.01, 0.02, 0.03], 'counts': [1, 0, 0, 2]}
    """
    values = np.asarray(returns, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return {"edges": [], "counts": []}
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    step = _choose_step(low, high, len(values))
    first, last = int(np.floor(low / step)), int(np.ceil(high / step))
    edges = np.arange(first, max(last, first + 1) + 1) * step
    columns = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(columns, minlength=len(edges) - 1)
    return {"edges": [round(float(each), 10) for each in edges], "counts": counts.tolist()}


def _choose_step(low: float, high: float, n_values: int) -> float:
    """Choose a round width: about the root of the number of values, `MOST_BINS` at most."""
    wanted = max(high - low, 1e-6) / min(MOST_BINS - 2, max(4, 2 * int(np.sqrt(n_values))))
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(each * power for each in _STEPS if each * power >= wanted))
