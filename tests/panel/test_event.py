"""An own event on a panel: the machinery of claims, at several horizons."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.panel.event import PanelEvent, study_panel, to_plan, to_study_model
from kanalo.panel.event_page import (
    print_study,
    to_coin_table,
    to_study_page,
    to_study_table,
    write_study_report,
)
from kanalo.panel.inference import infer
from kanalo.panel.trial import draw_panel
from kanalo.report.toolkit.json_ import to_json
from kanalo.report.toolkit.page import page_to_html, page_to_markdown

EVENT = PanelEvent("return_24h > 0.05", ("6h", "1d"), draws=199, delisted=())


@pytest.fixture(scope="module")
def study(panel):
    return study_panel(panel, EVENT, workers=1)


@pytest.fixture(scope="module")
def model(study):
    return to_study_model(study)


def test_the_estimate_is_that_of_the_pooled_others(panel, study):
    plan = to_plan(panel, EVENT)
    samples = draw_panel(panel, plan, plan.claims[:1], workers=1)["6h"]
    others = [each for each in samples if each.coin != "xmr"]
    expected = infer(others, plan.block_hours, [0, 0], 199, 0.95)
    assert study.raw[0].effect.value == expected.value
    assert study.raw[0].effect.n == expected.n > 50


def test_random_walks_show_nothing(study):
    for each in (*study.raw, *study.relative):
        assert abs(each.effect.value) < 4 * each.effect.error


def test_every_face_says_the_same(model, tmp_path):
    effect = model["effects"]["return"][1]
    assert to_study_table(model, "return").rows[1].cells[0].value == effect["n"]
    assert to_coin_table(model, "relative").rows[0].cells[0].value == 9
    assert json.loads(to_json(model))["schema"] == "kanalo.panel-study/1"
    text = io.StringIO()
    print_study(model, Console(file=text, width=80, highlight=False))
    assert max(len(line) for line in text.getvalue().splitlines()) <= 80
    page = to_study_page(model)
    assert page_to_html(page).count("<svg") >= 2
    assert model["sentence"].split(":")[0] in page_to_markdown(page)
    written = write_study_report(model, tmp_path)
    assert sorted(each.suffix for each in written) == [".html", ".json", ".md"]


def test_an_event_that_no_coin_has_names_every_coin(panel):
    silent = to_study_model(
        study_panel(panel, replace(EVENT, condition="long_short_ratio > 1"), workers=1)
    )
    assert silent["sentence"].startswith("Too few events")
    assert any("aaa: it has no 'long_short_ratio'" in each for each in silent["caveats"])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"condition": "retrun_24h > 1"}, UnknownNameError, "Did you mean 'return_24h'?"),
        ({"horizons": ()}, ParameterError, "at least one horizon"),
        ({"horizons": ("1d", "1d")}, ParameterError, "'1d' stands there twice"),
        ({"horizons": ("90min",)}, DataError, "90min"),
    ],
)
def test_what_cannot_be_asked_is_refused(panel, change, error, message):
    with pytest.raises(error) as caught:
        study_panel(panel, replace(EVENT, **change), workers=1)
    assert message in str(caught.value)
