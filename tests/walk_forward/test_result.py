"""A walk-forward test shows itself: statistics, summary, plot, page."""

import numpy as np
import pytest

import kanalo
from kanalo.errors import ParameterError


@pytest.fixture(scope="module")
def walked():
    rule = kanalo.find_workspace().load_strategy("donchian_breakout")
    market = kanalo.load_market("xmr_1d").between("2022-01-01", "2026-01-01")
    return kanalo.run_walk_forward(rule, market, {"entry": [20, 55]}, test="365d")


def test_a_repr_is_short(walked):
    assert repr(walked).startswith("WalkForward(donchian_breakout: 2 tests of 365d after")
    assert len(repr(walked)) <= 300


def test_statistics_are_labelled_figures(walked):
    assert walked.statistics["Return [%]"] == 100 * walked.figures["total_return"]
    assert walked.statistics["# Trades"] == walked.figures["n_trades"]
    assert walked.summary().index[0] == "Return [%]"


def test_plot_marks_every_test(walked):
    upper, lower = walked.plot().axes
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), walked.equity)
    assert len(upper.lines) == 1 + len(walked.folds)
    assert len(lower.lines[0].get_xdata()) == len(walked.folds)


def test_page_is_written(walked, tmp_path):
    text = walked.to_html(tmp_path / "walk.html").read_text(encoding="utf-8")
    assert "donchian_breakout" in text
    assert "<table" in walked._repr_html_()
    with pytest.raises(ParameterError, match="'path' must be"):
        walked.to_html(None)
