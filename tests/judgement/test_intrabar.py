"""Intrabar bounds: the order of three readings, what is ambiguous, and what depends on it."""

import json

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement.intrabar import IntrabarBounds, bound_intrabar, rank_intrabar
from kanalo.market import Market
from kanalo.strategy import Decisions

FREE = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)
BARS = [
    (100, 100, 100, 100),
    (100, 112, 92, 100),  # touches the stop of 95 and the target of 110
    (100, 100, 100, 100),
    (100, 112, 92, 100),  # again
    (100, 100, 100, 100),
]
FINER = [(100, 101, 99, 100), (100, 112, 100, 104), (104, 105, 92, 100), (100, 101, 99, 100)]


def to_frame(rows, start, freq):
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
    index = pd.date_range(start, periods=len(rows), freq=freq, tz="UTC")
    return frame.assign(volume=1.0).set_index(index)


def make_market(finer=None):
    return Market.from_bars(to_frame(BARS, "2021-01-01", "4h"), finer=finer)


@pytest.fixture
def decisions():
    long = np.array([1, 0, 1, 0, 0], dtype=bool)
    return Decisions.from_arrays(5, long=long, stop=95.0, target=110.0)


@pytest.fixture
def finer():
    # only the first ambiguous bar is covered; its target came first
    return Market.from_bars(to_frame(FINER, "2021-01-01 04:00", "h"))


def test_both_readings_are_the_bounds_of_the_result(decisions):
    found = bound_intrabar(make_market(), decisions, costs=FREE)
    assert found.bounds("total_return") == pytest.approx((0.95**2 - 1, 1.1**2 - 1))
    assert (found.ambiguous, found.resolved, found.undecided, found.n_trades) == (2, 0, 2, 2)
    assert found.share == found.undecided_share == 1.0
    assert found.sign_changes
    assert set(found.statistics) == {"stop", "target"}


def test_finer_bars_decide_what_they_cover(decisions, finer):
    found = bound_intrabar(make_market(finer), decisions, costs=FREE)
    assert found.statistics["resolve"]["total_return"] == pytest.approx(1.1 * 0.95 - 1)
    assert (found.ambiguous, found.resolved, found.undecided) == (2, 1, 1)
    assert found.undecided_share == 0.5


def test_the_reading_of_the_run_does_not_matter(decisions):
    readings = (Execution(both_touched=rule) for rule in ("stop", "target"))
    one, other = (bound_intrabar(make_market(), decisions, execution=each) for each in readings)
    assert str(one.to_dict()) == str(other.to_dict())


def test_an_unambiguous_result_has_no_room_between_its_bounds(make_walk):
    market = make_walk(1, 500)
    long = np.arange(500) % 20 == 0
    found = bound_intrabar(market, Decisions.from_arrays(500, long=long, max_bars=5))
    low, high = found.bounds("sharpe_ratio")
    assert low == high
    assert found.share == 0
    assert not found.sign_changes


def test_without_a_trade_there_is_no_share():
    found = bound_intrabar(make_market(), Decisions.from_arrays(5))
    assert np.isnan(found.share)
    assert np.isnan(found.undecided_share)


@pytest.mark.parametrize("seed", range(5))
def test_resolved_results_lie_between_the_bounds(make_walk, seed):
    hours = make_walk(seed, 2400)
    whole = hours.bars.resample("4h").agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    market = Market.from_bars(whole, finer=hours)
    draw = np.random.default_rng(seed).random(len(market))
    side = np.where(draw < 0.2, 1, -1)
    decisions = Decisions.from_arrays(
        len(market),
        long=draw < 0.2,
        short=draw > 0.8,
        stop=market.close * (1 - 0.01 * side),
        target=market.close * (1 + 0.01 * side),
    )
    found = bound_intrabar(market, decisions)
    low, high = found.bounds("total_return")
    assert found.ambiguous > found.resolved > 0
    assert low < found.statistics["resolve"]["total_return"] < high


def make_bounds(stop, target):
    statistics = {
        rule: {"total_return": value, "sharpe_ratio": value}
        for rule, value in (("stop", stop), ("target", target))
    }
    return IntrabarBounds(statistics, ambiguous=1, resolved=0, n_trades=10)


def test_a_rule_whose_sign_hangs_on_it_is_red_and_one_whose_rank_does_is_amber():
    bounds = {
        "sure": make_bounds(3.0, 3.0),
        "moving": make_bounds(0.5, 2.0),
        "steady": make_bounds(1.0, 1.0),
        "turning": make_bounds(-1.0, 0.1),
    }
    found = rank_intrabar(bounds)
    assert found.orders["stop"] == ("sure", "steady", "moving", "turning")
    assert found.orders["target"] == ("sure", "moving", "steady", "turning")
    assert [found.light(name) for name in bounds] == ["green", "amber", "amber", "red"]


def test_rules_without_a_figure_are_left_out_of_the_order():
    found = rank_intrabar({"flat": make_bounds(np.nan, np.nan), "other": make_bounds(1.0, 1.0)})
    assert found.orders["stop"] == ("other",)
    assert found.light("flat") == "green"


def test_bounds_and_ranking_become_json(decisions):
    found = bound_intrabar(make_market(), decisions)
    assert json.loads(json.dumps(found.to_dict()))["sign_changes"] is True
    assert json.loads(json.dumps(rank_intrabar({"a": found}).to_dict()))["sign_changes"] == ["a"]
    assert list(found.to_frame()) == ["stop", "target"]
