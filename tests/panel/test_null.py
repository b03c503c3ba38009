"""Flipped panels keep volatility and dependence and lose direction."""

import numpy as np
import pytest

from kanalo.panel.null import cut_panel, flip_market, flip_signs, plant_drift, replace_market


def to_returns(market):
    return np.diff(np.log(market.close))


def test_returns_keep_their_size_and_share_their_sign(panel):
    flipped = flip_signs(panel, 3)
    before = np.array([to_returns(each.market) for each in panel.coins])
    after = np.array([to_returns(each.market) for each in flipped.coins])
    np.testing.assert_allclose(np.abs(after), np.abs(before), atol=1e-12)
    signs = np.sign(after) * np.sign(before)
    assert (signs == signs[0]).all()
    assert abs(signs[0].mean()) < 0.1


def test_bars_are_mirrored_whole(panel):
    market = panel.coins[2].market
    signs = np.where(np.arange(len(market)) % 3 == 0, -1.0, 1.0)
    flipped = flip_market(market, signs)
    assert (flipped.high >= flipped.close - 1e-9).all()
    np.testing.assert_array_equal(flipped.volume, market.volume)
    ranges = [np.log(each.high / each.low) for each in (market, flipped)]
    np.testing.assert_allclose(ranges[0], ranges[1], atol=1e-9)


def test_signs_of_one_give_the_market_back(panel):
    market = panel.coins[2].market
    np.testing.assert_allclose(flip_market(market, np.ones(len(market))).close, market.close)


def test_flipping_is_the_same_for_the_same_seed(panel):
    first, second, other = (flip_signs(panel, seed).coins[2].market.close for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


def test_a_planted_drift_is_what_the_window_gains(panel):
    market = panel.coins[2].market
    planted = plant_drift(market, np.array([100, 300]), 0.05, 24)
    gained = np.log(planted.close / market.close)
    assert gained[100] == pytest.approx(0)
    assert gained[124] == pytest.approx(0.05)
    assert gained[-1] == pytest.approx(0.10)


def test_a_cut_keeps_the_benchmark(panel):
    small = cut_panel(panel, ("aaa", "bbb", "ccc"), "2023-02-01", "2023-03-01")
    assert {each.name for each in small.coins} == {"btc", "aaa", "bbb", "ccc"}
    assert len(small.coins[0].market) == 28 * 24


def test_one_market_can_be_replaced(panel):
    other = panel.coins[3].market
    changed = replace_market(panel, "aaa", other)
    assert changed.coins[2].market is other
    assert changed.coins[3].market is other
