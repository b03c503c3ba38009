"""The first table: every rule on every market, with its light, its figures and its rank."""

import copy

import pytest

from kanalo.report import to_html, to_markdown, to_model
from kanalo.report.compare import html
from kanalo.report.compare.answer import ANSWER, to_answer
from kanalo.report.compare.groups import RANDOM_ENTRIES

RANK = {"n": 1000, "percentile": 0.878, "p_value": 0.12}


def judge(model, label, light, short="too few trades (9; 30 required)"):
    """Give one result a verdict, as far as the table reads it."""
    model = copy.deepcopy(model)
    for entry in model["results"]:
        if entry["label"] == label:
            placebo = {"kinds": {RANDOM_ENTRIES: RANK}}
            entry["judgement"] = {"light": light, "short": short, "placebo": placebo}
    return model


def to_row(model, label):
    (row,) = [row for row in to_answer(model).rows if row.name == label]
    return dict(zip(to_answer(model).columns, row.cells, strict=True))


@pytest.mark.slow
def test_there_is_one_row_a_rule_and_market(build, build_market):
    markets = {name: build_market(120, name=name) for name in ("xmr_1d", "btc_1d")}
    model = to_model(build(markets))
    rows = to_answer(model).rows
    assert len(rows) == len(model["results"])
    assert to_answer(model).columns[0] == "Market"
    assert {row.cells[0].text for row in rows} == {"xmr_1d", "btc_1d"}


def test_random_yardsticks_of_a_rule_have_no_row(model):
    model = copy.deepcopy(model)
    model["results"][0]["matches"] = "sma_cross"
    label = model["results"][0]["label"]
    assert label not in [row.name for row in to_answer(model).rows]


def test_verdict_and_rank_stand_in_the_row(model):
    row = to_row(judge(model, "sma_cross", "amber"), "sma_cross")
    assert row["Verdict"].text == "amber"
    assert row["Random Beaten [%]"].text == "87.8"
    assert to_row(model, "sma_cross")["Verdict"].text == "not judged"
    assert to_row(model, "sma_cross")["Random Beaten [%]"].text == "–"
    assert to_row(model, "hold_perpetual")["Verdict"].text == "holding"


def test_every_cell_has_a_column_and_a_help(model):
    table = to_answer(model)
    assert all(len(row.cells) == len(table.columns) == len(table.help) for row in table.rows)
    assert len(table.columns) == len(ANSWER) + 2


def test_markdown_has_the_table_before_all_others(model):
    lines = to_markdown(model).splitlines()
    first = next(line for line in lines if line.startswith("|"))
    assert "Random Beaten" in first


def test_the_page_answers_in_the_order_headline_table_curves_words(page):
    places = ['class="headline"', "All rules on all markets", 'id="group-0-curves"', 'id="words"']
    found = [page.index(each) for each in places]
    assert found == sorted(found)


@pytest.mark.slow
def test_only_the_first_curves_stand_on_the_first_screen(build, build_market, monkeypatch):
    monkeypatch.setattr(html, "MOST_CURVES", 1)
    markets = {name: build_market(40, name=name) for name in ("a_1d", "b_1d")}
    first, rest = to_html(to_model(build(markets, 1))).split('id="words"', 1)
    assert 'id="group-0-curves"' in first
    assert 'id="group-1-curves"' in rest
