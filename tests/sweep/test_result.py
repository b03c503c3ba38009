"""A sweep shows itself: a short repr, its best sets, a heatmap, a page."""

import pytest

import kanalo
from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import ParameterError, UnknownNameError


@pytest.fixture(scope="module")
def swept():
    rule = kanalo.find_workspace().load_strategy("donchian_breakout")
    market = kanalo.load_market("xmr_1d").between("2025-01-01")
    return kanalo.run_sweep(rule, market, {"entry": [10, 20, 55], "leave": [5, 10]})


def test_a_repr_is_short(swept):
    assert repr(swept) == "SweepResult(donchian_breakout: 6 sets of entry, leave)"


def test_statistics_are_labelled(swept):
    assert list(swept.statistics.columns) == [each.label for each in STATISTICS]
    percent = swept.statistics["Return [%]"]
    assert percent.tolist() == (100 * swept.table["total_return"]).tolist()


def test_summary_begins_with_the_best(swept):
    summary = swept.summary(n=3)
    assert len(summary) == 3
    assert summary.iloc[0]["entry"] == swept.best()["entry"]
    assert summary["Sharpe Ratio"].is_monotonic_decreasing
    with pytest.raises(UnknownNameError, match="Did you mean 'sharpe_ratio'"):
        swept.summary("sharp_ratio")


def test_page_is_written(swept, tmp_path):
    text = swept.to_html(tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert "Sweep of donchian_breakout on xmr_1d" in text
    with pytest.raises(ParameterError, match="'path' must be"):
        swept.to_html(7)


def test_plot_is_the_heatmap(swept):
    assert swept.plot().axes[0].get_xlabel() == "entry"
    assert "<table" in swept._repr_html_()
