"""axe-core finds nothing serious on any kind of page.

axe-core is a tool for this test alone: ``npm install`` in the repository's root brings it, or
``KANALO_AXE`` names its script. Without it, or without Chromium, the tests are skipped and say so.
"""

import os
from pathlib import Path

import pytest

from kanalo.report import to_model, write_report
from kanalo.report.toolkit.bars import draw_bars
from kanalo.report.toolkit.page import Figure, Page, Section, page_to_html
from kanalo.report.toolkit.tables import Cell, Row, Table

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("KANALO_AXE", ROOT / "node_modules/axe-core/axe.min.js"))
SERIOUS = ("serious", "critical")
PATIENCE = 110
"""Seconds for axe-core on a page with everything open; a busy machine needs more than usual."""

RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations
      .map((each) => [each.impact, each.id, each.nodes.map((node) => node.target.join(" "))])),
      (error) => done([["critical", "axe failed", [String(error)]]]));
"""


@pytest.fixture(scope="module")
def axe():
    if not AXE.is_file():
        pytest.skip("no axe-core here; run `npm install` in the root or set KANALO_AXE")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory, build):
    folder = tmp_path_factory.mktemp("pages")
    comparison = build()
    write_report(to_model(comparison), folder, comparison)
    (folder / "plain.html").write_text(page_to_html(make_plain_page()), encoding="utf-8")
    return {"comparison": folder / "report.html", "plain": folder / "plain.html"}


def make_plain_page():
    """Make what all pages but the comparison are made of: texts, a figure, tables of both kinds."""
    rows = tuple(Row(f"set {i}", (Cell("1.0", 1.0), Cell("amber"))) for i in range(3))
    table = Table("Set", ("Sharpe Ratio", "Light"), rows)
    figure = Figure((draw_bars(["2024"], [0.1], ["10.0"], "Returns by year"),), "Returns by year.")
    sections = (
        Section("Numbers", ("A text.",), (figure,), (table,)),
        Section("Words", tables=(table,), words=True),
    )
    return Page("Title", "Facts", "Answer.", ("A caveat.",), sections)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["comparison", "plain"])
def test_axe_finds_nothing_serious(kind, theme, width, axe, pages, browser):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(pages[kind].as_uri())
    browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    browser.execute_script(
        "for (const each of document.querySelectorAll('details')) each.open = true"
    )
    browser.execute_script(axe)
    browser.set_script_timeout(PATIENCE)
    found = browser.execute_async_script(RUN)
    assert [each for each in found if each[0] in SERIOUS] == []
