"""Every variable is causal, of the right kind, and NaN where nobody knows."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import UnknownNameError
from kanalo.market import Market
from kanalo.market.synthetic import random_bars
from kanalo.study.variables import VARIABLES, get_variable

N_BARS, CUT = 2_600, 2_201


def make_market(n_bars=N_BARS):
    """Four-hourly bars that drift upwards, with a benchmark and some derivatives data."""
    bars = random_bars(N_BARS, 5, interval="4h", drift=0.0005)
    benchmark = random_bars(N_BARS, 6, interval="4h")
    rng = np.random.default_rng(7)
    context = pd.DataFrame(
        {
            "funding_rate": np.where(bars.index.hour % 8 == 4, rng.normal(0, 1e-4, N_BARS), 0.0),
            "long_short_ratio": rng.uniform(0.5, 2, N_BARS),
            "open_interest": rng.uniform(1e4, 2e4, N_BARS),
            "taker_buy_sell_ratio": rng.uniform(0.5, 2, N_BARS),
        },
        index=bars.index,
    )
    market = Market.from_bars(bars, venue="test-perp", benchmark=benchmark, context=context)
    return market.rows(0, n_bars)


@pytest.fixture(scope="module")
def whole():
    return make_market()


@pytest.fixture(scope="module")
def prefix():
    return make_market(CUT)


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_knows_nothing_of_later_bars(name, whole, prefix):
    long, short = (get_variable(name).compute(market) for market in (whole, prefix))
    np.testing.assert_allclose(long[:CUT], short, rtol=1e-9, atol=1e-12)
    assert (~np.isnan(long)).any()


@pytest.mark.parametrize("name", [each.name for each in VARIABLES.values() if each.truth])
def test_truth_is_one_zero_or_unknown(name, whole):
    values = get_variable(name).compute(whole)
    assert set(np.unique(values[~np.isnan(values)])) <= {0.0, 1.0}


def test_flow_and_map_are_called_estimated():
    estimated = {each.name for each in VARIABLES.values() if each.origin == "estimated"}
    assert {"short_imbalance", "size_pct", "cluster_entered", "distance_to_cluster"} <= estimated


def test_return_runs_over_its_hours(whole):
    values = get_variable("return_24h").compute(whole)
    assert np.isnan(values[:6]).all()
    assert values[6] == pytest.approx(whole.close[6] / whole.close[0] - 1)


def test_funding_is_that_of_the_last_stamp(whole):
    """The bar of 04:00 closes at the stamp of 08:00; its rate stands until the next stamp."""
    values, paid = get_variable("funding_rate").compute(whole), whole.known("funding_rate")
    stamped = int(np.flatnonzero(whole.index.hour == 4)[3])
    assert values[stamped] == values[stamped + 1] == paid[stamped]
    assert values[stamped + 2] == paid[stamped + 2] != paid[stamped]


def test_variable_without_data_is_unknown():
    market = Market.from_bars(random_bars(300, 1))
    assert np.isnan(get_variable("long_short_ratio").compute(market)).all()
    assert np.isnan(get_variable("residual_return").compute(market)).all()
    assert np.isnan(get_variable("in_channel").compute(market)).all()


def test_unknown_variable_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="Did you mean 'short_imbalance'"):
        get_variable("short_imbalanc")
