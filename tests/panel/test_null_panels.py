"""Gates that fail on null panels are named; they hold for the plan that they were run for."""

from pathlib import Path

import pytest

from kanalo.panel import null_panels
from kanalo.panel.null_panels import NullPanels, find_null_panels
from kanalo.panel.plan import Bias, load_panel_plan

GOOD = {
    "panels": 300,
    "covers": 0.95,
    "planted": 300,
    "bias": Bias(0.002, 0.001),
    "told": 0.05,
    "told_far": 0.007,
    "found": 0.55,
    "stated": 0.6,
    "found_holm": 0.3,
    "stated_holm": 0.35,
    "refuted": 0.01,
}


def test_a_test_that_holds_has_no_failed_gate():
    assert NullPanels(**GOOD).list_failed(0.01) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"told": 0.12}, "zero is rejected on 12.0% of null panels at 5 %"),
        ({"told_far": 0.02}, "zero is rejected on 2.0% of null panels at 0.7 %"),
        ({"bias": Bias(-0.004, 0.001)}, "off by 40% of the least effect"),
        ({"bias": None, "covers": 0.9}, "cover in 90.0%"),
        ({"refuted": 0.06}, "refuted on 6.0%"),
        ({"found": 0.4}, "found in 40.0%, 60.0% stated at 5 %"),
        ({"found_holm": 0.5}, "found in 50.0%, 35.0% stated at Holm's first step"),
    ],
)
def test_each_gate_is_named(changed, words):
    failed = NullPanels(**{**GOOD, **changed}).list_failed(0.01)
    assert len(failed) == 1
    assert words in failed[0]


def test_the_bundled_plan_was_run_on_three_hundred_null_panels():
    root = Path(__file__).resolve().parents[2]
    plan = load_panel_plan(root / "backtests" / "claims_panel.toml")
    known = {each.name: find_null_panels(plan.digest, each.name) for each in plan.claims}
    assert known["squeeze"].panels == 300
    assert known["squeeze"].told <= 0.075
    assert known["decoupled"].bias is None
    assert find_null_panels(plan.digest, "unheard") is None


def test_another_plan_has_no_null_panels(monkeypatch):
    content = {"plan": "a", "claims": {"rise": {"panels": 3, "covers": 1.0, "bias": [0.1, 0.2]}}}
    monkeypatch.setattr(null_panels, "_read", lambda: content)
    assert find_null_panels("a", "rise").bias == Bias(0.1, 0.2)
    assert find_null_panels("b", "rise") is None
