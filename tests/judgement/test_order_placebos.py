"""Placebos of a rule keep its orders, second targets, shares and break-even."""

from dataclasses import dataclass

import numpy as np
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.random_entry import RandomEntry
from kanalo.experiment.run_rule import run
from kanalo.experiment.yardsticks import RULE, find_role
from kanalo.judgement.altered import flip_decisions, shift_decisions
from kanalo.judgement.random_entries import each_draw, find_strata, make_template, place_entries
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions

KEPT = ("order", "valid", "share", "breakeven")
PRICES = ("price", "stop", "target", "target_2")


@pytest.fixture(scope="module")
def market():
    return random_walk_market(900, 5, "1h")


@pytest.fixture(scope="module")
def decisions(market):
    """Buy-stops 0.1 % above and sell limits 0.1 % above the close in turn, with two targets."""
    n, close = len(market), market.close
    every = np.arange(n) % 24
    return Decisions.from_arrays(
        n,
        long_stop=np.where(every == 3, close * 1.001, np.nan),
        short_limit=np.where(every == 15, close * 1.001, np.nan),
        stop=(close * 0.98, close * 1.02),
        target=(close * 1.004, close * 0.996),
        target_2=(close * 1.008, close * 0.992),
        max_bars=6,
        valid=(4, 3),
        share=(0.3, 0.6),
        breakeven=(True, False),
    )


def to_fractions(made, close):
    return {name: getattr(made, name) / close[made.entries] for name in PRICES}


def test_random_entries_keep_every_field_of_the_trades_they_are_of(market, decisions):
    template = make_template(market, decisions, Costs(), Execution())
    placed = place_entries(market, template, find_strata(market), n_draws=5)
    assert len(template) > 20
    for drawn, bars in zip(each_draw(template, placed, market.close), placed.bars, strict=True):
        order = np.argsort(bars, kind="stable")
        order = order[bars[order] >= 0]
        assert not np.array_equal(drawn.entries, decisions.entries)
        for name in ("side", *KEPT):
            np.testing.assert_array_equal(getattr(drawn, name), template.values[name][order])
        fractions = to_fractions(drawn, market.close)
        for name in PRICES:
            np.testing.assert_allclose(fractions[name], template.values[name][order])
        assert set(drawn.order) == {1, 2}
        assert set(drawn.share) == {0.3, 0.6}


def test_random_entries_leave_room_for_the_second_target_and_the_wait(market, decisions):
    template = make_template(market, decisions, Costs(), Execution())
    trades = template.to_trades(find_strata(market))
    np.testing.assert_array_equal(trades.target, template.values["target_2"])
    waits = np.where(template.values["side"] > 0, 3, 2)
    np.testing.assert_array_equal(trades.max_bars, template.max_bars + waits)


def test_shifted_signals_keep_every_field(market, decisions):
    moved = shift_decisions(decisions, 5, market.close)
    kept = decisions.entries + 5 < len(market)
    for name in ("side", *KEPT):
        np.testing.assert_array_equal(getattr(moved, name), getattr(decisions, name)[kept])
    now, before = (to_fractions(each, market.close) for each in (moved, decisions))
    for name in PRICES:
        np.testing.assert_allclose(now[name], before[name][kept])


def test_flipped_sides_keep_the_kind_of_order_and_mirror_its_price(market, decisions):
    flipped = flip_decisions(decisions, market.close)
    np.testing.assert_array_equal(flipped.side, -decisions.side)
    for name in KEPT:
        np.testing.assert_array_equal(getattr(flipped, name), getattr(decisions, name))
    now, before = (to_fractions(each, market.close) for each in (flipped, decisions))
    for name in PRICES:
        np.testing.assert_allclose(now[name], 1 / before[name])


@dataclass(frozen=True)
class Pegged(RandomEntry):
    """Enter when random entries do, by limits below the close."""

    def decide(self, market):
        drawn = super().decide(market)
        at = np.full(len(market), np.nan)
        at[drawn.entries] = 0.999 * market.close[drawn.entries]
        return Decisions.from_arrays(len(market), long_limit=at, max_bars=drawn.max_bars[0])


def test_random_bars_with_orders_are_no_yardstick(market):
    drawn = {"trades": 500.0, "hold": 4.0}
    assert find_role(run(RandomEntry(**drawn), market)) != RULE
    assert find_role(run(Pegged(**drawn), market)) == RULE
