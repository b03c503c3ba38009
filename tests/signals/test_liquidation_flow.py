import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.signals import liquidation_flow as flow

NAN = np.nan


@pytest.fixture
def by_hand():
    return flow.estimate_flow(
        high=np.array([10.0, 12.0, 11.0]),
        low=np.array([10.0, 9.0, 10.5]),
        close=np.array([10.0, 11.0, 10.5]),
        volume=np.array([5.0, 100.0, 50.0]),
    )


def test_excursions_from_the_previous_close_weigh_the_volume(by_hand):
    assert_allclose(by_hand.shorts, [NAN, 20.0, 0.0])
    assert_allclose(by_hand.longs, [NAN, 10.0, 50 * 0.5 / 11])


def test_imbalance_is_shorts_minus_longs_over_both(by_hand):
    assert_allclose(by_hand.imbalance, [NAN, 1 / 3, -1.0])


def test_the_articles_eight_to_one_is_three_quarters():
    day = flow.LiquidationFlow(longs=np.array([41_000.0]), shorts=np.array([324_000.0]))
    assert_allclose(day.imbalance, 0.7753, atol=1e-4)


def test_nothing_liquidated_has_no_imbalance(make_market):
    assert np.isnan(flow.liquidation_flow(make_market([100.0] * 4)).imbalance).all()


def test_an_estimate_is_labelled(by_hand):
    assert by_hand.over(2).origin == "estimated"


def test_spot_bars_have_no_liquidations(make_market):
    spot = make_market([100.0, 101.0, 103.0], venue="all-venues-spot")
    assert np.isnan(flow.liquidation_flow(spot).total).all()


def test_sums_span_the_hours(make_market):
    market = make_market([100.0, 110.0, 121.0, 121.0], volume=10.0)
    assert_allclose(flow.liquidation_flow(market, hours=2).shorts, [NAN, NAN, 2.0, 1.0])


def test_the_imbalance_of_one_bar_does_not_depend_on_volume(walk):
    """Momentum in disguise: volume cancels, as the docstring warns."""
    market = walk(200)
    args = market.high, market.low, market.close
    thin = flow.estimate_flow(*args, np.ones(200)).imbalance
    assert_allclose(flow.estimate_flow(*args, market.volume).imbalance, thin)


def test_size_is_ranked_in_its_own_history_only(walk):
    market = walk(24 * 9)
    rank = flow.size_rank(market, hours=1, days=7)
    assert_array_equal(np.isnan(rank), np.arange(24 * 9) < 24 * 7)
    assert_array_equal(flow.size_rank(market.rows(0, 200), hours=1, days=7), rank[:200])
