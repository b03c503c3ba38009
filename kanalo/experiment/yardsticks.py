"""Who is a yardstick, and the random entries that match a run.

A yardstick is what nobody claims to earn anything: holding, and entering at random. What a run DID
tells which it is, so a rule is a yardstick whatever it is called and wherever it was written, and a
rule that only bears the name of one is judged.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.execution.result import Result
from kanalo.experiment.random_entry import RandomEntry
from kanalo.periods import HOURS_PER_YEAR
from kanalo.strategy import Decisions

HOLDING, RANDOM, RULE = "holding", "random", "rule"
"""Roles of a run in a comparison."""

LEAST_HOLDING = 0.1
"""Least part of the cash that a purchase takes to count as holding: of a smaller one the account's
curve shows the cash, not the coin."""

RANDOM_ENTRY = "random_entry"
"""What results of `RandomEntry` are called."""

_RANDOM_PARAMETERS = {each.name for each in RandomEntry.declared()}


def find_role(result: Result) -> str:
    """Tell a yardstick from a rule that is on trial.

    Returns
    -------
    str
        ``"holding"``: its only trade is a purchase at the first bar, for at least a tenth of
        the cash, that is never sold.
        ``"random"``: it has the parameters of `RandomEntry` and decided what that decides with
        them. ``"rule"``: anything else.
    """
    if _is_holding(result):
        return HOLDING
    return RANDOM if _is_random(result) else RULE


def is_yardstick(result: Result) -> bool:
    """Tell whether a run is a yardstick; see `find_role`."""
    return find_role(result) != RULE


def _is_holding(result: Result) -> bool:
    """Tell whether the coin was bought at the first open after a close, and kept."""
    if len(result.trades) != 1:
        return False
    trade = result.trades.iloc[0]
    spent = trade["entry_price"] * trade["quantity"]
    kept = trade["side"] > 0 and trade["entry_bar"] <= 1 and trade["exit_bar"] < 0
    return bool(kept and spent >= LEAST_HOLDING * result.cash)


def _is_random(result: Result) -> bool:
    decisions = result.decisions
    if decisions is None or set(result.parameters) != _RANDOM_PARAMETERS:
        return False
    drawn = RandomEntry(**result.parameters).decide(result.market)
    return _are_same_entries(decisions, drawn)


def _are_same_entries(decisions: Decisions, drawn: Decisions) -> bool:
    if decisions.is_extended:  # random entries have neither orders nor second targets
        return False
    names = ("entries", "side", "max_bars", "stop", "target", "exit_long", "exit_short")
    pairs = ((getattr(decisions, name), getattr(drawn, name)) for name in names)
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def match_random_entry(result: Result) -> RandomEntry | None:
    """Find the `RandomEntry` that trades like a run.

    Parameters
    ----------
    result : Result
        The run to match.

    Returns
    -------
    RandomEntry or None
        With ``trades`` (closed round trips a year), ``hold`` (their mean length in hours) and
        ``longs`` (the share of longs); None for a yardstick, or a run that closed no trade.

    Notes
    -----
    What is matched are expectations: chance decides how many trades there really are.
    """
    closed = result.closed_trades
    if closed.empty or is_yardstick(result):
        return None
    hour = pd.Timedelta(hours=1)
    length = result.market.length
    span = (result.market.closes_at[-1] - result.market.index[0]) / hour
    hold = float(closed["bars_held"].mean()) * (length / hour)
    return RandomEntry(
        trades=_within(len(closed) * HOURS_PER_YEAR / span, 0.1, 5_000.0),
        hold=_within(hold, 0.01, HOURS_PER_YEAR),
        longs=float((closed["side"] > 0).mean()),
    )


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
