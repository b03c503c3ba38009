"""What stands beside the tables: costs by name, lights, and a Sharpe ratio that looks odd."""

from dataclasses import replace

import pytest

from kanalo.report.compare.groups import Group
from kanalo.report.compare.notes import DATA_LIGHTS, say_costs, say_holding, say_lights

COSTS = {"fee_bps": 5, "slippage_bps": 2.0, "impact": 1.0, "funding": True, "maker_fee_bps": None}


def make_holding(label, pays_funding, sharpe, total, exposure):
    figures = {"sharpe_ratio": sharpe, "total_return": total, "average_exposure": exposure}
    statistics = figures | {"annual_volatility": 0.8 * exposure}
    return {
        "label": label,
        "role": "holding",
        "pays_funding": pays_funding,
        "statistics": statistics,
    }


@pytest.fixture
def group():
    held = (
        make_holding("perpetual", True, 0.8, 0.6, 1.7),
        make_holding("spot", False, 0.7, 3.0, 1.0),
    )
    return Group({"name": "m"}, {"name": "c"}, held)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "fee 5 bps, slippage 2 bps, market impact × 1, funding"),
        ({"maker_fee_bps": 1.5}, "fee 5 bps (maker 1.5), slippage 2 bps"),
        ({"impact": 0, "funding": False}, "slippage 2 bps, no market impact, no funding"),
    ],
)
def test_costs_are_spelled_out(changes, text):
    assert text in say_costs({"name": "standard", "values": COSTS | changes, "account": {}})


def test_lights_of_verdicts_are_told_only_where_rules_were_judged():
    assert say_lights({"judgement": None}) == DATA_LIGHTS
    assert "red: lost money" in say_lights({"judgement": {}})


def test_a_higher_sharpe_ratio_at_a_lower_return_is_explained(group):
    text = say_holding(group)
    assert "perpetual has a higher Sharpe ratio than spot and returned less" in text
    assert "1.70 times the equity" in text
    assert "136.0 % a year against 80.0 %" in text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("sharpe", "total", "exposure"),
    [(0.6, 0.6, 1.7), (0.8, 4.0, 1.7), (0.8, 0.6, 0.9), (None, 0.6, 1.7)],
    ids=("lower ratio", "higher return", "no more exposure", "unknown"),
)
def test_nothing_is_said_where_nothing_is_odd(group, sharpe, total, exposure):
    other = make_holding("perpetual", True, sharpe, total, exposure)
    assert say_holding(replace(group, results=(other, group.results[1]))) == ""


def test_nothing_is_said_of_one_way_to_hold(group):
    assert say_holding(replace(group, results=group.results[:1])) == ""
