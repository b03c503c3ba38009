"""The house's map: causal, forgetful after its warm-up, with the coin's own tiers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.market import Market
from kanalo.signals.liquidation_estimator import frozen_estimator
from kanalo.signals.liquidation_levels import (
    flow_rank,
    level_settings,
    levels_warm_up,
    liquidation_levels,
    zone_share,
)


@pytest.fixture(scope="module")
def market():
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, 1_800)))
    opens = np.concatenate([[100.0], close[:-1]])
    frame = pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, close) * 1.002,
            "low": np.minimum(opens, close) * 0.998,
            "close": close,
            "volume": rng.uniform(10, 1_000, len(close)),
        },
        index=pd.date_range("2024-01-01", periods=len(close), freq="1h", tz="UTC"),
    )
    return Market.from_bars(frame, symbol="XMRUSDT", venue="test-perp")


def test_a_prefix_of_the_bars_gives_a_prefix_of_the_zones(market):
    whole, part = liquidation_levels(market), liquidation_levels(market.rows(0, 700))
    for name in ("near", "far", "mass"):
        whole_zones, part_zones = whole.short_zones, part.short_zones
        assert_array_equal(getattr(part_zones, name), getattr(whole_zones, name)[:700])
    assert_array_equal(flow_rank(market.rows(0, 700), 24, 20), flow_rank(market, 24, 20)[:700])


def test_bars_before_the_warm_up_make_no_difference(market):
    start = 200
    warm = levels_warm_up(market)
    assert warm == 60 * 24
    whole, part = liquidation_levels(market), liquidation_levels(market.rows(start, len(market)))
    for side in ("short_zones", "long_zones"):
        for name in ("near", "far", "mass", "within_reach"):
            late = getattr(getattr(part, side), name)[warm:]
            assert_allclose(late, getattr(getattr(whole, side), name)[start + warm :], rtol=1e-9)


def test_spot_bars_open_nothing(market):
    spot = dataclasses.replace(market, venue=np.full(len(market), "test-spot"))
    levels = liquidation_levels(spot)
    assert np.isnan(levels.asymmetry).all()
    assert np.isnan(zone_share(levels.short_zones, levels.long_zones)).all()
    assert np.isnan(flow_rank(spot, 24, 20)).all()


def test_tiers_are_those_of_the_perpetual_under_either_name():
    monero, ether = level_settings("XMRUSDT"), level_settings("ETHUSDT", half_life=5.0)
    assert monero.prior.name.startswith("tiers of XMRUSDT")
    assert level_settings("XMRUSD").prior.name == monero.prior.name
    assert ether.prior.name == frozen_estimator().map_settings.prior.name
    assert (monero.half_life, ether.half_life) == (24.0, 5.0)
