"""The model of a trial on a panel: everything that the report needs, with sentences."""

import json

import pytest

from kanalo.panel.judge import judge_panel
from kanalo.panel.model import PanelTrial, to_panel_model, to_sentence
from kanalo.report.toolkit.json_ import to_json


def make_model(samples, plan, panel):
    said = {"rise": "It rises.", "level": "It gets there."}
    results = judge_panel(samples, plan)
    trial = PanelTrial(plan, (panel,), results, said, {"rise": "refuted"}, results[:1])
    return to_panel_model(trial)


@pytest.fixture(scope="module")
def model(samples, plan, panel):
    return make_model(samples, plan, panel)


def test_a_claim_has_both_verdicts_and_all_figures(model):
    rise = model["claims"][0]
    assert rise["panel_verdict"] in ("supported", "refuted", "not decidable")
    assert rise["verdict"] == "refuted"
    assert model["claims"][1]["verdict"] is None
    for key in ("n", "effective_n", "effect", "interval", "power"):
        assert rise[key] is not None, key
    assert model["claims"][1]["bias"] == {"mean": 0.001, "error": 0.01}
    assert rise["thresholds"] == [[0.05, 0.05]]


def test_the_model_is_json_without_nan(model):
    text = to_json(model)
    assert "NaN" not in text
    assert json.loads(text)["schema"] == "kanalo.panel-claims/1"
    assert json.loads(text)["claims"][2]["interval"] == [None, None]


def test_sentences_say_what_was_found(model):
    rise, _, silent = model["claims"]
    assert to_sentence(rise) == rise["sentence"]
    assert rise["sentence"].startswith(rise["panel_verdict"].capitalize())
    assert "0 events could be compared" in silent["sentence"]


def test_what_was_not_asked_stands_in_the_caveats(model):
    assert any(each.startswith("other: not asked") for each in model["caveats"])
    assert model["repeated"][0]["name"] == "rise"


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        ([-0.02, 0.06], "a new coin is expected between −2.0"),
        ([0.03, 0.06], "where a new coin lies is not told"),
        ([-1.2, 1.3], "too few coins to say where a new one lies"),
    ],
)
def test_a_new_coin_is_told_where_its_interval_says_something(model, prediction, words):
    claim = model["claims"][0]
    coins = {**claim["coins"], "prediction": prediction, "mean": 0.045, "i_squared": 0.1}
    changed = {**claim, "effect": 0.02, "interval": [0.01, 0.03], "level": 0.95, "coins": coins}
    assert words in to_sentence({**changed, "effective_n": 10.0})


def test_a_gate_that_fails_is_in_the_sentence(model):
    claim = {**model["claims"][0], "gates_failed": ["zero is rejected too often"]}
    assert "Gate failed: zero is rejected too often." in to_sentence(claim)
