"""Plots are figures of their own, made without pyplot's global state."""

import subprocess
import sys

import pytest

import kanalo
from kanalo.report.methods.plots import Plot, open_plot


@pytest.fixture(scope="module")
def comparison():
    market = kanalo.load_market("xmr_1d").between("2025-06-01")
    costs = {"cheap": kanalo.Costs(1), "dear": kanalo.Costs(50)}
    return kanalo.compare(["sma_cross"], market, costs=costs, yardsticks=True)


def test_every_market_and_cost_set_has_a_column(comparison):
    axes = comparison.plot().axes
    assert [each.get_title("left") for each in axes[:2]] == ["xmr_1d / cheap", "xmr_1d / dear"]


def test_random_entries_are_dotted(comparison):
    lines = comparison.plot().axes[0].lines
    assert [line.get_linestyle() for line in lines] == ["-", ":"]


def test_a_plot_is_a_png_for_notebooks():
    with open_plot(2.0) as figure:
        figure.subplots()
    assert isinstance(figure, Plot)
    assert figure._repr_png_()[:4] == b"\x89PNG"


def test_styles_do_not_leak():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with open_plot(2.0) as figure:
        figure.subplots()
    assert dict(mpl.rcParams) == before


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = (
        "import sys, kanalo; kanalo.run('sma_cross', 'xmr_1d').plot(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
