"""The reference engine passes over idle bars, and leaves what backtrader's own loop leaves."""

from dataclasses import fields

import backtrader as bt
import numpy as np

from kanalo.execution.costs import Costs
from kanalo.execution.records import Records
from kanalo.execution.reference import simulate
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.rules import Execution
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions

from .full_cases import build_full_case

CASES = 20


def to_bits(records):
    """Everything that an engine left, so that one other bit shows."""
    values = [getattr(records, field.name) for field in fields(Records)]
    return [each.tobytes() if isinstance(each, np.ndarray) else each for each in values]


def test_the_loop_leaves_what_backtraders_own_loop_leaves(monkeypatch):
    n_fills = 0
    for seed in range(CASES):
        case = build_full_case(seed, n=60)
        with monkeypatch.context() as patch:
            patch.setattr(simulate, "DecisionCerebro", bt.Cerebro)
            plain = simulate.simulate_bt(*case)
        ours = simulate.simulate_bt(*case)
        assert to_bits(ours) == to_bits(plain), f"seed {seed}"
        n_fills += len(ours.fills)
    assert n_fills > CASES


def test_the_broker_sees_no_bar_in_which_nothing_can_happen(monkeypatch):
    market, seen = random_walk_market(500, 1, "1d"), []
    long, out = np.zeros(500, bool), np.zeros(500, bool)
    long[[100, 300]], out[[110, 320]] = True, True
    decisions = Decisions.from_arrays(500, long=long, exit_long=out)

    class Watched(RuledBroker):
        def next(self):
            seen.append(len(self.cerebro.datas[0]) - 1)
            super().next()

    monkeypatch.setattr(simulate, "RuledBroker", Watched)
    records = simulate.simulate_bt(market, decisions, Costs(), Execution())
    held = [*range(101, 112), *range(301, 322)]
    assert set(held) <= set(seen) <= {0, 100, 300, *held, 112, 322}
    assert len(records.equity) == 500
    assert records.fills["bar"].tolist() == [101, 111, 301, 321]
    np.testing.assert_array_equal(records.equity[112:301], records.equity[111])
