"""`kanalo diff` explains a difference by parts that add up to it exactly."""

import json
import shutil
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.cli.diff import round_parts
from kanalo.experiment.diff import PARTS, diff_runs
from kanalo.workspace import find_workspace


@pytest.fixture
def used(used_home, tmp_path, monkeypatch):
    """Work in a copy of a workspace with four runs, and add two that differ in everything."""
    root = tmp_path / "home"
    shutil.copytree(used_home, root)
    monkeypatch.chdir(root)
    return root


RUN = ("run", "hold", "--data", "backtests/bars.csv", "-q")


def explain(kanalo, *arguments):
    outcome = kanalo("diff", *arguments, "--json", "-")
    assert outcome.code == 0, outcome.err
    model = json.loads(outcome.out)
    return model, {each["part"]: each["explains"] for each in model["parts"]}


def test_one_change_explains_everything(used, kanalo):
    model, parts = explain(kanalo, 2, 3)
    assert model["difference"] != 0
    assert parts["parameters"] == model["difference"]
    assert all(value == 0 for name, value in parts.items() if name != "parameters")
    (change,) = [each["changes"] for each in model["parts"] if each["part"] == "parameters"]
    assert change == ["after_bars 2 → 3"]


def test_several_changes_add_up_to_the_last_digit(used, kanalo):
    changed = ("--after-bars", "4", "--fee-bps", "90", "--to", "2024-01-20")
    assert kanalo(*RUN, *changed, "--max-leverage", "2", "--share", "0.7").code == 0
    found = diff_runs(find_workspace(), 2, 5)
    assert sum(found.parts.values()) == found.difference
    assert found.difference == Fraction(found.returns[1]) - Fraction(found.returns[0])
    moved = {name for name, value in found.parts.items() if value}
    assert {"parameters", "data", "costs"} <= moved
    assert set(found.changes) == {"parameters", "data", "costs", "fills"}
    assert tuple(found.parts) == PARTS


def test_edited_code_is_blamed_for_what_it_moved(used, kanalo):
    path = used / "strategies" / "hold.py"
    path.write_text(
        path.read_text().replace("entry[self.after_bars]", "entry[self.after_bars + 5]")
    )
    _forget()
    assert kanalo(*RUN).code == 0
    model, parts = explain(kanalo, 2, 5)
    assert parts["code"] == model["difference"] != 0
    assert parts["versions"] == 0


def test_another_rule_is_code(used, kanalo):
    model, parts = explain(kanalo, 2, 4)
    assert parts["code"] == pytest.approx(model["difference"])
    assert model["parts"][0]["changes"] == ["rule hold → plain"]


def test_a_run_against_itself_differs_in_nothing(used, kanalo):
    outcome = kanalo("diff", 2, 2)
    assert "together" in outcome.out
    assert "+0.00 points" in outcome.out


def test_a_run_with_several_results_asks_for_one(used, kanalo):
    outcome = kanalo("diff", 1, 2)
    assert outcome.code == 2
    assert "Run 1 has 2 results (hold on bars, late on bars, …)" in outcome.err
    _, parts = explain(kanalo, 1, 2, "--rule", "late", "--rule", "hold")
    assert parts["parameters"] != 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 99), "has no run 99"),
        ((2, 3, "--rule", "hodl"), "There is no rule in run 2 'hodl'. Did you mean 'hold'?"),
    ],
)
def test_what_cannot_be_compared_is_named(used, kanalo, arguments, message):
    outcome = kanalo("diff", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_run_without_figures_is_named(used, kanalo):
    kanalo("audit", "hold", "--data", "backtests/bars.csv")
    outcome = kanalo("diff", 2, 5)
    assert outcome.code == 1
    assert "Run 5 (audit, finished) left no figures" in outcome.err


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), max_size=8))
def test_shown_parts_add_up_to_the_shown_total(parts):
    shown = sum(Fraction(str(each)) for each in round_parts(parts))
    total = 0.0
    for each in parts:
        total += 100 * each
    assert shown == Fraction(str(round(total, 2)))


def _forget():
    import sys

    for name in [each for each in sys.modules if each.split(".")[0] == "strategies"]:
        del sys.modules[name]
