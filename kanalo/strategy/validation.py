"""The one place that holds what a rule returned to the market that it decided on."""

from __future__ import annotations

from typing import Any

from kanalo.errors import DecisionError, StrategyError
from kanalo.market import Market
from kanalo.strategy.decisions import Decisions
from kanalo.text import count


def check_decisions(decisions: Any, market: Market, name: str) -> Decisions:
    """Refuse what is not decisions on every bar of a market.

    Parameters
    ----------
    decisions : object
        What ``decide`` returned.
    market : Market
        What it was given.
    name : str
        Name of the rule's class, for the message.

    Returns
    -------
    Decisions
        The same object.

    Raises
    ------
    StrategyError
        If it is not `Decisions`, or those of another number of bars.
    DecisionError
        If a stop or a target is on the wrong side of the close at which it was decided.
    """
    if not isinstance(decisions, Decisions):
        raise StrategyError(
            f"{name}.decide() must return Decisions; received {type(decisions).__name__}."
        )
    if decisions.n_bars != len(market):
        raise StrategyError(
            f"{name}.decide() decided on {count(decisions.n_bars, 'bar')}; the market has "
            f"{len(market)}."
        )
    try:
        decisions.check_levels(market.close)
    except DecisionError as error:
        raise DecisionError(f"{name}.decide(): {error}") from error
    return decisions
