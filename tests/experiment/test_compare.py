"""Rules side by side without a TOML file."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.compare import compare, compare_result
from kanalo.experiment.run_rule import run
from kanalo.market import Market
from kanalo.report import to_model
from kanalo.strategy import Decisions, Strategy, param


@pytest.fixture
def bars():
    rng = np.random.default_rng(6)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 200)))
    index = pd.date_range("2021-01-01", periods=200, freq="D", tz="UTC")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    return pd.DataFrame({**columns, "volume": 1.0}, index=index)


@dataclass(frozen=True)
class Every(Strategy):
    """Buy every nth bar for one bar."""

    n: int = param(5, low=2, high=100)

    def decide(self, market):
        at = np.arange(len(market)) % self.n == 0
        return Decisions.from_arrays(len(market), long=at, max_bars=1)


def test_names_classes_and_instances_stand_side_by_side(bars):
    comparison = compare(["hold_perpetual", Every, Every(7)], bars)
    assert [run.label for run in comparison.runs] == ["hold_perpetual", "Every", "Every(n=7)"]
    alone = run(Every(7), bars)
    pd.testing.assert_series_equal(comparison.runs[2].result.equity, alone.equity)


def test_keys_of_a_mapping_are_labels(bars):
    comparison = compare({"often": Every(2), "seldom": Every(50)}, bars)
    assert [run.label for run in comparison.runs] == ["often", "seldom"]
    assert comparison.spec["strategies"][1]["parameters"] == {"n": 50}


def test_several_markets_and_cost_sets_are_crossed(bars):
    markets = [Market.from_bars(bars, name="one"), Market.from_bars(bars[:150], name="two")]
    costs = {"free": Costs(0, None, 0), "dear": Costs(fee_bps=50)}
    comparison = compare([Every], markets, costs=costs, execution=Execution(cash=500))
    assert [(run.market, run.costs) for run in comparison.runs] == [
        ("one", "free"),
        ("one", "dear"),
        ("two", "free"),
        ("two", "dear"),
    ]
    assert comparison.runs[0].result.cash == 500
    assert set(comparison.passports) == {"one", "two"}


def test_random_entries_run_beside_if_asked_for(bars):
    labels = [run.label for run in compare([Every], bars, yardsticks=True).runs]
    assert labels == ["Every", "random like Every"]


def test_a_comparison_has_a_report(bars):
    model = to_model(compare([Every, "hold_perpetual"], bars, title="Mine"))
    assert model["title"] == "Mine"
    assert [each["label"] for each in model["results"]] == ["Every", "hold_perpetual"]


def test_a_single_result_is_a_comparison_of_one(bars):
    comparison = compare_result(run(Every(3), bars, costs=Costs(fee_bps=9)))
    assert comparison.spec["costs"][0]["fee_bps"] == 9
    assert to_model(comparison)["results"][0]["strategy"] == "Every"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("hold_perpetual",), ParameterError, "'rules' must be a list of rules"),
        (([],), ParameterError, "'rules' must be a list of rules"),
        (({},), ParameterError, "'rules' must be a list of rules"),
        ((5,), ParameterError, "'rules' must be a list of rules"),
        (([5],), ParameterError, r"compare\(\): 'rule' must be a rule: .*received 5"),
        ((["hodl"],), UnknownNameError, "There is no strategy 'hodl'"),
        (([Every, Every],), ParameterError, "'rules' has 2 entries called 'Every'"),
        (({"": Every},), ParameterError, "'rules' must be labelled with a name; received ''"),
        (({1: Every},), ParameterError, "'rules' must be labelled with text; received 1"),
    ],
)
def test_wrong_rules_are_refused(bars, arguments, error, message):
    with pytest.raises(error, match=message):
        compare(*arguments, bars)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"costs": 5}, r"compare\(\): 'costs' must be a kanalo.Costs .* received 5"),
        ({"costs": {}}, r"compare\(\): 'costs' must be a kanalo.Costs or a mapping"),
        ({"costs": {"a": 5}}, "'costs' must be a kanalo.Costs"),
        ({"execution": 3}, "'execution' must be a kanalo.Execution"),
        ({"judge": 1}, "'judge' must be True or False; received 1"),
        ({"title": None}, "'title' must be text; received None"),
        ({"engine": "fast"}, r"compare\(\): 'engine' must be one of compiled, reference"),
        ({"workspace": "home"}, "'workspace' must be a kanalo.Workspace"),
    ],
)
def test_wrong_options_are_refused(bars, options, message):
    with pytest.raises(ParameterError, match=message):
        compare([Every], bars, **options)


@pytest.mark.parametrize("market", [[], 5, None, [5]])
def test_wrong_markets_are_refused(market):
    with pytest.raises(ParameterError, match="'market' must be"):
        compare([Every], market)


def test_two_markets_of_one_name_are_refused(bars):
    with pytest.raises(ParameterError, match="'market' has 2 entries called 'bars'"):
        compare([Every], [bars, bars])
