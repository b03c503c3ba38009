"""Decisions are held to their market in one place, for every road that asks a rule."""

from dataclasses import dataclass

import pytest

import kanalo
from kanalo.checks.histories import decide as decide_for_checks
from kanalo.errors import CheckError, DecisionError, StrategyError
from kanalo.execution.deciding import decide
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.strategy.validation import check_decisions


@dataclass(frozen=True)
class Wrong(Strategy):
    """Return what no engine could run."""

    kind: str = param("stop")

    def decide(self, market):
        if self.kind == "nothing":
            return None
        if self.kind == "bars":
            return Decisions.from_arrays(len(market) + 1)
        return Decisions.from_arrays(len(market), long=market.close > 0, stop=1.1 * market.close)


CASES = [
    ("nothing", StrategyError, r"must return Decisions; received NoneType"),
    ("bars", StrategyError, r"decided on 41 bars; the market has 40"),
    ("stop", DecisionError, r"'stop' decided at bar 0 is above the close of a long"),
]


@pytest.mark.parametrize(("kind", "error", "message"), CASES)
def test_every_road_refuses_the_same(kind, error, message):
    rule, market = Wrong(kind), random_walk_market(40, 1, "1h")
    with pytest.raises(error, match=message):
        check_decisions(rule.decide(market), market, "Wrong")
    with pytest.raises(error, match=message):
        decide(rule, market)
    with pytest.raises(CheckError, match=message):
        decide_for_checks(rule, market)
    with pytest.raises(error, match=message):
        kanalo.run(rule, market)


@pytest.mark.parametrize(("kind", "error", "message"), CASES)
def test_a_cerebro_refuses_the_same(kind, error, message):
    import backtrader as bt

    from kanalo.execution.reference.feed import MarketFeed

    market = random_walk_market(40, 1, "1h")
    cerebro = bt.Cerebro()
    cerebro.adddata(MarketFeed(market=market))
    cerebro.addstrategy(kanalo.to_backtrader(Wrong, market), kind=kind)
    with pytest.raises(error, match=message):
        cerebro.run()
