"""A comparison shows itself: statistics, summary, plot, page."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import kanalo
from kanalo.errors import ParameterError, WorkspaceError

RULES = ["hold_perpetual", "sma_cross"]


@pytest.fixture(scope="module")
def market():
    return kanalo.load_market("xmr_1d").between("2025-01-01")


@pytest.fixture(scope="module")
def comparison(market):
    return kanalo.compare(RULES, market)


def test_statistics_are_the_report_s_under_its_names(comparison):
    statistics = comparison.statistics
    assert list(statistics.columns) == RULES
    for run in comparison.runs:
        assert statistics.loc["Return [%]", run.label] == 100 * run.statistics["total_return"]
        assert statistics.loc["Sharpe Ratio", run.label] == run.statistics["sharpe_ratio"]


def test_several_cost_sets_have_a_level_of_their_own(market):
    costs = {"cheap": kanalo.Costs(1), "dear": kanalo.Costs(50)}
    columns = kanalo.compare(RULES[1:], market, costs=costs).statistics.columns
    assert columns.tolist() == [("cheap", "sma_cross"), ("dear", "sma_cross")]
    assert columns.names == ["costs", "strategy"]


def test_summary_has_a_row_a_run(comparison):
    summary = comparison.summary()
    assert summary.index.tolist() == RULES
    assert summary.columns[0] == "Return [%]"
    assert "Max. Drawdown [%]" in summary.columns


def test_reprs_are_short(comparison):
    assert repr(comparison) == "Comparison('comparison': 2 runs on xmr_1d)"
    assert repr(comparison.runs[1]) == "Run('sma_cross' on 'xmr_1d' at 'standard')"


def test_plot_draws_every_run(comparison):
    figure = comparison.plot()
    assert isinstance(figure, Figure)
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == RULES
    assert len(lower.lines) == 2
    last = comparison.runs[0].result.equity.iloc[-1] / comparison.runs[0].result.cash
    assert np.asarray(upper.lines[0].get_ydata())[-1] == pytest.approx(last)


@pytest.mark.slow
def test_page_is_written_whole(comparison, tmp_path):
    path = comparison.to_html(tmp_path / "mine.html")
    assert path == tmp_path / "mine.html"
    assert "sma_cross" in path.read_text(encoding="utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["mine.html"]


def test_places_that_cannot_be_written_are_refused(comparison, tmp_path):
    with pytest.raises(WorkspaceError, match="is a folder; name a file"):
        comparison.to_html(tmp_path)
    with pytest.raises(ParameterError, match=r"to_html\(\): 'path' must be the path of a file"):
        comparison.to_html(5)


def test_notebooks_get_a_table(comparison):
    html = comparison._repr_html_()
    assert "<table" in html
    assert "sma_cross" in html


def test_statistics_are_numbers(comparison):
    assert all(pd.api.types.is_float_dtype(dtype) for dtype in comparison.statistics.dtypes)
