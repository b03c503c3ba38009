"""Outcomes of many bars at once agree with those that are followed bar by bar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.panel.outcomes import Outcomes, mean_of_others, roll_forward
from kanalo.study.claims.outcomes import Measure
from kanalo.study.claims.plan import ClaimOutcome


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.integers(1, 12))
def test_rolling_forward_is_the_largest_of_what_follows(values, n_bars):
    array = np.array(values)
    expected = [max(array[i + 1 : i + 1 + n_bars], default=-np.inf) for i in range(len(array))]
    assert roll_forward(array, n_bars).tolist() == expected


@pytest.mark.parametrize(
    "outcome",
    [
        ClaimOutcome("return"),
        ClaimOutcome("reaches", side=1, distance=0.02),
        ClaimOutcome("reaches", side=-1, distance=0.02),
        ClaimOutcome("value", of="return_24h"),
    ],
)
def test_values_are_those_at_the_end_of_the_paths(panel, outcome):
    market = panel.coins[2].market
    bars = np.arange(30, len(market), 7)
    outcomes, measure = Outcomes(market, outcome, 24), Measure(market, outcome, 24)
    expected = measure.trace(bars, measure.ways(bars))[:, -1]
    np.testing.assert_array_equal(outcomes.measure(bars, outcomes.ways(bars)), expected)


def test_corridors_agree_with_the_paths(panel):
    market = panel.coins[2].market
    bars = np.arange(30, len(market), 7)
    ways = {name: np.full(len(bars), 0.02) for name in ("below", "above")}
    ways["drift"] = np.full(len(bars), 1e-4)
    outcome = ClaimOutcome("stays", below="a", above="b", drift="c")
    expected = Measure(market, outcome, 24).trace(bars, ways)[:, -1]
    np.testing.assert_array_equal(Outcomes(market, outcome, 24).measure(bars, ways), expected)


def test_a_delisted_coin_is_settled_at_its_last_close(panel):
    market = panel.coins[2].market
    last = len(market) - 1
    bars = np.array([last - 30, last - 5, last])
    cut = Outcomes(market, ClaimOutcome("return"), 24).measure(bars, {})
    settled = Outcomes(market, ClaimOutcome("return"), 24, settled=True).measure(bars, {})
    assert np.isnan(cut).tolist() == [False, True, True]
    assert np.isnan(settled).tolist() == [False, False, True]
    assert settled[1] == pytest.approx(np.log(market.close[last] / market.close[last - 5]))


def test_the_mean_of_the_others_leaves_the_coin_itself_and_the_benchmark_out(panel):
    coin = panel.coins[2]
    bar = 100
    others = [each for each in panel.studied if each.name != coin.name]
    moves = [np.log(each.market.close[bar + 24] / each.market.close[bar]) for each in others]
    mean = mean_of_others(panel, coin, 24, 8)
    assert mean[bar] == pytest.approx(np.mean(moves))
    assert np.isnan(mean[-24:]).all()
    assert np.isnan(mean_of_others(panel, coin, 24, 11)).all()
