"""Figures of a page share styles and paths; those of closed sections are packed beside it."""

import re

import pytest

from kanalo.report.toolkit.sharing import OFTEN, share_paths, share_styles, take_closed

LONG = "M0 0" + "".join(f"l{i}.5-{i}" for i in range(120))


def draw(body):
    return f'<svg viewBox="0 0 9 9">{body}</svg>'


def test_styles_that_repeat_become_classes_and_rare_ones_stay():
    often, rare = '<path d="M0 0" style="fill:none"/>', '<rect style="fill:red"/>'
    page = share_styles(f"<style>a{{}}</style>{draw(often * OFTEN + rare)}")
    assert page.startswith("<style>a{}.k0{fill:none}</style>")
    assert page.count('class="k0"') == OFTEN
    assert rare in page


def test_styles_outside_of_figures_are_left_alone():
    page = '<style></style><p style="color:red">a</p>' * (OFTEN + 1)
    assert share_styles(page) == page


def test_grid_lines_need_no_clip_and_curves_keep_theirs():
    grid = '<path d="M1 2l0-3" clip-path="url(#a)" style="fill:none;stroke:var(--grid)"/>'
    curve = f'<path d="{LONG}" clip-path="url(#a)" style="fill:none;stroke:var(--ink)"/>'
    page = share_styles(f"<style></style>{draw(grid + curve)}")
    assert page.count("clip-path") == 1
    assert page.index("clip-path") > page.index(LONG)


def test_a_long_path_is_drawn_once_and_referred_to_under_its_own_clip():
    first = f'<path d="{LONG}" clip-path="url(#a)" style="x"/>'
    other = f'<path d="{LONG}" clip-path="url(#b)" style="x"/>'
    look = f'<path d="{LONG}" clip-path="url(#b)" style="y"/>'
    page = share_paths(draw(first) + draw(other) + draw(look))
    assert page.count(LONG) == 2  # one of each look
    assert f'<g clip-path="url(#a)"><path id="d0" d="{LONG}" style="x"/></g>' in page
    assert '<use xlink:href="#d0" clip-path="url(#b)"/>' in page
    assert look in page


def test_short_paths_are_not_shared():
    page = draw('<path d="M0 0l1 1"/>') * 3
    assert share_paths(page) == page


def test_figures_of_closed_sections_are_taken_in_order():
    closed = f'<details class="strategy" id="a">{draw("1")}{draw("2")}</details>'
    page, taken = take_closed(draw("0") + closed + draw("3") + closed)
    assert taken == [draw("1"), draw("2")] * 2
    assert page.count("<div data-figure></div>") == 4
    assert draw("0") in page
    assert draw("3") in page


@pytest.fixture(scope="module")
def packed(page, packed_figures):
    return packed_figures(page)


def test_a_page_has_a_figure_for_every_place(page, packed):
    assert page.count("<div data-figure></div>") == len(packed) > 0
    assert all(each.startswith("<svg ") and each.endswith("</svg>") for each in packed)


def test_references_of_packed_figures_resolve(page, packed):
    text = "".join(packed)
    ids = re.findall(r' id="([^"]*)"', text + re.sub(r"<script.*?</script>", "", page, flags=re.S))
    assert len(ids) == len(set(ids))
    references = re.findall(r'url\(#([^)]*)\)|xlink:href="#([^"]*)"', text)
    assert references
    assert {a or b for a, b in references} <= set(ids)


def test_classes_of_packed_figures_have_rules(page, packed):
    names = set(re.findall(r' class="(k\d+)"', "".join(packed)))
    assert names
    assert all(f".{name}{{" in page for name in names)
