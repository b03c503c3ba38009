"""The compiled engine gives the records of the twin to the last bit, and backtrader's to 1e-9."""

import dataclasses
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kanalo
from kanalo._jit import COMPILED
from kanalo.errors import EngineError, ParameterError
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.engines import check_agreement, simulate
from kanalo.execution.records import Reason
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import BothTouched, Execution
from kanalo.execution.twin import simulate_py
from kanalo.workspace import find_workspace

ROOT = Path(kanalo.__file__).parent.parent
WORKSPACE = find_workspace(ROOT)
NAMES = WORKSPACE.list_strategies()


def assert_same(ours, theirs):
    """Compare everything that two engines left behind, to the last bit."""
    assert len(ours.fills) == len(theirs.fills)
    for name in ours.fills.dtype.names:
        np.testing.assert_array_equal(ours.fills[name], theirs.fills[name], err_msg=name)
    for name in ("equity", "position", "funding", "ambiguous"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    assert ours.resolved == theirs.resolved


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), n=st.integers(2, 150))
def test_compiled_engine_and_twin_are_the_same_to_the_last_bit(make_case, seed, n):
    case = make_case(seed, n)
    assert_same(simulate_nb(*case), simulate_py(*case))


@pytest.mark.slow
def test_four_hundred_thousand_random_bars_leave_no_difference(make_case):
    seen = Counter()
    for seed in range(2_000):
        market, decisions, costs, execution = make_case(seed, 200)
        records = simulate_nb(market, decisions, costs, execution)
        assert_same(records, simulate_py(market, decisions, costs, execution))
        seen.update(Reason(reason).name for reason in records.fills["reason"])
        seen[f"ambiguous {execution.both_touched}"] += len(records.ambiguous)
        seen["resolved"] += records.resolved
    kinds = {*(reason.name for reason in Reason), "resolved"} - {"ORDER", "LIQUIDATION"}
    kinds |= {f"ambiguous {rule}" for rule in BothTouched}
    assert not {kind for kind in kinds if seen[kind] < 50}, seen


@pytest.mark.slow
def test_long_random_histories_leave_no_difference(make_case):
    for seed in range(60):
        case = make_case(seed, 5_000)
        assert_same(simulate_nb(*case), simulate_py(*case))


@pytest.mark.slow
def test_random_cases_are_those_of_backtrader(make_case):
    for seed in range(300):
        market, decisions, costs, execution = make_case(seed, 150)
        ours = simulate_nb(market, decisions, costs, execution)
        theirs = simulate_bt(market, decisions, costs, execution)
        check_agreement(ours, theirs, market, f"seed {seed}")


@pytest.fixture(scope="module", params=["xmr_1d", "xmr_1h"])
def bundled(request):
    return kanalo.load_market(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("both_touched", ["stop", "resolve"])
def test_every_strategy_is_the_same_on_all_three_engines(name, both_touched, bundled):
    decisions = WORKSPACE.load_strategy(name)().decide(bundled)
    costs = Costs(maker_fee_bps=2.0, funding_missing=0.0001)
    rules = Execution(both_touched=both_touched, max_leverage=2.0)
    ours = simulate_nb(bundled, decisions, costs, rules)
    assert_same(ours, simulate_py(bundled, decisions, costs, rules))
    check_agreement(ours, simulate_bt(bundled, decisions, costs, rules), bundled, name)


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="already running without the compiler")
def test_tapes_and_batches_hold_without_the_compiler():
    files = [ROOT / "tests/execution/test_tapes.py", ROOT / "tests/analyzers/batch/test_engine.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-k", "compiled or batch", "-m", "not slow"]
    done = subprocess.run(
        [*command, *map(str, files)],
        env={**os.environ, "KANALO_NO_JIT": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_decisions_for_other_bars_are_refused(make_case):
    market, decisions, costs, execution = make_case(1, 60)
    other = dataclasses.replace(market.rows(0, 50), first=0)
    with pytest.raises(EngineError, match="look at 60 bars; the market has 50"):
        simulate_nb(other, decisions, costs, execution)


def test_arrays_of_any_layout_are_taken(make_case):
    market, decisions, costs, execution = make_case(11, 100)
    assert len(decisions.entries) > 3
    frozen = {"entries": np.repeat(decisions.entries, 2)[::2], "stop": decisions.stop.copy()}
    frozen["stop"].flags.writeable = False
    strange = dataclasses.replace(decisions, **frozen)
    assert_same(
        simulate_nb(market, strange, costs, execution),
        simulate_nb(market, decisions, costs, execution),
    )


def test_a_market_keeps_its_layout_but_not_across_costs(make_case):
    market, decisions, costs, execution = make_case(5, 120)
    for other in (costs, Costs(funding=False), Costs(funding_missing=0.01), costs):
        assert_same(
            simulate_nb(market, decisions, other, execution),
            simulate_py(market, decisions, other, execution),
        )


def test_cross_check_names_bar_field_and_both_values(make_case):
    market, decisions, costs, execution = make_case(3, 60)
    more = dataclasses.replace(costs, slippage_bps=costs.slippage_bps + 1e-4)
    ours, theirs = (simulate_nb(market, decisions, each, execution) for each in (costs, more))
    with pytest.raises(EngineError, match=r"differ on x at bar \d+ \(2021.*'quantity' is .* on"):
        check_agreement(ours, theirs, market, "x")


def test_cross_check_notices_a_missing_fill(make_case):
    market, decisions, costs, execution = make_case(3, 60)
    ours = simulate_nb(market, decisions, costs, execution)
    theirs = dataclasses.replace(ours, fills=ours.fills[:-1])
    with pytest.raises(EngineError, match="'number of fills' is"):
        check_agreement(ours, theirs, market, "x")


def test_unknown_engine_is_refused_with_a_suggestion(make_case):
    with pytest.raises(ParameterError, match="Did you mean 'compiled'"):
        simulate("compild", *make_case(1, 20))
