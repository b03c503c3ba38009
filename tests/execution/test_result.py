"""A result shows itself: short reprs, labelled statistics, plots, a page."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import kanalo
from kanalo.analyzers.statistics import STATISTICS
from kanalo.analyzers.summary import calc_statistics
from kanalo.errors import ParameterError, WorkspaceError
from kanalo.execution.account_columns import MARGIN_COLUMNS, SHARE_COLUMNS
from kanalo.execution.trades import TRADE_COLUMNS


@pytest.fixture(scope="module")
def result():
    market = kanalo.load_market("xmr_1d").between("2025-01-01")
    return kanalo.run("donchian_breakout", market)


def test_a_repr_is_one_short_line(result):
    assert repr(result).startswith("Result(donchian_breakout(entry=20, leave=10, ")
    assert "max. drawdown -" in repr(result)
    assert len(repr(result)) <= 300
    assert "\n" not in repr(result)


def test_statistics_have_the_report_s_names_in_its_order(result):
    statistics, figures = result.statistics, calc_statistics(result)
    assert list(statistics.index) == [each.label for each in STATISTICS]
    for each in STATISTICS:
        scale = 100 if each.label.endswith("[%]") else 1
        expected = figures[each.key] * scale
        assert statistics[each.label] == expected or math.isnan(expected), each.key
    assert statistics.name == "donchian_breakout"


def test_statistics_may_be_written_to(result):
    statistics = result.statistics
    statistics["Return [%]"] = 0.0
    assert result.statistics["Return [%]"] != 0.0


def test_summary_is_a_part_of_the_statistics(result):
    summary = result.summary()
    assert summary.index[0] == "Return [%]"
    pd.testing.assert_series_equal(summary, result.statistics[summary.index])


def test_trades_are_a_tidy_frame(result):
    assert tuple(result.trades.columns) == (*TRADE_COLUMNS, *MARGIN_COLUMNS, *SHARE_COLUMNS)
    assert result.trades.index.is_unique


def test_plot_shows_equity_drawdown_and_price_with_trades(result):
    figure = result.plot()
    assert isinstance(figure, Figure)
    equity, drawdown, price = figure.axes
    assert [axes.get_ylabel() for axes in (equity, drawdown, price)] == [
        *("Equity", "Drawdown", "Price")
    ]
    np.testing.assert_array_equal(equity.lines[1].get_ydata(), result.equity.to_numpy())
    labels = [each.get_label() for each in price.collections]
    points = dict(zip(labels, (len(each.get_offsets()) for each in price.collections), strict=True))
    sides = result.trades["side"]
    assert points["long entries"] == (sides > 0).sum()
    assert points["short entries"] == (sides < 0).sum()
    assert points["exits"] == len(result.closed_trades)


def test_a_plot_without_trades_is_a_plot():
    market = kanalo.load_market("xmr_1d").rows(0, 60)
    assert len(kanalo.run("sma_cross", market).plot().axes) == 3


@pytest.mark.slow
def test_a_plot_is_drawn_by_notebooks(result):
    assert result.plot()._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_page_is_written(result, tmp_path):
    path = result.to_html(str(tmp_path / "mine.html"))
    assert "donchian_breakout" in path.read_text(encoding="utf-8")


def test_places_that_cannot_be_written_are_refused(result, tmp_path):
    with pytest.raises(WorkspaceError, match="is a folder"):
        result.to_html(tmp_path)
    with pytest.raises(ParameterError, match="'path' must be the path of a file to write"):
        result.to_html(None)


def test_notebooks_get_a_table(result):
    html = result._repr_html_()
    assert "Max. Drawdown [%]" in html
    assert html.count("<tr") <= 12
