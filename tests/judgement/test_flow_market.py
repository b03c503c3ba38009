"""However a rule reads liquidations, it meets the altered ones."""

import numpy as np
import pandas as pd
import pytest

from kanalo.judgement.altered_flow import SwapSides
from kanalo.judgement.flow_market import alter_flow
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import liquidation_flow
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.signals.liquidation_map import liquidation_map


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


@pytest.mark.parametrize(
    "function", [estimated_flow, liquidation_flow, liquidation_levels, liquidation_map]
)
def test_a_signal_called_directly_is_altered_as_one_that_is_cached(market, function):
    direct, cached = alter_flow(market, SwapSides()), alter_flow(market, SwapSides())
    ours, theirs = function(direct), cached.cached(function)
    ours, theirs = (getattr(each, "flow", each) for each in (ours, theirs))
    np.testing.assert_array_equal(ours.longs, theirs.longs)
    np.testing.assert_array_equal(
        ours.longs, getattr(function(market), "flow", function(market)).shorts
    )
    assert direct.reads_flow


def test_columns_taken_out_of_the_context_are_altered_too(market):
    swapped = alter_flow(market, SwapSides())
    longs, shorts = (f"liquidation_{side}_usd_venue" for side in ("long", "short"))
    np.testing.assert_array_equal(swapped.context[longs], market.context[shorts])
    np.testing.assert_array_equal(
        swapped.context["liquidation_coverage_venue"], market.context["liquidation_coverage_venue"]
    )


def take_column(market):
    return market.context["liquidation_long_usd_venue"].to_numpy()


def test_a_cached_signal_of_the_context_is_not_taken_from_the_unaltered_market(market):
    market.cached(take_column)
    swapped = alter_flow(market, SwapSides())
    np.testing.assert_array_equal(
        swapped.cached(take_column), market.context["liquidation_short_usd_venue"]
    )
