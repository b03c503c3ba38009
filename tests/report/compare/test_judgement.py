"""Verdicts on every face: a light, a sentence and the reasons, for rules and not for yardsticks."""

import copy
import dataclasses
import io
import json

import pytest
from rich.console import Console

from kanalo.experiment.run_spec import run_spec
from kanalo.experiment.spec_reader import parse_spec
from kanalo.judgement.judge import Options
from kanalo.ledger import Ledger, recording
from kanalo.report import print_report, to_html, to_json, to_markdown, to_model
from kanalo.report.compare.judgement_tables import to_tornado
from kanalo.workspace import find_workspace

CONTENT = {
    "yardsticks": True,
    "markets": [{"name": "xmr_1d", "from": "2021-01-01", "to": "2023-01-01"}],
    "strategies": [
        {"name": "hold_perpetual"},
        {"name": "sma_cross"},
        {"name": "donchian_breakout", "parameters": {"entry": 5, "leave": 3}},
    ],
}
QUICK = Options(n_resamples=60, n_placebos=40, shifts=(1,), n_moves=1, cuts=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


def judge(folder, options=QUICK, **change):
    spec = parse_spec(CONTENT | change, name="small")
    with recording(folder, "compare", versions={}, details={}) as recorder:
        how = {"cross_check": False, "recorder": recorder, "options": options}
        return to_model(run_spec(spec, find_workspace(), **how))


def show(model):
    file = io.StringIO()
    print_report(model, Console(file=file, width=80, color_system=None))
    return file.getvalue()


def rule(entry):
    return entry["judgement"] is not None


@pytest.fixture(scope="module")
def judged(folder):
    return judge(folder)


def test_rules_are_judged_and_yardsticks_are_not(judged):
    found = {each["label"]: each["judgement"] for each in judged["results"]}
    assert found["hold_perpetual"] is None
    assert found["random like sma_cross"] is None
    for label in ("sma_cross", "donchian_breakout"):
        assert found[label]["light"] in ("green", "amber", "red")
        assert found[label]["look_ahead"]["status"] == "clean"
        assert len(found[label]["reasons"]) == 7
        low, high = (found[label]["intervals"]["cagr"][key] for key in ("low", "high"))
        assert low < found[label]["intervals"]["cagr"]["estimate"] < high
    differences = found["sma_cross"]["differences"]
    assert set(differences) == {"matched_hold", "cash", "donchian_breakout"}


@pytest.mark.slow
def test_every_face_holds_the_sentences(judged):
    shown, page, text = show(judged), to_html(judged), to_markdown(judged)
    for each in judged["results"]:
        if each["judgement"]:
            line = f"{each['judgement']['light']:5} {each['label']}: "
            assert line in shown
            assert each["judgement"]["sentence"][:40] in page
            assert each["judgement"]["reasons"][1]["text"].split(";")[0] in text
    assert 'id="luck"' in page
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.slow
def test_every_face_holds_the_tests_behind_the_reasons(judged, packed_figures):
    page, text = to_html(judged), to_markdown(judged)
    for title in ("Placebos", "Order within bars", "Other assumptions"):
        assert f"<summary>{title}" in page
        assert f"### {title}: xmr\\_1d · standard" in text
    figures = "".join(packed_figures(page))
    assert figures.count('aria-label="Assumptions of sma_cross"') == 2  # for desks and telephones
    assert "| one bar late |" in text
    assert "Random entries | Shifted signals | Flipped sides |" in text


def test_the_tornado_of_a_rule_holds_every_assumption(judged):
    found = {each["label"]: each["judgement"] for each in judged["results"]}["sma_cross"]["tornado"]
    labels = [each["label"] for each in found["variations"]]
    assert labels == [
        *("fee ×0", "fee ×2", "slippage ×0", "slippage ×2", "no funding", "impact ×0"),
        *("impact ×2", "one bar late", "target first", "path", "no margin", "leverage ×3"),
    ]
    assert list(found["unchanged"]) == ["limits through"]
    (entry,) = (each for each in judged["results"] if each["label"] == "sma_cross")
    rows = {row.name: row for row in to_tornado(entry).rows}
    assert [cell.text for cell in rows["limits through"].cells] == ["as run"] * 4
    assert rows["limits through"].help == "Changes nothing: no target and no limit order."
    free = found["variations"][0]
    assert free["changes"]["cagr"] > 0
    assert free["statistics"]["cagr"] == found["base"]["cagr"] + free["changes"]["cagr"]


def test_the_terminal_names_the_signs_that_hang_on_an_assumption(judged):
    model = copy.deepcopy(judged)
    for each in model["results"]:
        if each["judgement"]:
            each["judgement"]["tornado"]["turns"] = []
    assert "changes sign under" not in show(model)
    (chosen,) = (each for each in model["results"] if each["label"] == "sma_cross")
    chosen["judgement"]["tornado"]["turns"] = ["fee ×2", "one bar late"]
    words = " ".join(show(model).split())
    assert "changes sign under: sma_cross (fee ×2, one bar late)." in words


@pytest.mark.slow
def test_without_the_tornado_no_face_has_it(tmp_path):
    found = judge(tmp_path, options=dataclasses.replace(QUICK, tornado=False, cuts=0))
    (note,) = {each["judgement"]["tornado"]["note"] for each in found["results"] if rule(each)}
    assert note == "not asked for"
    assert "Other assumptions" not in to_html(found) + to_markdown(found)


@pytest.mark.slow
def test_same_spec_again_counts_no_new_trial_and_gives_the_same_json(judged, folder):
    again = judge(folder)
    assert again["run"]["ledger_run"] == judged["run"]["ledger_run"] + 1
    first, second = ({**model, "run": {}} for model in (judged, again))
    assert to_json(first) == to_json(second)
    with Ledger(folder / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.count_trials() == judged["judgement"]["trials"]["count"] == 2


@pytest.mark.slow
def test_other_parameters_are_a_new_trial(judged, folder):
    strategies = [{"name": "sma_cross", "parameters": {"fast": 5}}]
    assert judge(folder, strategies=strategies)["judgement"]["trials"]["count"] == 3


@pytest.mark.slow
def test_without_judgement_there_is_none(model):
    assert model["judgement"] is None
    assert "Is it luck?" not in to_html(model) + to_markdown(model)
    assert json.loads(to_json(model))["results"][0]["judgement"] is None


def test_too_short_a_history_says_why_there_are_no_tests(tmp_path):
    window = [{"name": "xmr_1d", "from": "2023-01-01", "to": "2023-01-20"}]
    found = judge(tmp_path, markets=window)
    (group,) = found["judgement"]["groups"]
    assert "At least 30 daily returns are needed" in group["problem"]
    assert {each["judgement"]["light"] for each in found["results"] if each["judgement"]} <= {
        "amber",
        "red",
    }
