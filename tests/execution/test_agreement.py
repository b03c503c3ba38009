"""The reference engine and the plain-Python twin give the same fills on random cases."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanalo.execution.costs import Costs
from kanalo.execution.records import Reason
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import BothTouched
from kanalo.execution.trades import to_trades
from kanalo.execution.twin import simulate_py

CASES_PER_BLOCK = 1_250
BLOCKS = 8


def assert_agreement(market, decisions, costs, execution):
    """Run both engines, compare everything to 1e-9, and return the records of both."""
    ours = simulate_py(market, decisions, costs, execution)
    theirs = simulate_bt(market, decisions, costs, execution)
    assert len(ours.fills) == len(theirs.fills)
    for name in ours.fills.dtype.names:
        np.testing.assert_allclose(
            ours.fills[name].astype(float),
            theirs.fills[name].astype(float),
            rtol=1e-9,
            err_msg=name,
        )
    np.testing.assert_allclose(ours.equity, theirs.equity, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(ours.position, theirs.position, rtol=1e-9)
    np.testing.assert_allclose(ours.funding, theirs.funding, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours.ambiguous, theirs.ambiguous)
    assert ours.resolved == theirs.resolved
    return ours, theirs


def assert_same_trades(ours, theirs, market, decisions):
    """Compare the round trips one by one, and return them."""
    trades = to_trades(ours, market, decisions)
    others = to_trades(theirs, market, decisions)
    pd.testing.assert_frame_equal(trades, others, rtol=1e-9, atol=1e-6)
    return trades


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), n=st.integers(1, 60))
def test_engines_agree_on_random_cases(make_case, seed, n):
    market, decisions, costs, execution = make_case(seed, max(n, 2))
    records, others = assert_agreement(market, decisions, costs, execution)
    trades = assert_same_trades(records, others, market, decisions)
    gained = records.equity[-1] - execution.cash
    assert trades["pnl"].sum() == pytest.approx(gained, rel=1e-9, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_engines_agree_on_ten_thousand_cases(make_case, block):
    seen = Counter()
    for seed in range(block * CASES_PER_BLOCK, (block + 1) * CASES_PER_BLOCK):
        market, decisions, costs, execution = make_case(seed, 30)
        records, others = assert_agreement(market, decisions, costs, execution)
        fills = records.fills
        entry = fills["reason"] == Reason.ENTRY
        if seed % 10 == 0:  # they follow from the fills, which are compared in every case
            assert_same_trades(records, others, market, decisions)
        seen.update(Reason(reason).name for reason in fills["reason"])
        seen["resolved"] += records.resolved
        seen["clipped"] += int((fills["wanted"] > abs(fills["quantity"]) * 1.000001).sum())
        seen["short"] += int((fills["quantity"][entry] < 0).sum())
        seen["reversed"] += int((entry[1:] & (np.diff(fills["bar"]) == 0)).sum())
        seen["funded"] += int((records.funding != 0).any())
        seen[f"ambiguous {execution.both_touched}"] += len(records.ambiguous)
    kinds = {*(reason.name for reason in Reason), "resolved", "clipped", "short", "reversed"}
    kinds |= {"funded", *(f"ambiguous {rule}" for rule in BothTouched)}
    rare = {kind for kind in kinds - {"ORDER", "LIQUIDATION"} if seen[kind] < 10}
    assert not rare, f"the cases hardly show {rare}: {seen}"


def test_markets_of_cases_pass_the_checks_that_are_left_out(make_case):
    for seed in range(20):
        market = make_case(seed, 30)[0]
        assert replace(market).bars.equals(market.bars)
        assert market.finer is None or replace(market.finer).interval == "2h"


def test_a_hair_more_slippage_is_noticed(make_case):
    """The comparison itself can fail."""
    market, decisions, costs, execution = make_case(3, 60)
    other = Costs(slippage_bps=costs.slippage_bps + 1e-4)
    ours = simulate_py(market, decisions, costs, execution)
    theirs = simulate_bt(market, decisions, other, execution)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(ours.equity, theirs.equity, rtol=1e-9)
