"""What a clean process does, tried in this one."""

import importlib

import numpy as np
import pytest

from kanalo.checks import worker
from kanalo.checks.certificate import CHANGED, TRUNCATED
from kanalo.checks.differences import ComparedSpan
from kanalo.checks.parcel import pack
from kanalo.checks.sender import Sender, to_bytes
from kanalo.checks.whole import NumberOfCuts
from kanalo.errors import CheckError
from kanalo.market.synthetic import random_walk_market

oddities = importlib.import_module("tests.checks.rules.oddities")
MARKET = random_walk_market(700, 1, "1h")


@pytest.fixture
def set_up(monkeypatch):
    monkeypatch.setattr(worker, "_case", None)

    def set_up(rule, market=MARKET):
        worker.set_up(pack(rule), to_bytes(market), 0)
        whole = worker.decide_whole(NumberOfCuts(16, 8))
        worker.hold_whole(whole.columns, whole.warm_up)
        return whole

    return set_up


def test_nothing_is_decided_before_something_is_set_up(monkeypatch):
    monkeypatch.setattr(worker, "_case", None)
    with pytest.raises(CheckError, match="Nothing was set up"):
        worker.decide_part(0, 10)


def test_the_whole_comes_with_its_own_cuts(set_up):
    whole = set_up(oddities.NoWarmUp())
    entries = whole.columns["entries"].bars
    assert set(whole.after - 1) <= {*entries, *whole.columns["exit_long"].bars}
    assert (whole.warm_up, whole.asks, whole.rare.size) == (0, False, 0)


@pytest.mark.parametrize("test", [TRUNCATED, CHANGED])
def test_an_honest_rule_differs_nowhere(set_up, test):
    set_up(oddities.UnboundedAverage())
    outcome = worker.decide_cut(ComparedSpan(0, 0, 400), test)
    assert (outcome.differences, outcome.error, outcome.overlong) == ((), "", None)


def test_a_memory_that_is_longer_than_stated_is_decided_from_the_first_bar(set_up):
    set_up(oddities.NoWarmUp())
    outcome = worker.decide_cut(ComparedSpan(300, 300, 600), TRUNCATED)
    assert outcome.differences == ()
    assert outcome.overlong.field in ("entries", "exit_long")
    assert outcome.span == ComparedSpan(0, 0, 600)


def test_a_part_is_decided_as_if_there_were_no_other_bars():
    with Sender(oddities.UnboundedAverage(), to_bytes(MARKET)).open() as process:
        columns = process.call(worker.decide_part, 100, 300)
    alone = oddities.UnboundedAverage().decide(MARKET.rows(100, 300))
    np.testing.assert_array_equal(columns["entries"].bars, alone.entries)
