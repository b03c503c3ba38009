import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.signals.pivots import Pivots
from kanalo.signals.zones import MAX_ZONES, find_zones, zones


def pivots_at(*prices, every=10):
    bar = np.arange(len(prices)) * every
    side = np.where(np.arange(len(prices)) % 2, -1, 1).astype(np.int8)
    return Pivots(bar, np.array(prices, dtype=float), side, bar + 2)


def gather(*prices, width=0.03, half_life=1e9, every=10):
    pivots = pivots_at(*prices, every=every)
    return find_zones(pivots, every * len(prices) + 2, width=width, half_life=half_life)


def test_near_pivots_make_one_zone_and_far_ones_another():
    table = gather(100, 120, 101, 102).at(41)
    assert_allclose(table[["low", "high"]], [[100, 102], [120, 120]])
    assert_array_equal(table["touches"], [3, 1])
    assert_array_equal(table["last_touch"], [30, 10])
    assert_array_equal(table["age"], [11, 31])


def test_a_zone_never_spans_more_than_its_width():
    table = gather(100, 102, 104, 106, width=0.03).at(41)
    assert (np.log(table["high"] / table["low"]) <= 0.03).all()
    assert len(table) == 2


def test_of_two_zones_in_reach_the_nearer_one_takes_the_pivot():
    table = gather(100, 103.5, 101.2).at(31)
    assert_array_equal(table["touches"], [2, 1])


def test_a_touch_halves_in_weight_every_half_life():
    table = gather(100, 100, 100, half_life=10.0).at(31)
    assert table["strength"][0] == pytest.approx(1 + 0.5 + 0.25)


def test_zones_are_known_from_the_confirmation_on_and_never_change():
    found = gather(100, 101)
    assert len(found.at(1)) == 0
    assert_array_equal(found.at(2)["touches"], [1])
    assert_array_equal(found.at(11)["touches"], [1])
    assert_array_equal(found.at(12)["touches"], [2])


def test_memory_is_bounded_and_the_weakest_gives_way():
    prices = 100 * 1.1 ** np.arange(MAX_ZONES)
    table = gather(*prices, prices[0], 1.0, half_life=100.0).at(10 * MAX_ZONES + 15)
    assert len(table) == MAX_ZONES
    touches = dict(zip(table["low"].round(6), table["touches"], strict=True))
    assert touches[1.0] == 1
    assert touches[100.0] == 2
    assert 110.0 not in touches


CLOSES = np.array([95.0, 100.5, 105.0, 110.0, 125.0])


@pytest.mark.parametrize(
    ("side", "inside", "expected"),
    [
        ("below", True, [np.nan, 100, 100, 100, 120]),
        ("below", False, [np.nan, np.nan, 100, 100, 120]),
        ("above", True, [100, 100, 120, 120, np.nan]),
        ("above", False, [100, 120, 120, 120, np.nan]),
    ],
)
def test_nearest_zones_by_hand(side, inside, expected):
    """Zones of 100-102 and 120-121; 100.5 stands in the first."""
    found = gather(100, 120, 102, 121, half_life=1e9)
    late = type(found)(np.full(5, 3), found.levels, found.counts)
    bands = getattr(late, side)(CLOSES, inside=inside)
    assert_allclose(bands[:, 0], expected)
    assert_allclose(bands[:, 1], np.array(expected) + np.where(np.array(expected) == 100, 2, 1))


def test_weak_zones_do_not_count():
    found = gather(100, 120, 120.5)
    assert_allclose(found.below(np.full(32, 130.0), min_strength=1.5)[-1], [120, 120.5])
    assert np.isnan(found.below(np.full(32, 110.0), min_strength=1.5)).all()


@pytest.mark.slow
@given(st.lists(st.floats(50, 150, width=32), min_size=1, max_size=30), st.integers(1, 300))
def test_a_prefix_of_the_pivots_gives_a_prefix_of_the_zones(prices, cut):
    every, n = 10, 10 * len(prices) + 2
    cut = min(cut, n)
    pivots = pivots_at(*prices)
    known = pivots.confirmed_at < cut
    prefix = Pivots(*(values[known] for values in vars(pivots).values()))
    options = {"width": 0.03, "half_life": 20.0}
    whole, part = find_zones(pivots, n, **options), find_zones(prefix, cut, **options)
    assert_array_equal(part.known, whole.known[:cut])
    assert_array_equal(part.levels, whole.levels[known])
    assert_array_equal(part.counts, whole.counts[known])
    assert every


def test_a_flat_market_has_no_zones(make_market):
    found = zones(make_market(np.full(200, 100.0)))
    assert len(found.at(199)) == 0
    assert np.isnan(found.below(np.full(200, 100.0))).all()
