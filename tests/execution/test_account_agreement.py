"""Twin, reference engine and kernels agree on margin, impact and limited entries (rules 16, 17)."""

import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.errors import DecisionError
from kanalo.execution.account_columns import add_account_columns
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.records import AT_CLOSE, Reason
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.trades import net_fills, to_trades
from kanalo.execution.twin import simulate_py
from kanalo.experiment.run_rule import run_rule
from kanalo.strategy import Strategy

from .full_cases import build_full_case

CASES, PARTS = 20_000, 4
EVERY = int(os.environ.get("BACKTRADER_EVERY", "25"))
"""Of how many cases one runs on backtrader too; ``make judges`` sets 1."""

FLOOR = 200
FULL_KINDS = (
    "stop gap",
    "limit gap",
    "both reached",
    "both targets",
    "liquidation inside",
    "liquidation at the open",
    "clip",
    "break-even",
    "straddle",
)


def assert_same(ours, theirs, rtol):
    """Compare everything that two engines left."""
    assert len(ours.fills) == len(theirs.fills)
    for name in ours.fills.dtype.names:
        mine, yours = (each.fills[name].astype(float) for each in (ours, theirs))
        np.testing.assert_allclose(mine, yours, rtol=rtol, atol=rtol * 1e3, err_msg=name)
    np.testing.assert_allclose(ours.equity, theirs.equity, rtol=rtol, atol=rtol * 1e3)
    np.testing.assert_allclose(ours.position, theirs.position, rtol=rtol)
    np.testing.assert_allclose(ours.funding, theirs.funding, rtol=rtol, atol=rtol * 1e3)
    np.testing.assert_array_equal(ours.ambiguous, theirs.ambiguous)
    np.testing.assert_array_equal(ours.questions, theirs.questions)
    assert ours.resolved == theirs.resolved


def build_full(seed, n):
    del n  # they are short
    return build_full_case(seed)


def count(seen, case, records):
    """Count what a case shows of the corners of the rules."""
    market, decisions, costs, execution = case
    fills = records.fills
    entries = fills[fills["reason"] == Reason.ENTRY]
    kind = decisions.order[entries["decision"]]
    seen["stop gap"] += int(((kind == 1) & (entries["inside"] == 0)).sum())
    seen["limit gap"] += int(((kind == 2) & (entries["inside"] == 0)).sum())
    seen["both reached"] += int((records.questions == 0).sum())
    seen["straddle"] += int((records.questions == 3).sum())
    seen["clip"] += int((fills["wanted"] > np.abs(fills["quantity"]) * 1.000001).sum())
    ended = fills[fills["reason"] == Reason.LIQUIDATION]
    late = ended["inside"] == AT_CLOSE
    at_open = ~late & (ended["price"] == market.open[ended["bar"]])
    seen["liquidation at the close"] += int(late.sum())
    seen["liquidation at the open"] += int(at_open.sum())
    seen["liquidation inside"] += int((~late & ~at_open).sum())
    seen["shortfall"] += int((fills["shortfall"] > 0).sum())
    seen["impact"] += int(costs.impact > 0 and (fills["price"] != fills["level"]).any())
    seen["interest"] += int(
        execution.is_margined and (records.funding[~market.perpetual] < 0).any()
    )
    stops = set(fills["decision"][fills["reason"] == Reason.STOP].tolist())
    parts = fills["decision"][fills["reason"] == Reason.TARGET].tolist()
    seen["both targets"] += sum(n > 1 for n in Counter(parts).values())
    seen["break-even"] += sum(bool(decisions.breakeven[k]) for k in stops & set(parts))


def run(make_case, seeds, engines):
    seen = Counter()
    for seed in seeds:
        case = make_case(seed, 30)
        twin = simulate_py(*case)
        for engine, rtol in engines:
            try:
                assert_same(twin, engine(*case), rtol)
            except AssertionError as error:
                error.add_note(f"seed {seed}, {engine.__name__}")
                raise
        if case[3].is_margined:
            assert twin.equity.min() >= 0
        count(seen, case, twin)
    return seen


def test_three_engines_agree_on_accounts(make_account_case):
    assert run(make_account_case, range(25), [(simulate_nb, 0), (simulate_bt, 1e-9)])


def test_three_engines_agree_with_every_field_on():
    seen = run(build_full, range(2_200_000, 2_200_010), [(simulate_nb, 0), (simulate_bt, 1e-9)])
    assert seen["both targets"]


@pytest.mark.slow
def test_twin_and_kernels_agree_to_the_last_bit_on_accounts(make_account_case):
    seen = run(make_account_case, range(500_000, 500_400), [(simulate_nb, 0)])
    rare = {kind for kind, number in seen.items() if number < 4}
    assert len(seen) == 13, seen
    assert not rare, f"the cases hardly show {rare}: {seen}"


@pytest.mark.slow
def test_the_reference_engine_agrees_on_accounts(make_account_case):
    assert run(make_account_case, range(600_000, 600_030), [(simulate_bt, 1e-9)])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand_cases_with_every_field_on(part):
    """Twin and kernels to the last bit on each case, backtrader on one of `EVERY`."""
    n = CASES // PARTS
    seeds = range(2_300_000 + part * n, 2_300_000 + (part + 1) * n)
    with_backtrader = [(simulate_nb, 0), (simulate_bt, 1e-9)]
    seen = run(build_full, seeds[::EVERY], with_backtrader)
    seen += run(build_full, [seed for seed in seeds if seed % EVERY], [(simulate_nb, 0)])
    rare = {kind for kind in FULL_KINDS if seen[kind] < FLOOR // PARTS}
    assert not rare, f"the cases hardly show {rare}: {seen}"


def test_profits_add_up_to_what_the_account_gained(make_account_case):
    for seed in range(700_000, 700_025):
        market, decisions, costs, execution = make_account_case(seed, 30)
        records = simulate_nb(market, decisions, costs, execution)
        trades = to_trades(records, market, decisions)
        gained = records.equity[-1] - execution.cash
        assert trades["pnl"].sum() == pytest.approx(gained, rel=1e-9, abs=1e-5)
        one_by_one = net_fills(records, market)
        np.testing.assert_allclose(trades["pnl"], one_by_one.pnl, rtol=1e-9, atol=1e-5)
        np.testing.assert_allclose(trades["mae"], one_by_one.mae, rtol=1e-9, atol=1e-12)


def test_the_distance_to_liquidation_is_that_of_the_nearest_bar(make_account_case):
    """A liquidated trade came as near as can be; every other one stayed away."""
    seen = 0
    for seed in range(800_000, 800_025):
        market, decisions, costs, execution = make_account_case(seed, 30)
        records = simulate_nb(market, decisions, costs, execution)
        trades = add_account_columns(
            to_trades(records, market, decisions), records, market, execution
        )
        if not execution.is_margined:
            assert "shortfall" not in trades
            continue
        liquidated = trades["exit_reason"] == "liquidation"
        assert (trades.loc[liquidated, "liquidation_distance"] == 0).all()
        away = trades.loc[~liquidated, "liquidation_distance"].dropna()
        held = trades.loc[away.index, "bars_held"] > 1
        assert (away[held] > 0).all() or not execution.entry_bar_exits
        assert trades["shortfall"].sum() == pytest.approx(records.fills["shortfall"].sum())
        assert (trades["entry_share"] > 0).all()
        seen += int(liquidated.sum())
    assert seen


class Given(Strategy):
    """Decide what was decided before."""

    decisions = None

    def decide(self, market):
        """Return the decisions."""
        del market
        return self.decisions


def test_batches_give_the_figures_of_single_runs(make_account_case):
    judged = 0
    for seed in range(900_000, 900_040):
        market, decisions, costs, execution = make_account_case(seed, 30)
        try:
            decisions.check_levels(market.close)
        except DecisionError:  # engines take such a level, a rule may not decide on it
            continue
        judged += 1
        Given.decisions = decisions
        result = run_rule(Given(), market, costs, execution, parameters={})
        batch = simulate_many(market, [decisions, decisions], costs, execution, threads=1)
        ours = pd.Series(dict(result.figures))
        for row in batch.statistics().to_dict("records"):
            theirs = pd.Series(row)[ours.index]
            np.testing.assert_allclose(
                ours.to_numpy(float), theirs.to_numpy(float), rtol=1e-7, atol=1e-9
            )
    assert judged > 20
