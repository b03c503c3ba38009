"""The page of all runs has a row for each result, links to reports, and escapes what is written."""

import re

import pytest

from kanalo.ledger import Ledger
from kanalo.ledger.listing import list_rows
from kanalo.ledger.memory import add_note
from kanalo.report.ledger.page import write_ledger_page


@pytest.fixture
def page(tmp_path):
    results = [
        {
            "label": label,
            "market": "xmr_1d",
            "light": light,
            "total_return": 0.25,
            "sharpe_ratio": 0.5,
        }
        for label, light in (("dips", "amber"), ("slow", "red"))
    ]
    report = tmp_path / "dips of mine"
    report.mkdir()
    (report / "report.html").touch()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.run("compare", details={"what": "both", "folder": str(report)}) as run:
            ledger.summarise(run, results)
        with ledger.run("audit", details={"what": "dips", "folder": str(tmp_path / "gone")}):
            pass
        add_note(ledger, run, "<script>alert(1)</script>")
        path = write_ledger_page(list_rows(ledger), tmp_path)
    return path.read_text()


def rows_of(page):
    return re.findall(r"<tr><th scope=\"row\".*?</tr>", page, re.DOTALL)


def test_each_result_has_a_row_and_the_latest_run_comes_first(page):
    rows = rows_of(page)
    assert [re.search(r'data-value="(\d+)"', row).group(1) for row in rows] == ["2", "1", "1"]
    assert "dips" in rows[1]
    assert 'class="light red"' in rows[2]
    assert "25.0" in rows[1]


def test_reports_that_are_there_are_linked_by_a_relative_address(page):
    links = re.findall(r'<a href="([^"#]+)"', "".join(rows_of(page)))
    assert links == ["dips%20of%20mine/report.html"] * 2


def test_rows_can_be_filtered_by_their_words_and_sorted(page):
    assert "data-sortable" in page
    assert "data-filter" in page
    (words,) = re.findall(r'<span class="sr"> (both[^<]*slow[^<]*)</span>', page)
    assert "xmr_1d red" in words


def test_notes_are_text(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
