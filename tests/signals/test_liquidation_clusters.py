"""Clusters and squeezes are what the rules compute from the levels, without look-ahead."""

import numpy as np
import pytest

from kanalo.market.synthetic import random_walk_market
from kanalo.signals.liquidation_clusters import (
    are_dense_before,
    clusters_before,
    is_squeeze,
    is_undercut,
)
from kanalo.signals.liquidation_levels import liquidation_levels, zone_share


@pytest.fixture(scope="module")
def market():
    return random_walk_market(3_000, seed=3, interval="1h")


def test_clusters_are_those_of_the_bar_before(market):
    above, below = clusters_before(market)
    levels = market.cached(liquidation_levels)
    expected = market.close[:-1] * np.exp(levels.short_zones.near[:-1])
    np.testing.assert_allclose(above[1:, 0], expected, equal_nan=True)
    assert np.isnan(above[0]).all()
    known = ~np.isnan(below[:, 0])
    assert known.any()
    assert (below[known, 0] <= below[known, 1]).all()


def test_density_is_read_one_bar_before_and_undercut_now(market):
    levels = market.cached(liquidation_levels)
    now = zone_share(levels.long_zones, levels.short_zones) >= 0.2
    np.testing.assert_array_equal(is_undercut(market, 0.2), now)
    np.testing.assert_array_equal(are_dense_before(market, 0.2)[1][1:], now[:-1])


def test_nothing_is_a_squeeze_above_every_imbalance(market):
    assert not is_squeeze(market, 1.5, 0.0).any()


@pytest.mark.parametrize("function", [is_undercut, lambda m, s: is_squeeze(m, s, 0.5)])
def test_a_prefix_tells_the_same(market, function):
    cut = 2_900
    np.testing.assert_array_equal(function(market.rows(0, cut), 0.2), function(market, 0.2)[:cut])
