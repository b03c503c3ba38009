"""Parts of the evidence: each says what it found, or why it is missing."""

import math

import numpy as np
import pytest

import kanalo
from kanalo.judgement.candidates import Candidate, Options
from kanalo.judgement.parts import find_intrabar, find_placebo, find_tornado
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy

OPTIONS = Options(n_placebos=20, shifts=(1, 2))


class Steady(Strategy):
    """Buy every tenth bar with a stop and a target close by."""

    def decide(self, market):
        on = np.arange(len(market)) % 10 == 0
        stop, target = market.close * 0.992, market.close * 1.008
        return Decisions.from_arrays(len(market), long=on, stop=stop, target=target)


@pytest.fixture
def make_candidate(make_walk):
    def make(market: Market | None = None, *, by_hand: bool = False):
        market = make_walk(5) if market is None else market
        if by_hand:
            import backtrader as bt

            result, rule = kanalo.run(bt.Strategy, market), None
        else:
            rule = Steady()
            result = kanalo.run(rule, market)
        return Candidate("rule", "walk", "standard", result, rule, market)

    return make


def test_a_rule_written_for_backtrader_has_neither_placebo_nor_tornado_nor_bounds(make_candidate):
    candidate = make_candidate(by_hand=True)
    for found in (find_placebo(candidate, OPTIONS), find_tornado(candidate, OPTIONS)):
        assert found.note == "not for a strategy written for backtrader"
    found = find_intrabar(candidate, OPTIONS)
    assert found.note == "no bounds: not for a strategy written for backtrader"
    assert found.returns == {}
    assert math.isnan(found.low)


def test_what_is_not_asked_for_says_so(make_candidate):
    candidate, none = make_candidate(), Options(n_placebos=0, intrabar=False, tornado=False)
    assert find_placebo(candidate, none).note == "not asked for"
    assert find_tornado(candidate, none).note == "not asked for"
    assert find_intrabar(candidate, none).note == "no bounds: not asked for"


def test_the_bounds_are_the_results_under_both_orders(make_candidate):
    found = find_intrabar(make_candidate(), OPTIONS)
    assert found.ambiguous > 0 == found.resolved
    assert found.returns["stop"] < found.returns["target"]
    assert (found.low, found.high) == (found.returns["stop"], found.returns["target"])


def test_what_finer_bars_put_in_order_is_not_ambiguous_any_more(make_candidate, make_walk):
    coarse = make_candidate()
    bars = make_walk(5).bars
    minutes = bars.set_axis(bars.index)  # bars of the same length leave every order open
    market = Market.from_bars(bars, finer=Market.from_bars(minutes))
    found = find_intrabar(make_candidate(market), OPTIONS)
    assert "resolve" in found.returns
    assert found.ambiguous + found.resolved == find_intrabar(coarse, OPTIONS).ambiguous
    assert found.share == found.ambiguous / len(coarse.result.closed_trades)


def test_the_placebos_of_every_kind_are_ranked(make_candidate):
    found = find_placebo(make_candidate(), OPTIONS)
    assert list(found.kinds) == ["random entries", "shifted signals", "flipped sides"]
    assert [each.n for each in found.kinds.values()] == [20, 2, 1]


def test_the_tornado_is_of_the_run_itself(make_candidate):
    candidate = make_candidate()
    found = find_tornado(candidate, OPTIONS)
    made = kanalo.run(Steady(), candidate.market).equity.iloc[-1] / 100_000 - 1
    assert found.base["total_return"] == pytest.approx(made)
    assert {each.assumption for each in found.variations} == {
        *("fee", "slippage", "funding", "impact", "delay", "both touched"),
        *("limits", "margin", "leverage"),
    }
