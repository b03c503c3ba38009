from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.signals.relative_strength import compare_returns, log_returns, relative_strength


@pytest.fixture
def benchmark():
    return 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 200)))


def test_a_market_that_is_twice_the_benchmark_has_beta_two_and_no_residual(benchmark):
    found = compare_returns(benchmark**2, benchmark, 30, 5)
    assert_allclose(found.beta[31:], 2.0)
    assert_allclose(found.strength[40:], 0.0, atol=1e-9)


def test_a_steady_drift_on_top_of_beta_is_strength(benchmark):
    close = benchmark**1.5 * np.exp(0.01 * np.arange(200))
    assert_allclose(compare_returns(close, benchmark, 30, 5).strength[40:], 0.05)


def test_beta_is_estimated_before_the_bar_it_explains(benchmark):
    changed = benchmark.copy()
    changed[100:] *= 1.5
    before = compare_returns(benchmark**2, benchmark, 30, 5)
    after = compare_returns(benchmark**2, changed, 30, 5)
    assert_array_equal(after.beta[:101], before.beta[:101])
    assert after.residual[100] != pytest.approx(before.residual[100])


def test_warm_up_is_window_and_one_return(benchmark):
    found = compare_returns(benchmark, benchmark, 30, 5)
    assert_array_equal(np.isnan(found.beta), np.arange(200) < 31)
    assert_array_equal(np.isnan(found.strength), np.arange(200) < 35)


def test_an_unknown_benchmark_blanks_its_windows_only(benchmark):
    holed = benchmark.copy()
    holed[100] = np.nan
    known = ~np.isnan(compare_returns(benchmark, holed, 10, 1).beta)
    assert_array_equal(known, (np.arange(200) >= 11) & ~np.isin(np.arange(200), range(101, 112)))


def test_a_constant_benchmark_has_no_beta():
    assert np.isnan(compare_returns(np.arange(1.0, 50), np.ones(49), 5, 2).beta).all()


def test_a_market_without_a_benchmark_is_unknown(walk):
    assert np.isnan(relative_strength(walk(50)).strength).all()


def test_the_markets_benchmark_is_used(walk):
    market = walk(100, freq="1D")
    frame = pd.DataFrame({"close": market.close}, index=market.index)
    assert_allclose(relative_strength(replace(market, benchmark=frame)).beta[31:], 1.0)


def test_log_returns_start_unknown():
    assert_allclose(log_returns(np.array([1.0, np.e, np.e])), [np.nan, 1.0, 0.0])
