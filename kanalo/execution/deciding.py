"""Ask a strategy for its decisions, and refuse what no engine could run."""

from __future__ import annotations

from kanalo.errors import StrategyError
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy


def decide(strategy: Strategy, market: Market) -> Decisions:
    """Let a strategy decide on every bar of a market, its warm-up included.

    Raises
    ------
    StrategyError
        If ``decide`` does not return `Decisions` for the bars of the market.
    """
    decisions = strategy.decide(market)
    name = type(strategy).__name__
    if not isinstance(decisions, Decisions):
        raise StrategyError(
            f"{name}.decide() must return Decisions; received {type(decisions).__name__}."
        )
    if decisions.n_bars != len(market):
        raise StrategyError(
            f"{name}.decide() decided on {decisions.n_bars} bars; the market has {len(market)}."
        )
    return decisions
