"""The calibrated estimate: swings worked by hand, causal, frozen as data."""

import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanalo.signals.liquidation_estimator import (
    FROZEN,
    FlowEstimator,
    estimated_flow,
    frozen_estimator,
    swings,
)

PLAIN = FlowEstimator(power=1.0, swing=0.01, order=0.0)


def bar(opening, high, low, close):
    return (np.array([float(each)]) for each in (opening, high, low, close))


def test_bar_that_only_rises_has_no_fall():
    up, down = swings(*bar(100, 110, 100, 110), order=50.0)
    assert up[0] == pytest.approx(np.log(1.1) ** 2)
    assert down[0] == pytest.approx(0.0, abs=1e-12)


def test_order_of_the_extremes_follows_the_bar_direction():
    # Low first: 100 -> 90 -> 110 -> 105.
    up, down = swings(*bar(100, 110, 90, 105), order=1e3)
    assert up[0] == pytest.approx(np.log(110 / 90) ** 2)
    assert down[0] == pytest.approx(np.log(100 / 90) ** 2 + np.log(110 / 105) ** 2)


def test_without_order_both_paths_weigh_the_same():
    up, down = swings(*bar(100, 110, 90, 100), order=0.0)
    low_first = np.log(110 / 90) ** 2
    high_first = np.log(1.1) ** 2 + np.log(100 / 90) ** 2
    assert up[0] == pytest.approx((low_first + high_first) / 2)
    assert down[0] == pytest.approx(up[0])


def test_flat_bar_has_no_swings():
    up, down = swings(*bar(100, 100, 100, 100), order=5.0)
    assert (up[0], down[0]) == (0.0, 0.0)


def test_first_bar_is_its_swings_alone():
    opening, high, low, close = bar(100, 101, 100, 101)
    flow = PLAIN.estimate(opening, high, low, close, np.array([50.0]))
    up, _ = swings(opening, high, low, close, 0.0)
    assert flow.shorts == pytest.approx(0.01 * 50 * up / 0.01**2)


def test_levels_of_earlier_bars_add_to_the_swings(walk):
    market = walk(100, seed=3)
    bars = (market.open, market.high, market.low, market.close, market.volume)
    both, swings_alone = PLAIN.estimate(*bars), replace(PLAIN, share=1e-12).estimate(*bars)
    levels = both.shorts - swings_alone.shorts
    assert (levels >= -1e-9).all()
    assert levels.sum() > 0


def test_unit_of_volume_does_not_change_the_imbalance(walk):
    market = walk(100, seed=5)
    bars = (market.open, market.high, market.low, market.close)
    one = frozen_estimator().estimate(*bars, market.volume)
    other = frozen_estimator().estimate(*bars, 1e6 * market.volume)
    assert other.imbalance == pytest.approx(one.imbalance, nan_ok=True)
    assert other.shorts == pytest.approx(1e6 * one.shorts)


def test_rising_and_falling_markets_are_mirrors(walk):
    market = walk(100, seed=6)
    o, h, lo, c = market.open, market.high, market.low, market.close
    estimator = replace(PLAIN, order=6.0, cap=125.0)
    flow = estimator.estimate(o, h, lo, c, market.volume)
    mirror = estimator.estimate(1 / o, 1 / lo, 1 / h, 1 / c, market.volume)
    # Distances of longs and shorts differ by their square: the mirror is close, not exact.
    assert np.corrcoef(mirror.longs, flow.shorts)[0, 1] > 0.99


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), cut=st.integers(2, 149))
def test_estimate_knows_nothing_of_later_bars(walk, seed, cut):
    market = walk(150, seed=seed)
    whole, part = estimated_flow(market), estimated_flow(market.rows(0, cut))
    assert np.array_equal(part.shorts, whole.shorts[:cut])
    assert np.array_equal(part.longs, whole.longs[:cut])


def test_estimate_is_shared_through_the_markets_cache(walk):
    market = walk(60)
    first = market.cached(estimated_flow, hours=4)
    assert market.cached(estimated_flow, hours=4) is first
    assert first.origin == "estimated"


def test_window_adds_up_hours_and_is_unknown_while_incomplete(walk):
    market = walk(60)
    one, four = estimated_flow(market), estimated_flow(market, hours=4)
    assert np.isnan(four.shorts[:3]).all()
    assert four.shorts[10] == pytest.approx(one.shorts[7:11].sum())


def test_spot_bars_have_no_liquidations_and_leave_no_levels(walk):
    market = walk(60, venue="binance-spot")
    assert np.isnan(estimated_flow(market).shorts).all()
    venue = market.venue.astype("<U20")
    venue[30:] = "binance-usdm-perp"
    joined = estimated_flow(replace(market, venue=venue))
    assert np.isnan(joined.longs[:30]).all()
    alone = estimated_flow(replace(market.rows(30, 60), venue=venue[30:]))
    assert joined.longs[30:] == pytest.approx(alone.longs)


def test_frozen_coefficients_name_their_origin():
    table = tomllib.loads(files("kanalo.signals").joinpath(FROZEN).read_text("utf-8"))
    assert frozen_estimator() == FlowEstimator(**table["coefficients"])
    assert len(table["provenance"]["sha256"]) == len(table["provenance"]["tables"]) == 2
