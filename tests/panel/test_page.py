"""The report: the table of verdicts comes first, then a forest plot a claim."""

import io

import pytest
from rich.console import Console

from kanalo.panel.page import draw_forest, print_panel, to_panel_page, write_panel_report
from kanalo.report.toolkit.page import page_to_html, page_to_markdown

from .test_model import make_model


@pytest.fixture(scope="module")
def model(samples, plan, panel):
    return make_model(samples, plan, panel)


def test_the_table_of_verdicts_comes_first(model):
    page = to_panel_page(model)
    assert page.sections[0].title == "All verdicts"
    assert page.sections[0].tables[0].rows[0].name == "rise"
    html = page_to_html(page)
    assert html.index("On the panel") < html.index("<svg")
    assert "0.05 → 0.05" in page_to_markdown(page)


def test_the_forest_has_a_row_a_coin_with_monero(model):
    drawing = draw_forest(model["claims"][0])
    for name in ("aaa", "iii", "xmr", "all others", "a new coin"):
        assert f">{name}<" in drawing


def test_the_terminal_fits_eighty_columns(model):
    text = io.StringIO()
    print_panel(model, Console(file=text, width=80, highlight=False))
    assert max(len(line) for line in text.getvalue().splitlines()) <= 80
    assert "silent:" in text.getvalue()


@pytest.mark.slow
def test_three_files_are_written(model, tmp_path):
    written = write_panel_report(model, tmp_path)
    assert sorted(each.suffix for each in written) == [".html", ".json", ".md"]
