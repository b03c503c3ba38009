"""A section is one module and one line in `SECTIONS`: every face then shows it."""

import io
import json

import pytest
from rich.console import Console

from kanalo.report import print_report, to_html, to_json, to_markdown, to_model
from kanalo.report.compare import sections
from kanalo.report.compare.sections import SectionKind
from kanalo.report.toolkit.page import Section
from kanalo.report.toolkit.tables import Cell, Row, Table

N_BARS = SectionKind(
    "n_bars",
    build=lambda comparison: [(run.label, len(run.result.equity)) for run in comparison.runs],
    show=lambda part, markets: [
        Section(
            "Bars of each rule",
            (f"Bars of {len(markets)} markets are at hand.",),
            tables=(
                Table("Rule", ("Bars",), tuple(Row(name, (Cell(str(n)),)) for name, n in part)),
            ),
        )
    ],
    tell=lambda part: [f"{len(part)} rules were counted."],
)


@pytest.fixture
def with_new(monkeypatch):
    monkeypatch.setattr(sections, "SECTIONS", (*sections.SECTIONS, N_BARS))


@pytest.mark.slow
def test_a_new_section_stands_in_every_face(with_new, comparison):
    model = to_model(comparison)
    n_rules, n_bars = len(comparison.runs), len(comparison.runs[0].result.equity)
    assert json.loads(to_json(model))["sections"]["n_bars"][0][1] == n_bars
    assert "## Bars of each rule" in to_markdown(model)
    page = to_html(model)
    assert ">Bars of each rule</h2>" in page
    assert ">Bars of each rule</a>" in page  # in the contents
    console = Console(file=io.StringIO(), width=80)
    print_report(model, console)
    assert f"{n_rules} rules were counted." in console.file.getvalue()


def test_what_has_nothing_to_say_gets_no_section(monkeypatch, comparison):
    empty = SectionKind("empty", build=lambda _: [], show=N_BARS.show)
    monkeypatch.setattr(sections, "SECTIONS", (empty,))
    model = to_model(comparison)
    assert model["sections"] == {}
    assert sections.show_sections(model, {}) == []
    assert sections.tell_sections(model) == []
