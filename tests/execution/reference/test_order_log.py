"""Classes for backtrader that look ahead are caught at their orders, and honest ones are not."""

import importlib

import numpy as np
import pytest

from kanalo.errors import ParameterError
from kanalo.execution.reference.order_log import OrderLog, certify_backtrader
from kanalo.market.synthetic import random_walk_market

classes = importlib.import_module("tests.checks.functions.for_backtrader")

CHEATS = ["NextClose", "GuardedNextClose", "WholeMean", "LaterStop"]
HONEST = ["AboveMean", "LeavesAtTheEnd", "SeededCoin", "CachedThreshold"]


@pytest.fixture(scope="module")
def market():
    return random_walk_market(400, 5, "1d")


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_at_its_orders(name, market):
    certificate = certify_backtrader(getattr(classes, name), market, cuts=16)
    assert certificate.verdict == "leaks", certificate
    assert {each.field for each in certificate.offences} <= {"orders", "order"}
    assert certificate.faults[0].startswith("'order")
    assert certificate.name == name


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_class_is_not_accused(name, market):
    certificate = certify_backtrader(getattr(classes, name), market, cuts=16)
    assert certificate.verdict == "clean", certificate.faults
    assert certificate.n_decisions > 0


def test_leaving_at_the_last_bar_is_a_note(market):
    certificate = certify_backtrader(classes.LeavesAtTheEnd, market, cuts=16)
    assert certificate.note.startswith("depends on how many bars there are")


def test_orders_are_listed_with_bar_side_size_kind_and_price(market):
    columns = OrderLog(classes.LaterStop).compute(market)
    assert columns["orders"].bars[0] == 0
    low = market.bars["low"].to_numpy()[:5].min()
    target = 1.1 * market.close[0]
    assert columns["order"].values[0] == (
        f"buy 1 Limit at {market.close[0]:.9g} and sell 1 Stop at {0.99 * low:.9g} and "
        f"sell 1 Limit at {target:.9g}"
    )


def test_parameters_reach_the_class(market):
    slow = OrderLog(classes.AboveMean, {"period": 90}).compute(market)["orders"].bars
    assert slow[0] >= 89
    assert not np.array_equal(slow, OrderLog(classes.AboveMean).compute(market)["orders"].bars)


def test_a_class_that_fails_is_named_with_file_and_line(market):
    certificate = certify_backtrader(classes._Turns, market, cuts=4)
    assert certificate.verdict == "failed"
    assert "NotImplementedError() (for_backtrader.py, line " in certificate.faults[0]


def test_other_things_are_refused(market):
    with pytest.raises(ParameterError, match="a class written for backtrader"):
        certify_backtrader(3, market)
