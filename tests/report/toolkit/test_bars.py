"""Bars: one a value, from zero, named for readers that cannot see them."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from kanalo.report.toolkit.bars import HEIGHT, WIDTH, draw_bars

values = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30)


@given(values)
def test_bars_stay_inside_and_none_leaves_a_gap(heights):
    drawn = draw_bars([""] * len(heights), heights, ["x"] * len(heights), "title")
    root = ElementTree.fromstring(drawn)
    bars = root.findall("rect")
    assert len(bars) == sum(each is not None for each in heights)
    for bar in bars:
        left, top, width, height = (float(bar.get(k)) for k in ("x", "y", "width", "height"))
        assert min(left, top, width, height) >= 0
        assert left + width <= WIDTH
        assert top + height <= HEIGHT


def test_losses_are_told_apart_by_more_than_their_colour():
    drawn = draw_bars(["a", "b"], [0.1, -0.1], ["10", "−10"], "title")
    assert drawn.count("fill-opacity") == 1
    assert "var(--good)" in drawn
    assert "var(--bad)" in drawn


def test_text_is_escaped():
    drawn = draw_bars(["<b>"], [1.0], ["<i>"], "<title>")
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert 'label="&lt;title&gt;"' in drawn


def test_many_labels_are_thinned():
    drawn = draw_bars([str(i) for i in range(40)], [1.0] * 40, [""] * 40, "title")
    assert len(re.findall("<text", drawn)) <= 9


def test_texts_that_would_touch_are_left_to_the_hover():
    labels = [str(year) for year in range(2013, 2026)]
    svg = draw_bars(labels, [-0.133] * 13, ["−13.3"] * 13, "Returns by year")
    written = svg.count(">−13.3</text>")
    assert 0 < written < 13
    assert svg.count("<title>−13.3</title>") == 13
