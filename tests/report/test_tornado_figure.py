"""The tornado figure: a bar for every change, the farthest first."""

import re
from xml.etree import ElementTree

import pytest

from kanalo.report.tornado_figure import draw_tornado, sort_variations

BASE = {"total_return": 0.5, "cagr": 0.1, "sharpe_ratio": 0.8, "max_drawdown": -0.3}


def vary(label, change):
    changes = dict.fromkeys(BASE, change)
    values = {key: None if change is None else BASE[key] + change for key in BASE}
    return {"assumption": label, "label": label, "statistics": values, "changes": changes}


@pytest.fixture
def tornado():
    changes = {"fee ×0": 0.05, "one bar late": -0.2, "nothing": None, "none": 0.0}
    return {"base": BASE, "variations": [vary(*each) for each in changes.items()]}


@pytest.mark.parametrize("width", [900, 380])
def test_it_is_one_svg_element_of_the_pages_colours(tornado, width):
    text = draw_tornado(tornado, "a rule", width)
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert 'aria-label="Assumptions of a rule"' in text
    assert not re.findall(r"(?:fill|stroke): #", text)
    for label in ("fee ×0", "one bar late", "Sharpe ratio", "as run: 0.80"):
        assert label in text


def test_it_is_drawn_twice_alike(tornado):
    assert draw_tornado(tornado, "a rule") == draw_tornado(tornado, "a rule")


def test_better_and_worse_have_their_colours(tornado):
    text = draw_tornado(tornado, "a rule")
    assert text.count("fill: var(--good)") == len(BASE)
    # a change of nothing and a missing one are no bars of either colour
    assert text.count("fill: var(--bad)") == len(BASE)


def test_what_moves_the_sharpe_ratio_most_comes_first(tornado):
    rows = [row["label"] for row in sort_variations(tornado)]
    assert rows == ["one bar late", "fee ×0", "nothing", "none"]


def test_a_run_without_figures_is_drawn_without_bars(tornado):
    empty = tornado | {"base": dict.fromkeys(BASE)}
    assert "var(--good)" not in draw_tornado(empty, "a rule")
