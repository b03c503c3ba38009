"""The yardstick of a run: entering at random as often, for as long and on the same sides."""

from __future__ import annotations

import pandas as pd

from kanalo.periods import HOURS_PER_YEAR
from kanalo.result import Result

RANDOM_ENTRY = "random_entry"
"""The strategy that serves as the yardstick; see ``strategies/random_entry.py``."""

_NOT_MATCHED = ("buy_and_hold", RANDOM_ENTRY)


def is_yardstick(result: Result) -> bool:
    """Tell a yardstick, which nobody claims to earn anything, from a rule that is on trial."""
    return result.strategy in _NOT_MATCHED


def match_random_entry(result: Result) -> dict[str, float] | None:
    """Find the parameters with which `random_entry` trades like a run.

    Parameters
    ----------
    result : Result
        The run to match.

    Returns
    -------
    dict or None
        ``trades`` (closed round trips a year), ``hold`` (their mean length in hours) and ``longs``
        (the share of longs); None for a yardstick, or a run that closed no trade.

    Notes
    -----
    What is matched are expectations: chance decides how many trades there really are.
    """
    closed = result.closed_trades
    if is_yardstick(result) or closed.empty:
        return None
    hour = pd.Timedelta(hours=1)
    length = result.market.length
    span = (result.market.closes_at[-1] - result.market.index[0]) / hour
    hold = float(closed["bars_held"].mean()) * (length / hour)
    return {
        "trades": _within(len(closed) * HOURS_PER_YEAR / span, 0.1, 5_000.0),
        "hold": _within(hold, 0.01, HOURS_PER_YEAR),
        "longs": float((closed["side"] > 0).mean()),
    }


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
