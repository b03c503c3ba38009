"""Sizes aim at a volatility by what was known, and the rule stays the rule it is."""

import importlib
import pickle

import numpy as np
import pytest

from kanalo import run, run_sweep
from kanalo.checks import certify
from kanalo.checks.parcel import pack, unpack
from kanalo.errors import ParameterError
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy.digest import digest_source, to_name
from kanalo.strategy.target_vol import (
    LARGEST,
    create,
    find_rule,
    realised_volatility,
    to_targeted,
    widen,
)

SmaCross = importlib.import_module("strategies.sma_cross").SmaCross


@pytest.fixture(scope="module")
def market():
    return random_walk_market(700, 4, "1d", volatility=0.04)


def test_volatility_is_that_of_the_last_thirty_returns(market):
    known = realised_volatility(market)
    steps = np.diff(np.log(market.close))
    assert np.isnan(known[:30]).all()
    assert known[200] == pytest.approx(steps[170:200].std(ddof=1) * np.sqrt(365))


def test_each_size_is_the_rules_own_times_target_over_volatility(market):
    plain, sized = (create(SmaCross, each).decide(market) for each in ({}, {"target_vol": 0.4}))
    known = realised_volatility(market)[plain.entries]
    assert np.array_equal(sized.entries, plain.entries)
    assert sized.size == pytest.approx(plain.size * np.minimum(0.4 / known, LARGEST))
    assert len(sized.size) > 5


def test_the_future_does_not_move_a_size(market):
    rule = create(SmaCross, {"target_vol": 0.4})
    certificate = certify(rule, market, cuts=8)
    assert certificate.verdict == "clean", certificate.faults
    assert certificate.name == "sma_cross"


def test_it_is_the_same_rule_with_one_parameter_more(market):
    cls = to_targeted(SmaCross)
    assert (to_name(cls), digest_source(cls)) == ("sma_cross", digest_source(SmaCross))
    assert find_rule(cls) is SmaCross
    assert find_rule(SmaCross) is SmaCross
    assert widen(SmaCross, ["fast"]) is SmaCross
    rule = create(SmaCross, {"target_vol": 0.4, "fast": 10})
    assert rule.parameters == {**SmaCross(fast=10).parameters, "target_vol": 0.4}


def test_it_travels_by_the_source_of_the_rule():
    rule = create(SmaCross, {"target_vol": 0.4})
    parcel = pack(rule)
    assert parcel.module == "strategies.sma_cross"
    for other in (pickle.loads(pickle.dumps(rule)), unpack(parcel)):
        assert (type(other), other.parameters) == (type(rule), rule.parameters)


def test_bounds_are_kept():
    with pytest.raises(ParameterError, match="target_vol"):
        create(SmaCross, {"target_vol": 9.0})


def test_runs_and_sweeps_take_it(market):
    plain = run("sma_cross", market)
    sized = run("sma_cross", market, parameters={"target_vol": 0.2})
    assert sized.parameters["target_vol"] == 0.2
    traded, calmer = (np.diff(np.log(each.equity)).std() for each in (plain, sized))
    assert calmer < traded
    swept = run_sweep("sma_cross", market, {"target_vol": [0.2, 0.4], "fast": [10, 20]})
    row = swept.table[(swept.table["target_vol"] == 0.2) & (swept.table["fast"] == 20)]
    assert row["total_return"].iloc[0] == pytest.approx(sized.figures["total_return"], rel=1e-9)
