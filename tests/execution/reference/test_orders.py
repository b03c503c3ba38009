"""What an order of backtrader's is to the fill rules."""

import math
from types import SimpleNamespace

import pytest
from backtrader.order import Order

from kanalo.execution.records import Reason
from kanalo.execution.reference.orders import find_reason, find_tighter, lay_out


def make_order(kind, *, parent=None, **info):
    return SimpleNamespace(exectype=kind, parent=parent, info=info)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (make_order(Order.Market, reason=Reason.EXIT), Reason.EXIT),
        (make_order(Order.Market), Reason.ORDER),
        (make_order(Order.Limit, parent="entry"), Reason.TARGET),
        (make_order(Order.Stop, parent="entry"), Reason.STOP),
    ],
)
def test_an_order_says_why_it_was_placed_or_its_place_in_the_bracket_does(order, reason):
    assert find_reason(order) is reason


@pytest.mark.parametrize(
    ("level", "other", "side", "tighter"),
    [(9, 8, 1, 9), (8, 9, 1, 9), (9, 8, -1, 8), (math.nan, 8, -1, 8), (9, math.nan, 1, 9)],
)
def test_the_tighter_stop_is_nearer_to_the_price(level, other, side, tighter):
    assert find_tighter(level, other, side) == tighter


def test_laying_out_keeps_what_the_order_has_already():
    names = ("data", "exectype", "parent", "valid", "owner", "tradeid")
    order = SimpleNamespace(exectype=Order.Market, params=SimpleNamespace(**dict.fromkeys(names)))
    lay_out(order)
    assert (order.exectype, order.data) == (Order.Market, None)
    assert set(names) <= set(vars(order))
