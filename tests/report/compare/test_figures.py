"""Static figures: themed by the page, deterministic, and without matplotlib's global state."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from kanalo.report.compare import figures
from kanalo.report.compare.groups import Group, to_groups
from kanalo.report.compare.price_figure import draw_price
from kanalo.report.toolkit.axes import NARROW, shorten
from kanalo.report.toolkit.templates import read_template


@pytest.fixture(scope="module")
def group(model):
    return to_groups(model)[0]


DRAWINGS = [
    figures.draw_equity,
    figures.draw_rolling_sharpe,
    figures.draw_scatter,
    lambda group: figures.draw_equity(group, NARROW),
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


@pytest.mark.slow
def test_every_strategy_is_named_in_the_equity_figure(group):
    text = figures.draw_equity(group)
    for entry in group.results:
        assert shorten(entry["label"], 24) in text


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = "import sys, kanalo.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- colours that colour-blind readers can tell --------------------------------------------------

# Viénot, Brettel and Mollon (1999): what remains of linear RGB without one kind of cone.
BLIND = {
    "nobody": np.eye(3),
    "red-blind": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "green-blind": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def to_linear(color):
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def to_lab(linear):
    """Convert linear sRGB to CIE L*a*b* (white point D65)."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.clip(np.array(to_xyz) @ linear, 0, None) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def read_palettes():
    css = read_template("report.css")
    values = re.findall(r"--series-(\d+): (#[0-9a-f]{6});", css)
    colors = [color for _, color in values]
    assert [int(number) for number, _ in values] == [*range(12)] * 3
    assert colors[12:24] == colors[24:]
    return {"light": colors[:12], "dark": colors[12:24]}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("reader", BLIND)
def test_lines_are_told_apart_by_colour_or_by_style(theme, reader):
    labs = [to_lab(np.array(BLIND[reader]) @ to_linear(each)) for each in read_palettes()[theme]]
    alike = [
        (i, j)
        for i in range(12)
        for j in range(i)
        if np.linalg.norm(labs[i] - labs[j]) < 12 and figures.to_dash(i) == figures.to_dash(j)
    ]
    assert alike == []


@pytest.mark.parametrize(("theme", "paper"), [("light", "#ffffff"), ("dark", "#12161c")])
def test_lines_stand_out_from_the_paper(theme, paper):
    weights = np.array([0.2126, 0.7152, 0.0722])
    ground = float(weights @ to_linear(paper))
    for color in read_palettes()[theme]:
        low, high = sorted([float(weights @ to_linear(color)), ground])
        assert (high + 0.05) / (low + 0.05) >= 3


def test_two_holdings_are_told_apart_by_their_dashes(group):
    (held,) = [each for each in group.results if each["role"] == "holding"]
    spot = held | {"label": "hold_spot", "pays_funding": False}
    both = Group(group.market, group.costs, (held | {"pays_funding": True}, spot))
    first, second = (style["linestyle"] for style in figures.to_styles(both))
    assert first != second
