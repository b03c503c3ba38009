"""Static figures: themed by the page, deterministic, and without matplotlib's global state."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from kanalo.report import figures
from kanalo.report.groups import to_groups
from kanalo.report.price_figure import draw_price


@pytest.fixture(scope="module")
def group(model):
    return to_groups(model)[0]


DRAWINGS = [
    figures.draw_equity,
    figures.draw_rolling_sharpe,
    figures.draw_scatter,
    lambda group: figures.draw_equity(group, figures.NARROW),
    lambda group: draw_price(group.results[0], group.market),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_figure_is_one_svg_element_of_the_pages_colours(group, draw):
    text = draw(group)
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "var(--" in text
    assert not re.findall(r"(?:fill|stroke): #", text)
    assert "<style" not in text
    assert 'aria-label="' in text


def test_the_same_figure_is_drawn_twice_alike(group):
    assert figures.draw_equity(group) == figures.draw_equity(group)


def test_every_strategy_is_named_in_the_equity_figure(group):
    text = figures.draw_equity(group)
    for entry in group.results:
        assert figures.shorten(entry["label"], 24) in text


def test_a_leading_underscore_does_not_hide_a_strategy(group):
    entry = group.results[0] | {"label": "_mine"}
    drawn = figures.draw_equity(type(group)(group.market, group.costs, (entry,)))
    assert "_mine" in drawn


def test_many_random_entries_share_one_name(group):
    entry = next(each for each in group.results if each["role"] == "random")
    others = tuple(entry | {"label": f"random {i}"} for i in range(3))
    crowd = type(group)(group.market, group.costs, group.results + others)
    text = figures.draw_equity(crowd)
    assert "random entries (4)" in text
    assert "random 2" not in text


def test_hostile_labels_stay_text(hostile_model):
    group = to_groups(hostile_model)[0]
    for draw in DRAWINGS:
        root = ElementTree.fromstring(draw(group))
        assert not [each for each in root.iter() if each.tag.endswith("script")]


def test_a_ruined_account_does_not_break_the_log_scale(group):
    entry = group.results[0]
    values = entry["equity"]["values"]
    ruined = [*values[:50], -1.0, *values[51:]]
    broken = entry | {"equity": entry["equity"] | {"values": ruined}}
    drawn = figures.draw_equity(type(group)(group.market, group.costs, (broken,)))
    assert "<path" in drawn


def test_pyplot_is_never_imported():
    code = "import sys, kanalo.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
