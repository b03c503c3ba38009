"""Under an exchange's margin and with market impact, no bundled rule loses more than it has."""

from pathlib import Path

import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.run_rule import run
from kanalo.market import load_market
from kanalo.workspace import find_workspace

ROOT = Path(__file__).parents[2]
NAMES = find_workspace(ROOT).list_strategies()
LEVERAGES = (1, 5)


@pytest.fixture(scope="module", params=["xmr_1h", "xmr_1d"])
def market(request):
    return load_market(ROOT / "data", request.param)


@pytest.mark.slow
@pytest.mark.parametrize("leverage", LEVERAGES)
def test_no_curve_of_a_bundled_rule_falls_below_nothing(market, leverage):
    execution = Execution(margin="exchange", leverage=leverage)
    lowest, liquidated = {}, 0
    for name in NAMES:
        result = run(name, market, costs=Costs(impact=1), execution=execution)
        lowest[name] = float(result.equity.min())
        liquidated += int((result.trades["exit_reason"] == "liquidation").sum())
    assert {name: value for name, value in lowest.items() if not value >= 0} == {}
    assert len(lowest) == len(NAMES) > 10
    assert liquidated > 0 or (leverage, market.name) == (1, "xmr_1h")


@pytest.mark.slow
def test_a_short_without_a_stop_is_liquidated_and_not_ruined():
    daily = load_market(ROOT / "data", "xmr_1d")
    drawn = {"trades": 3.0, "hold": 8760.0, "longs": 0.0, "seed": 3}
    bare = {"costs": Costs(impact=0), "execution": Execution(margin="none")}
    off = run("random_entry", daily, parameters=drawn, **bare)
    on = run("random_entry", daily, parameters=drawn)
    assert off.equity.min() < 0 <= on.equity.min()
    assert (on.trades["exit_reason"] == "liquidation").any()
