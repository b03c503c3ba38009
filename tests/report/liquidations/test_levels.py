"""The levels of a comparison are numbers of its model first; every face is drawn from those."""

import json
import re

import numpy as np
import pytest

from kanalo.market.synthetic import random_walk_market
from kanalo.report.liquidations import levels
from kanalo.report.liquidations.views import read_map_dict, to_map_dict, view_heat, view_map


@pytest.fixture(scope="module")
def market():
    return random_walk_market(900, 5, "1h", venue="test-perp")


@pytest.fixture(scope="module")
def parts(market):
    """The parts of a perpetual and of a market of a spot venue, read back from JSON."""
    spot = random_walk_market(900, 5, "1h", venue="test-spot")
    return json.loads(json.dumps(levels.build({"made": market, "spot": spot})))


def test_only_perpetuals_have_levels(parts):
    assert [each["name"] for each in parts] == ["made"]


def test_a_map_comes_back_from_its_plain_values(market):
    view = view_map(market)
    again = read_map_dict(json.loads(json.dumps(to_map_dict(view))))
    np.testing.assert_allclose(again.shorts, view.shorts)
    np.testing.assert_allclose(again.longs, view.longs)
    assert again.shares == pytest.approx(view.shares)
    assert [each.centre for each in again.clusters] == [each.centre for each in view.clusters]
    assert (again.symbol, again.bar, again.known_at) == (view.symbol, view.bar, view.known_at)


def test_the_heatmap_of_the_model_is_that_of_the_market(market, parts):
    heat = parts[0]["heat"]
    view = view_heat(market, heat["start"], columns=len(heat["times"]))
    largest = max(view.shorts.max(), view.longs.max())
    np.testing.assert_allclose(
        np.array(heat["shorts"]) / heat["largest"], view.shorts / largest, atol=0.5e-3
    )
    assert max(map(max, heat["shorts"] + heat["longs"])) == heat["largest"]


@pytest.mark.slow
def test_figures_need_the_bars_and_tables_do_not(market, parts):
    (without,) = levels.show(parts, {})
    (within,) = levels.show(parts, {"made": market})
    assert without.figures == ()
    assert without.tables == within.tables
    drawings = [each for figure in within.figures for each in figure.drawings]
    assert len(drawings) == 4
    ids = re.findall(r' id="(\w[\w-]*)"', "".join(drawings))
    assert len(ids) == len(set(ids))


def test_the_terminal_names_the_nearest_cluster_of_each_side(parts):
    (line,) = levels.tell(parts)
    assert line.startswith("Estimated liquidation levels on made, nearest dense clusters: ")
    for side in ("long", "short"):
        clusters = [each for each in parts[0]["map"]["clusters"] if each["side"] == side]
        assert (f"{side}s " in line) == bool(clusters)
