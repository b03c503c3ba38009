"""The tornado figure: a bar for every change, the farthest first."""

import re
from xml.etree import ElementTree

import pytest

from kanalo.report.compare.tornado_figure import (
    NARROW,
    WIDE,
    draw_tornado,
    find_ticks,
    sort_variations,
)

BASE = {"total_return": 0.5, "cagr": 0.1, "sharpe_ratio": 0.8, "max_drawdown": -0.3}


def vary(label, change):
    changes = dict.fromkeys(BASE, change)
    values = {key: None if change is None else BASE[key] + change for key in BASE}
    return {"assumption": label, "label": label, "statistics": values, "changes": changes}


@pytest.fixture
def tornado():
    changes = {"fee ×0": 0.05, "one bar late": -0.2, "nothing": None, "none": 0.0}
    return {"base": BASE, "variations": [vary(*each) for each in changes.items()]}


def read_bars(text):
    """Return label, colour, left and right end of every bar."""
    pattern = r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)".*?var\(--(\w+)\)"><title>(.*?):'
    return [
        (label, colour, float(x), float(x) + float(width))
        for x, width, colour, label in re.findall(pattern, text)
    ]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_is_one_svg_element_of_the_pages_colours(tornado, width):
    text = draw_tornado(tornado, "a rule", width)
    root = ElementTree.fromstring(text)
    assert root.tag == "svg"
    assert root.get("aria-label") == "Assumptions of a rule"
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', text)) <= {
        f"var(--{name})" for name in ("ink", "muted", "grid", "good", "bad")
    }
    for label in ("fee ×0", "one bar late", "Sharpe ratio", "as run 0.80"):
        assert label in text


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_everything_stays_inside_the_drawing(tornado, width):
    root = ElementTree.fromstring(draw_tornado(tornado, "a rule", width))
    _, _, wide, tall = map(float, root.get("viewBox").split())
    assert wide == width
    for each in root.iter():
        for key in ("x", "x1", "x2"):
            assert 0 <= float(each.get(key, 0)) <= wide
        for key in ("y", "y1", "y2"):
            assert 0 <= float(each.get(key, 0)) <= tall


def test_better_and_worse_have_their_colours_and_sides(tornado):
    bars = read_bars(draw_tornado(tornado, "a rule"))
    # a change of nothing and a missing one are no bars
    assert [each[:2] for each in bars] == [("one bar late", "bad"), ("fee ×0", "good")] * len(BASE)
    for (_, _, _, worse_end), (_, _, better_start, _) in zip(bars[::2], bars[1::2], strict=True):
        assert worse_end == pytest.approx(better_start, abs=0.11)  # both begin at the run itself


def test_the_bar_is_as_long_as_the_change(tornado):
    worse, better = read_bars(draw_tornado(tornado, "a rule"))[:2]
    assert worse[3] - worse[2] == pytest.approx(4 * (better[3] - better[2]), rel=0.02)


def test_zero_is_dashed_where_the_values_surround_it(tornado):
    assert draw_tornado(tornado, "a rule").count("stroke-dasharray") == 1  # of the growth a year


def test_what_moves_the_sharpe_ratio_most_comes_first(tornado):
    rows = [row["label"] for row in sort_variations(tornado)]
    assert rows == ["one bar late", "fee ×0", "nothing", "none"]


def test_panels_keep_their_order_whatever_that_of_the_keys(tornado):
    backwards = {**tornado, "base": dict(sorted(BASE.items()))}
    assert draw_tornado(backwards, "a rule") == draw_tornado(tornado, "a rule")


def test_a_run_without_figures_is_drawn_without_bars(tornado):
    empty = tornado | {"base": dict.fromkeys(BASE)}
    text = draw_tornado(empty, "a rule")
    assert "as run not defined" in text
    assert not read_bars(text)


def test_a_figure_that_nothing_changes_has_its_line_in_the_middle():
    same = {"base": BASE, "variations": [vary("none", 0.0)]}
    assert "NaN" not in draw_tornado(same, "a rule")
    assert not read_bars(draw_tornado(same, "a rule"))


def test_names_cannot_become_markup(tornado):
    bad = "<script>\"'</svg>"
    tornado["variations"].append(vary(bad, 0.3))
    text = draw_tornado(tornado, bad)
    assert "<script>" not in text
    assert ElementTree.fromstring(text).get("aria-label") == f"Assumptions of {bad}"


@pytest.mark.parametrize(
    ("low", "high", "at_most", "ticks"),
    [
        (-0.31, 0.74, 3, [0.0, 0.5]),
        (0.0, 1.0, 3, [0.0, 0.5, 1.0]),
        (-0.2404, -0.2196, 2, [-0.24, -0.22]),
        (1_000, 9_000, 2, [5_000]),
    ],
)
def test_ticks_are_round_and_few(low, high, at_most, ticks):
    assert find_ticks(low, high, at_most) == pytest.approx(ticks)
