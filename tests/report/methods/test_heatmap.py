"""The heatmap shows the median of a statistic over two parameters."""

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.errors import ParameterError, UnknownNameError
from kanalo.report.methods.heatmap import list_varying, plot_heatmap

GRID = {"entry": [10, 20, 55], "leave": [5, 10], "stop_atr": [2.0]}


@pytest.fixture(scope="module")
def rule():
    return kanalo.find_workspace().load_strategy("donchian_breakout")


@pytest.fixture(scope="module")
def market():
    return kanalo.load_market("xmr_1d").between("2025-01-01")


@pytest.fixture(scope="module")
def swept(rule, market):
    return kanalo.run_sweep(rule, market, GRID)


def test_only_parameters_that_vary_are_axes(swept):
    assert list_varying(swept) == ["entry", "leave"]


def test_cells_are_the_values_of_the_table(swept):
    axes = plot_heatmap(swept).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("entry", "leave")
    cells = np.asarray(axes.images[0].get_array())
    table = swept.table.set_index(["leave", "entry"])["sharpe_ratio"]
    np.testing.assert_array_equal(cells, table.unstack().to_numpy())


def test_axes_may_be_chosen(swept):
    axes = plot_heatmap(swept, "leave", statistic="total_return").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("leave", "entry")
    assert plot_heatmap(swept, y="entry").axes[0].get_xlabel() == "leave"


def test_one_parameter_is_a_line(rule, market):
    swept = kanalo.run_sweep(rule, market, {"entry": [10, 20]})
    (axes,) = swept.heatmap().axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), swept.table["sharpe_ratio"])


def test_many_values_are_points(swept):
    from dataclasses import replace

    numbers = np.linspace(1, 2, 100)
    table = pd.DataFrame({"entry": numbers, "leave": numbers, "sharpe_ratio": numbers})
    axes = plot_heatmap(replace(swept, table=table.assign(stop_atr=2.0))).axes[0]
    assert len(axes.collections[0].get_offsets()) == 100


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"x": "entri"}, ParameterError, "has no varying parameter 'entri'. Did you mean 'entry'"),
        ({"x": "stop_atr"}, ParameterError, "has no varying parameter 'stop_atr'"),
        ({"x": 5}, ParameterError, "has no varying parameter 5"),
        ({"x": "entry", "y": "entry"}, ParameterError, "'x' and 'y' must differ"),
        ({"statistic": "sharp_ratio"}, UnknownNameError, "Did you mean 'sharpe_ratio'"),
    ],
)
def test_wrong_axes_are_refused(swept, options, error, message):
    with pytest.raises(error, match=message):
        swept.heatmap(**options)


def test_a_sweep_of_one_set_has_no_heatmap(rule, market):
    with pytest.raises(ParameterError, match="no parameter of the sweep takes more than one value"):
        kanalo.run_sweep(rule, market, {"entry": [10]}).heatmap()
