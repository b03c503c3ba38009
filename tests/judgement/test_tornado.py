"""The tornado: each assumption by itself, and no change where it does not matter."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement.leverage_prior import leverage_alternatives
from kanalo.judgement.tornado import MAIN, Tornado, Variation, measure_tornado
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.strategy import Decisions, Strategy, param


def make_decisions(market, **levels):
    draw = np.random.default_rng(0).random(len(market))
    return Decisions.from_arrays(len(market), long=draw < 0.05, max_bars=6, **levels)


@pytest.fixture
def market(make_walk):
    rates = np.where(np.arange(1000) % 8 == 7, 1e-4, 0.0)
    context = pd.DataFrame({"funding_rate": rates}, index=make_walk(1).index)
    return make_walk(1, context=context)


def measure(market, decisions, costs, execution=None):
    batch = simulate_many(market, [decisions], costs, execution or Execution())
    return batch.statistics().iloc[0][[*MAIN]].to_dict()


def by_label(tornado):
    return {each.label: each for each in tornado.variations}


def assert_unchanged(variation):
    """Check that no figure moves; the yearly rate of a walk of six weeks is unknown."""
    assert np.isnan(variation.changes["cagr"])
    figures = {key: variation.changes[key] for key in MAIN if key != "cagr"}
    assert set(figures.values()) == {0.0}, variation.label


def same(values):
    """Return what equals values to the last bit, NaN included."""
    return pytest.approx(values, rel=0, abs=0, nan_ok=True)


def test_every_variation_is_a_run_of_its_own(market):
    decisions, costs = make_decisions(market), Costs(maker_fee_bps=1.0)
    found = by_label(measure_tornado(market, decisions, costs=costs))
    expected = {
        "fee ×0": replace(costs, fee_bps=0, maker_fee_bps=0),
        "fee ×2": replace(costs, fee_bps=10, maker_fee_bps=2),
        "slippage ×0": replace(costs, slippage_bps=0),
        "slippage ×2": replace(costs, slippage_bps=4),
        "no funding": replace(costs, funding=False),
    }
    base = measure(market, decisions, costs)
    for label, changed in expected.items():
        values = measure(market, decisions, changed)
        assert found[label].statistics == same(values)
        assert found[label].changes == same({key: values[key] - base[key] for key in MAIN})


def test_cheaper_is_better_and_dearer_is_worse(market):
    found = by_label(measure_tornado(market, make_decisions(market)))
    assert found["fee ×0"].changes["total_return"] > 0 > found["fee ×2"].changes["total_return"]
    better, worse = found["slippage ×0"].changes, found["slippage ×2"].changes
    assert better["total_return"] > 0 > worse["total_return"]
    assert found["no funding"].changes["total_return"] > 0


def test_what_does_not_matter_changes_nothing(make_walk):
    market = replace(make_walk(1), venue=np.full(1000, "test-spot"))
    costs = Costs(fee_bps=0, slippage_bps=0, impact=0)
    found = measure_tornado(market, make_decisions(market), costs=costs)
    for each in found.variations:
        if each.assumption not in ("delay", "impact", "margin", "leverage"):
            assert_unchanged(each)


def test_one_bar_late_enters_at_the_next_open(make_walk):
    market = make_walk(3, 50)
    costs = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)
    mask = np.arange(50) == 10
    decisions = Decisions.from_arrays(50, long=mask, exit_long=np.arange(50) == 20)
    late = by_label(measure_tornado(market, decisions, costs=costs))["one bar late"]
    expected = market.open[22] / market.open[12] - 1
    assert late.statistics["total_return"] == pytest.approx(expected)


def test_only_other_readings_of_ambiguous_bars_are_shown(market):
    labels = {
        rule: [
            each.label
            for each in measure_tornado(
                market,
                make_decisions(market),
                execution=Execution(both_touched=rule, margin="none"),
            ).variations
            if each.assumption == "both touched"
        ]
        for rule in ("stop", "target", "resolve")
    }
    assert labels == {
        "stop": ["target first"],
        "target": ["stop first"],
        "resolve": ["stop first", "target first"],
    }


def test_a_run_without_funding_is_shown_with_it(market):
    found = by_label(measure_tornado(market, make_decisions(market), costs=Costs(funding=False)))
    assert found["with funding"].changes["total_return"] < 0


def test_alternatives_decide_on_the_warm_up_too(market):
    late = market.between(market.index[200])
    made = make_decisions(market)
    found = by_label(
        measure_tornado(late, made.since(200), alternatives=[("as is", lambda _: made)])
    )
    assert found["as is"].assumption == "leverage prior"
    assert_unchanged(found["as is"])


def test_an_alternative_for_other_bars_is_refused(market):
    late = market.between(market.index[200])
    made = make_decisions(market).since(200)
    with pytest.raises(EngineError, match="'short' decided on 800 bars; the market has 1000"):
        measure_tornado(late, made, alternatives=[("short", lambda _: made)])


def test_the_table_has_a_row_for_every_variation(market):
    found = measure_tornado(market, make_decisions(market))
    table = found.to_frame()
    assert len(table) == len(found.variations) == 12
    dearer = table.loc["fee ×2"]
    change = dearer["total_return"] - found.base["total_return"]
    assert dearer["change_total_return"] == change
    model = json.loads(json.dumps(found.to_dict()))
    assert [each["label"] for each in model["variations"]] == list(table.index)


@dataclass(frozen=True)
class Clusters(Strategy):
    """Buy where the nearest cluster above is large."""

    share: float = param(0.5)

    def decide(self, market):
        zones = market.cached(liquidation_levels).short_zones
        return Decisions.from_arrays(
            len(market), long=zones.mass > self.share * zones.within_reach, max_bars=4
        )


@dataclass(frozen=True)
class Plain(Strategy):
    """Buy now and then."""

    def decide(self, market):
        return make_decisions(market)


def test_other_leverage_makes_another_map_and_other_trades(market):
    alternatives = leverage_alternatives(Clusters(), market)
    assert [name for name, _ in alternatives] == [
        "leverage weight L^0.00",
        "leverage weight L^2.84",
    ]
    decisions = Clusters().decide(market)
    found = measure_tornado(market, decisions, alternatives=alternatives)
    priors = [each for each in found.variations if each.assumption == "leverage prior"]
    assert len({each.changes["total_return"] for each in priors} | {0.0}) == 3


def test_the_fitted_leverage_itself_changes_nothing(market):
    alternatives = leverage_alternatives(Clusters(), market, factors=(1.0,))
    found = measure_tornado(market, Clusters().decide(market), alternatives=alternatives)
    assert_unchanged(found.variations[-1])


def test_a_rule_without_a_map_has_no_other_leverage(market):
    assert leverage_alternatives(Plain(), market) == ()


def test_turns_are_the_assumptions_that_change_the_sign_of_the_return():
    def vary(label, total):
        return Variation("fee", label, {"total_return": total}, {})

    varied = (vary("a", -0.1), vary("b", 0.2), vary("c", 0.0), vary("d", float("nan")))
    assert Tornado({"total_return": 0.1}, varied).turns == ("a", "c")
    assert Tornado({"total_return": -0.1}, varied).turns == ("b",)
    assert Tornado(note="not asked for").turns == ()


@pytest.fixture
def levelled(market):
    """Stops 3 % below, and targets that some later bar touches and none passes."""
    ahead = pd.Series(market.high)[::-1].rolling(6, min_periods=1).max()[::-1].shift(-1)
    target = np.maximum(ahead.fillna(0.0).to_numpy(), 1.001 * market.close)
    return make_decisions(market, stop=0.97 * market.close, target=target)


def test_other_limits_path_margin_leverage_and_impact_are_runs_of_their_own(market, levelled):
    costs, execution = Costs(impact=0), Execution(margin="none")
    found = measure_tornado(market, levelled, costs=costs, execution=execution)
    assert found.unchanged == {}
    expected = {
        "limits through": (costs, replace(execution, limit_fills="through")),
        "path": (costs, replace(execution, both_touched="path")),
        "with margin": (costs, replace(execution, margin="exchange")),
        "leverage ×3": (costs, replace(execution, leverage=3)),
        "with impact": (replace(costs, impact=1), execution),
    }
    for label, (paid, account) in expected.items():
        values = measure(market, levelled, paid, account)
        assert by_label(found)[label].statistics == same(values), label
    assert by_label(found)["leverage ×3"].changes["max_drawdown"] < 0
    assert by_label(found)["limits through"].changes["total_return"] != 0


def test_impact_and_margin_of_a_run_are_taken_away(market, levelled):
    costs, execution = Costs(impact=1.5), Execution(margin="exchange", limit_fills="through")
    found = by_label(measure_tornado(market, levelled, costs=costs, execution=execution))
    expected = {
        "impact ×0": (Costs(impact=0), execution),
        "impact ×2": (Costs(impact=3), execution),
        "no margin": (costs, replace(execution, margin="none")),
        "limits touched": (costs, replace(execution, limit_fills="touch")),
    }
    assert found.keys() >= expected.keys()
    assert not found.keys() & {"with impact", "with margin", "limits through"}
    for label, (paid, account) in expected.items():
        assert found[label].statistics == same(measure(market, levelled, paid, account)), label


def test_what_can_change_nothing_is_said_and_not_run(market):
    account = Execution(margin="none")
    found = measure_tornado(market, make_decisions(market), execution=account)
    assert found.unchanged == {
        "limits through": "no target and no limit order",
        "path": "no stop, no target and no order",
    }
    assert not by_label(found).keys() & found.unchanged.keys()
    assert found.to_dict()["unchanged"] == found.unchanged
    stops = make_decisions(market, stop=0.97 * market.close)
    stopped = measure_tornado(market, stops, execution=account)
    assert stopped.unchanged.keys() == {"limits through"}
    margined = measure_tornado(market, make_decisions(market))
    assert margined.unchanged.keys() == {"limits through"}
