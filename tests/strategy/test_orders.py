"""What entry orders and second targets are refused for, with the bar and the field."""

import pickle

import numpy as np
import pytest

from kanalo.errors import DecisionError
from kanalo.strategy import Decisions, OrderType

N = 4


def line(price, bar=1):
    values = np.full(N, np.nan)
    values[bar] = price
    return values


def test_a_price_places_an_order_and_nan_places_none():
    d = Decisions.from_arrays(N, long_stop=[np.nan, 105, np.nan, 106], short_limit=line(110))
    assert d.entries.tolist() == [1, 1, 3]
    assert d.side.tolist() == [1, -1, 1]
    assert [OrderType(kind).label for kind in d.order] == ["stop", "limit", "stop"]
    assert d.price.tolist() == [105, 110, 106]
    assert d.valid.tolist() == [1, 1, 1]
    assert d.is_extended


def test_decisions_without_orders_are_as_they_were():
    d = Decisions.from_arrays(N, long=np.arange(N) == 1, long_stop=np.full(N, np.nan), share=0.5)
    assert not d.is_extended
    assert d.order.tolist() == [0]
    assert not d.order.flags.writeable
    assert pickle.loads(pickle.dumps(d)).price.tolist() == pytest.approx([np.nan], nan_ok=True)


def test_each_side_of_a_bar_has_its_own_stop():
    stop = np.column_stack([np.full(N, 98.0), np.full(N, 102.0)])
    d = Decisions.from_arrays(N, long_stop=line(101), short_stop=line(99), stop=stop)
    assert d.stop.tolist() == [98, 102]


def test_what_was_decided_before_a_window_is_dropped():
    d = Decisions.from_arrays(N, long_stop=[101.0, np.nan, np.nan, 102], valid=0).since(1)
    assert (d.entries.tolist(), d.price.tolist(), d.valid.tolist()) == ([2], [102], [0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"long_stop": line(-1)}, "'long_stop' at bar 1 must be a positive price, or NaN for none"),
        ({"long_limit": line(np.inf)}, "'long_limit' at bar 1 must be a positive price"),
        ({"long_stop": [1.0, 2.0]}, "'long_stop' must have one price for each of 4 bars"),
        ({"long_stop": "x"}, "'long_stop' must hold numbers; received 'x'"),
        ({"long_stop": line(100), "stop": 100}, "'price' decided at bar 1 must be beyond the stop"),
        (
            {"long_stop": line(100), "target": 99},
            "'price' decided at bar 1 must be beyond the stop",
        ),
        ({"short_limit": line(100), "stop": 99}, "'price' decided at bar 1 must be beyond the"),
        ({"long_stop": line(100), "long_limit": line(90)}, "Bar 1 decides on two orders of one"),
        (
            {"long": np.arange(N) == 1, "long_stop": line(100)},
            "Bar 1 decides on a market entry and another entry at once",
        ),
        (
            {"long": np.arange(N) == 1, "short_stop": line(100)},
            "Bar 1 decides on a market entry and another entry at once",
        ),
        ({"long_stop": line(100), "valid": -1}, "'valid' decided at bar 1 must be 0 or more"),
        ({"long_stop": line(100), "share": 1.0}, r"'share' decided at bar 1 must be in \(0, 1\)"),
        ({"long_stop": line(100), "target_2": 120}, "'target_2' decided at bar 1 must be NaN with"),
        (
            {"long_stop": line(100), "target": 120, "target_2": 110},
            "'target_2' decided at bar 1 must be beyond the target; received 110.0",
        ),
    ],
)
def test_orders_that_contradict_themselves_are_refused(given, message):
    with pytest.raises(DecisionError, match=message):
        Decisions.from_arrays(N, **given)


def test_orders_in_words_are_known_by_their_names():
    side = np.array([1], dtype=np.int8)
    d = Decisions(N, np.array([1]), side, order=["stop"], price=np.array([100.0]))
    assert d.order.tolist() == [OrderType.STOP]
    with pytest.raises(DecisionError, match="received 'stopp'. Did you mean 'stop'?"):
        Decisions(N, np.array([1]), side, order=["stopp"], price=np.array([100.0]))


def test_a_market_entry_has_no_price_and_an_order_has_one():
    side, price = np.array([1], dtype=np.int8), np.array([100.0])
    with pytest.raises(DecisionError, match="'price' decided at bar 1 must be NaN for a market"):
        Decisions(N, np.array([1]), side, price=price)
    with pytest.raises(DecisionError, match="must be a positive price for a stop or limit order"):
        Decisions(N, np.array([1]), side, order=["limit"])


def test_the_long_order_of_a_bar_comes_first():
    side, order = np.array([-1, 1], dtype=np.int8), ["stop", "stop"]
    with pytest.raises(DecisionError, match="bar 1 must hold the long order before the short"):
        Decisions(N, np.array([1, 1]), side, order=order, price=np.array([99.0, 101.0]))
