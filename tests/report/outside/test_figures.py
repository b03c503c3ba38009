"""The curve of judged results has the drawdown under it, and a line for each result."""

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.report.outside.figures import draw_records, list_drawn
from kanalo.report.outside.model import to_outside_model
from kanalo.report.outside.page import to_answer_table, to_outside_page


@pytest.fixture(scope="module")
def model():
    days = pd.date_range("2023-01-01", periods=120, tz="UTC")
    draws = np.random.default_rng(5).normal(0.001, 0.02, (2, 120))
    records = {name: pd.Series(each, index=days) for name, each in zip("ab", draws, strict=True)}
    return to_outside_model(kanalo.judge(pd.DataFrame(records), n_trials=20, n_placebos=1))


def test_the_curve_is_the_growth_of_the_returns(model):
    first = model["results"][0]
    assert first["equity"]["dates"][0] == "2023-01-01"
    assert first["equity"]["values"][-1] == pytest.approx(1 + first["total_return"], rel=1e-5)


def test_each_result_has_a_line_over_its_drawdown(model):
    svg = draw_records(model)
    assert ">a</text>" in svg.replace("\N{ZERO WIDTH SPACE}", "")
    assert svg.index("Multiple of start") != svg.index("Drawdown")
    assert [each["label"] for each in list_drawn(model)] == ["a", "b"]


def test_a_record_without_days_has_no_curve(model):
    empty = {**model["results"][0], "equity": {"dates": [], "values": []}}
    alone = {**model, "results": [empty]}
    assert list_drawn(alone) == []
    assert to_outside_page(alone).sections[0].figures == ()


def test_the_first_table_holds_light_and_key_figures(model):
    table = to_answer_table(model)
    row = table.rows[0]
    assert table.columns[0] == "Verdict"
    assert row.cells[0].text == model["results"][0]["judgement"]["light"]
    assert row.cells[1].value == model["results"][0]["total_return"]
    assert len(row.cells) == len(table.columns) == len(table.help)
