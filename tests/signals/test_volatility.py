import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.signals import _kernels, volatility

NAN = np.nan


def test_true_range_takes_the_gap_in():
    high, low, close = np.array([[11.0, 20.0, 9.0], [9.0, 18.0, 8.0], [10.0, 19.0, 8.5]])
    assert_allclose(volatility.true_range(high, low, close), [2.0, 10.0, 11.0])


def test_wilder_is_seeded_with_the_mean_and_recurs():
    smoothed = np.empty(5)
    _kernels.wilder(np.array([1.0, 2.0, 3.0, 8.0, 2.0]), 3, smoothed)
    assert_allclose(smoothed, [NAN, NAN, 2.0, 4.0, 10 / 3])


@pytest.mark.parametrize("length", [1, 2, 7])
def test_fewer_bars_than_the_length_give_no_range(length):
    prices = np.ones(length - 1)
    assert np.isnan(volatility.average_true_range(prices, prices, prices, length)).all()


@given(st.lists(st.floats(0, 1e6), max_size=30).map(np.array), st.integers(1, 8))
def test_the_compiled_average_is_the_plain_one(values, length):
    compiled, plain = np.empty(len(values)), np.empty(len(values))
    _kernels.wilder(values.astype(float), length, compiled)
    _kernels.wilder.py_func(values.astype(float), length, plain)
    assert_allclose(compiled, plain, rtol=1e-14)


def test_the_daily_range_is_known_at_the_days_last_hour_and_not_before(make_market):
    market = make_market(np.full(72, 100.0), reach=0.02)
    ranges = volatility.atr(market, length=1)
    assert_array_equal(np.isnan(ranges), np.arange(72) < 23)
    assert_allclose(ranges[23:], 4.0)


def test_bars_of_a_day_are_measured_on_their_own(make_market):
    market = make_market(np.full(5, 100.0), freq="1D", reach=0.02)
    assert_allclose(volatility.atr(market, length=2), [NAN, 4.0, 4.0, 4.0, 4.0])


def test_the_stated_warm_up_forgets_the_start(walk):
    market = walk(1_000, freq="1D")
    late = market.rows(300, 1_000)
    warm = volatility.atr_warm_up(market, 14)
    whole, part = volatility.atr(market), volatility.atr(late)
    assert_allclose(part[warm:], whole[300 + warm :], rtol=1e-9)
    assert abs(part[20] / whole[320] - 1) > 1e-9
