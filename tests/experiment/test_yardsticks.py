"""What a run did tells whether it is a yardstick; what it is called does not."""

from dataclasses import dataclass, replace

import backtrader as bt
import numpy as np
import pytest

from kanalo import run
from kanalo.experiment.random_entry import RandomEntry
from kanalo.experiment.yardsticks import (
    HOLDING,
    RANDOM,
    RULE,
    find_role,
    is_yardstick,
    match_random_entry,
)
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class BuyAndHold(Strategy):
    """Bear the name of the holding and trade all the same."""

    days: int = param(5, low=1, high=50)

    def decide(self, market):
        bars = np.arange(len(market)) % 20
        return Decisions.from_arrays(len(market), long=bars == 0, exit_long=bars == 7)


@dataclass(frozen=True)
class Patience(Strategy):
    """Buy at the first bar that is traded, and never sell."""

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=np.arange(len(market)) == market.first)


@dataclass(frozen=True)
class Late(Strategy):
    """Buy at the fifth bar, and never sell."""

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=np.arange(len(market)) == 5)


@dataclass(frozen=True)
class Twentieth(Strategy):
    """Buy for a twentieth of the cash at the first bar, and never sell."""

    def decide(self, market):
        first = np.arange(len(market)) == market.first
        return Decisions.from_arrays(len(market), long=first, size=0.05)


class Keeper(bt.Strategy):
    """The holding, written for backtrader."""

    def next(self):
        if not self.position:
            self.buy(size=0.99 * self.broker.getcash() / self.data.close[0])


@pytest.fixture(scope="module")
def market():
    return random_walk_market(600, 3, "1d")


@pytest.mark.parametrize(
    ("strategy", "role"),
    [
        (BuyAndHold(), RULE),
        (Twentieth(), RULE),
        (Patience(), HOLDING),
        (Keeper, HOLDING),
        (Late(), RULE),
        (RandomEntry(trades=30, hold=48, seed=4), RANDOM),
    ],
    ids=["only the name", "a twentieth", "holding", "holding by hand", "later", "random"],
)
def test_the_role_is_that_of_what_was_done(market, strategy, role):
    result = run(strategy, market)
    assert find_role(result) == role
    assert is_yardstick(result) == (role != RULE)
    assert find_role(replace(result, strategy="something_else")) == role


def test_the_role_does_not_depend_on_the_window(market):
    later = market.between(market.index[200])
    assert find_role(run(Patience(), later)) == HOLDING
    assert find_role(run(RandomEntry(trades=30, hold=48), later)) == RANDOM


def test_parameters_of_the_yardstick_alone_do_not_make_one(market):
    drawn = RandomEntry(trades=30, hold=48)
    result = replace(run(BuyAndHold(), market), parameters=drawn.parameters)
    assert find_role(result) == RULE


def test_random_entries_match_how_often_how_long_and_which_side(market):
    matched = match_random_entry(run(BuyAndHold(), market))
    assert matched.longs == 1
    assert matched.hold == pytest.approx(7 * 24)
    assert matched.trades == pytest.approx(30 / 600 * 365, rel=0.02)


def test_a_yardstick_and_a_run_without_a_trade_are_not_matched(market):
    assert match_random_entry(run(Patience(), market)) is None
    assert match_random_entry(run(RandomEntry(), market)) is None
