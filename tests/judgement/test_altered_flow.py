"""Markets that show other liquidations than their own."""

import numpy as np
import pandas as pd
import pytest

from kanalo.judgement.altered_flow import (
    BorrowBenchmark,
    MoveInTime,
    SwapSides,
    find_first_flow,
    has_benchmark,
    to_donor,
)
from kanalo.judgement.flow_market import alter_flow
from kanalo.judgement.leverage_prior import AssumePower
from kanalo.market import Market
from kanalo.signals.liquidation_estimator import estimated_flow, frozen_estimator
from kanalo.signals.liquidation_flow import liquidation_flow
from kanalo.signals.liquidation_levels import flow_rank, liquidation_levels
from kanalo.signals.reported_flow import reported_flow
from kanalo.signals.volatility import atr


@pytest.fixture
def market(make_walk):
    reported = {
        "liquidation_long_usd_venue": np.arange(400.0),
        "liquidation_short_usd_venue": np.arange(400.0) * 2,
        "liquidation_coverage_venue": np.full(400, 3.0),
    }
    index = make_walk(1, 400).index
    context = pd.DataFrame(reported, index=index)
    benchmark = make_walk(2, 400).bars.copy()
    benchmark.iloc[100:110] = np.nan
    return make_walk(1, 400, context=context, benchmark=benchmark)


def test_swapped_sides_flip_the_sign_of_the_imbalance_and_nothing_else(market):
    swapped = alter_flow(market, SwapSides())
    ours, own = (each.cached(estimated_flow, hours=24) for each in (swapped, market))
    np.testing.assert_allclose(ours.imbalance, -own.imbalance)
    np.testing.assert_allclose(ours.total, own.total)
    np.testing.assert_array_equal(swapped.close, market.close)


def test_swapped_twice_is_the_market_itself(market):
    twice = alter_flow(alter_flow(market, SwapSides()), SwapSides())
    for function in (estimated_flow, liquidation_flow):
        ours, own = (each.cached(function, hours=4) for each in (twice, market))
        np.testing.assert_array_equal(ours.longs, own.longs)
        np.testing.assert_array_equal(ours.shorts, own.shorts)


def test_swapped_zones_change_their_side_at_the_same_distance(market):
    swapped, own = (
        each.cached(liquidation_levels) for each in (alter_flow(market, SwapSides()), market)
    )
    np.testing.assert_array_equal(swapped.short_zones.near, own.long_zones.near)
    np.testing.assert_array_equal(swapped.long_zones.mass, own.short_zones.mass)
    np.testing.assert_allclose(swapped.asymmetry, -own.asymmetry)


def test_reported_columns_are_swapped_as_well(market):
    swapped = alter_flow(market, SwapSides())
    ours, own = reported_flow(swapped).summed, reported_flow(market).summed
    np.testing.assert_array_equal(ours.longs, own.shorts)
    np.testing.assert_array_equal(ours.shorts, own.longs)
    assert swapped.reads_flow


def test_liquidations_of_another_time_are_the_same_ones_elsewhere(market):
    moved = alter_flow(market, MoveInTime(50, first=100))
    ours, own = (each.cached(estimated_flow, hours=1) for each in (moved, market))
    np.testing.assert_array_equal(ours.longs[:100], own.longs[:100])
    np.testing.assert_array_equal(ours.longs[150:], own.longs[100:350])
    np.testing.assert_array_equal(ours.shorts[100:150], own.shorts[350:])
    zones = [each.cached(liquidation_levels).short_zones for each in (moved, market)]
    np.testing.assert_array_equal(zones[0].near[150:], zones[1].near[100:350])


def test_another_coins_liquidations_are_estimated_from_its_bars(market):
    borrowed = alter_flow(market, BorrowBenchmark())
    found = borrowed.cached(estimated_flow, hours=1)
    own = estimated_flow(to_donor(market), hours=1)
    assert np.isnan(found.longs[100:110]).all()
    np.testing.assert_array_equal(found.longs[:100], own.longs[:100])
    np.testing.assert_array_equal(found.shorts[110:], own.shorts[100:])
    assert np.isnan(reported_flow(borrowed).summed.total).all()


def test_a_signal_made_of_liquidations_is_made_of_the_altered_ones(market):
    moved = alter_flow(market, MoveInTime(100))
    rank = moved.cached(flow_rank, hours=1, days=2)
    assert (rank != market.cached(flow_rank, hours=1, days=2)).any()
    np.testing.assert_array_equal(rank, moved.cached(flow_rank, hours=1, days=2))
    assert not any("flow_rank" in key or "ranks_again" in key for key in moved.apart)


def ranks_again(market):
    return market.cached(flow_rank, hours=1, days=2)


def test_a_signal_knows_of_liquidations_that_another_one_read_before(market):
    moved = alter_flow(market, MoveInTime(100))
    first = moved.cached(flow_rank, hours=1, days=2)
    np.testing.assert_array_equal(moved.cached(ranks_again), first)
    assert not any("flow_rank" in key or "ranks_again" in key for key in moved.apart)


def test_a_signal_apart_from_liquidations_is_taken_from_the_market(market):
    first = alter_flow(market, SwapSides())
    first.cached(atr)
    assert not first.reads_flow
    second = alter_flow(market, MoveInTime(100))
    assert second.cached(atr) is market.cached(atr)


def test_a_part_of_an_altered_market_is_altered_alike(market):
    part = alter_flow(market, SwapSides()).rows(50, 300)
    own = market.rows(50, 300).cached(estimated_flow, hours=1)
    np.testing.assert_array_equal(part.cached(estimated_flow, hours=1).longs, own.shorts)


def test_the_fitted_power_is_the_estimate_itself(market):
    same = alter_flow(market, AssumePower(frozen_estimator().power))
    other = alter_flow(market, AssumePower(0.0))
    own = market.cached(estimated_flow, hours=24)
    np.testing.assert_array_equal(same.cached(estimated_flow, hours=24).longs, own.longs)
    assert (other.cached(estimated_flow, hours=24).longs != own.longs).any()
    zones = [each.cached(liquidation_levels).short_zones.mass for each in (same, other, market)]
    np.testing.assert_array_equal(zones[0], zones[2])
    assert not np.array_equal(zones[1], zones[2], equal_nan=True)


def test_liquidations_begin_with_the_first_perpetual_bar(make_walk):
    bars = make_walk(1, 10).bars
    venue = np.array(["a-spot"] * 4 + ["a-perp"] * 6)
    assert find_first_flow(Market("XMRUSD", "1h", bars, venue)) == 4
    assert find_first_flow(make_walk(1, 10)) == 0


def test_a_market_without_a_benchmark_has_nothing_to_borrow(make_walk, market):
    assert has_benchmark(market)
    assert not has_benchmark(make_walk(1, 50))
