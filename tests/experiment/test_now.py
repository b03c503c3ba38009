"""The state at the last bar is what the engine would go on with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.now import MAINTENANCE, find_liquidation, to_state
from kanalo.experiment.run_rule import run_rule
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy

FREE = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)
NOW = pd.Timestamp("2026-01-01T08:30Z")


@dataclass(frozen=True)
class Plan(Strategy):
    """Decide what a test says."""

    def decide(self, market):
        return PLAN["decisions"](len(market))


PLAN: dict = {}


def make_market(closes):
    closes = np.array(closes, dtype=float)
    times = pd.date_range("2026-01-01", periods=len(closes), freq="1h", tz="UTC", unit="ns")
    opens = np.concatenate([closes[:1], closes[:-1]])
    bars = pd.DataFrame(
        {
            **{"open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes)},
            **{"close": closes, "volume": 1.0},
        },
        index=times,
    )
    return Market.from_bars(bars, symbol="ETHUSDT", venue="binance-perp", name="made")


def state_of(closes, execution=None, **decided):
    PLAN["decisions"] = lambda n: Decisions.from_arrays(
        n, **{k: v(n) if callable(v) else v for k, v in decided.items()}
    )
    result = run_rule(Plan(), make_market(closes), FREE, execution or Execution(), parameters={})
    return to_state(result, "plan", NOW)


def at(*bars):
    def mark(n):
        marks = np.zeros(n, dtype=bool)
        marks[list(bars)] = True
        return marks

    return mark


def test_nothing_held_and_nothing_decided():
    state = state_of([100] * 8)
    assert (state.side, state.next, state.position) == ("none", "stay out", 0)
    assert (state.entry_price, state.stop, state.liquidation) == (None, None, None)
    assert (state.bar, state.age_hours) == ("2026-01-01T07:00:00Z", 0.5)


def test_an_entry_at_the_last_close_is_for_the_next_open():
    state = state_of([100] * 8, long=at(7), stop=90.0, target=120.0)
    assert (state.side, state.next) == ("none", "enter long")
    assert (state.next_stop, state.next_target) == (90.0, 120.0)


def test_a_held_position_has_its_entry_levels_and_profit():
    state = state_of([100, 100, 100, 104, 108, 110], long=at(1), stop=90.0, target=150.0)
    assert (state.side, state.next, state.entry_price) == ("long", "hold", 100.0)
    assert (state.stop, state.target, state.profit) == (90.0, 150.0, pytest.approx(0.1))
    assert state.entry_time == "2026-01-01T02:00:00Z"


def test_a_trailing_stop_has_followed_the_best_close():
    state = state_of([100, 100, 100, 120, 118, 119], long=at(1), stop=90.0, trail=0.1)
    assert state.stop == pytest.approx(108.0)


def test_an_exit_at_the_last_close_is_for_the_next_open():
    state = state_of([100, 100, 99, 98, 97, 96], short=at(1), exit_short=at(5))
    assert (state.side, state.next) == ("short", "leave")
    assert state.profit == pytest.approx(0.04)


def test_the_longest_time_is_over():
    assert state_of([100] * 6, long=at(1), max_bars=4).next == "leave"
    assert state_of([100] * 6, long=at(1), max_bars=5).next == "hold"


def test_the_liquidation_price_leaves_the_maintenance_margin():
    market = make_market([100.0, 100.0])
    for quantity, equity in ((30.0, 1_000.0), (-30.0, 1_000.0)):
        price = find_liquidation(market, quantity, equity)
        left = equity + quantity * (price - 100.0)
        assert left == pytest.approx(MAINTENANCE * abs(quantity) * price)
    assert find_liquidation(market, 10.0, 1_000.0) is None  # a long without leverage
    assert find_liquidation(market, 0.0, 1_000.0) is None
    assert find_liquidation(replace(market, symbol="XMRUSDT"), 30.0, 1_000.0) is not None
