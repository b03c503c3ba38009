"""The page of a search shows its sets, importance, contour and front."""

import json

import pytest

from kanalo.market.synthetic import random_walk_market
from kanalo.report.search.figures import draw_contour, find_points
from kanalo.report.search.page import to_search_model, write_search_report
from kanalo.search import run_search


@pytest.mark.slow
def test_every_face_is_written(tmp_path):
    space = {"entry": range(3, 40), "leave": range(2, 20)}
    market = random_walk_market(1_500, 4)
    result = run_search(
        "donchian_breakout", market, space, trials=20, by=["sharpe_ratio", "max_drawdown"]
    )
    model = to_search_model(result)
    write_search_report(result, model, tmp_path)
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {
        "report.html", "report.md", "report.json", "sets.csv", "importance.png", "contour.png"
    }  # fmt: skip
    assert "Search of donchian" in (tmp_path / "report.md").read_text("utf-8")
    assert "What decides the " in (tmp_path / "report.md").read_text("utf-8")
    written = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert written["schema"].startswith("kanalo.search")
    assert len(written["front"]) == len(result.front())


def test_one_parameter_has_no_contour():
    market = random_walk_market(600, 4)
    result = run_search("donchian_breakout", market, {"entry": range(3, 9)}, trials=5)
    assert find_points(result)[1] is None
    assert draw_contour(result) is None
