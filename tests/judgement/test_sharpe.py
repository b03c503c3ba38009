"""Probabilistic Sharpe ratio and track record: the papers' examples, ffn, and how they move."""

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from kanalo.analyzers import calc_sharpe_ratio
from kanalo.errors import ParameterError
from kanalo.judgement import (
    Moments,
    calc_minimum_track_record,
    calc_moments,
    calc_probabilistic_sharpe_ratio,
)

SHARPES = st.floats(-4, 4)
SKEWNESSES = st.floats(-3, 3)
DAYS = st.integers(30, 4000)


def to_moments(sharpe, skewness, n_days):
    """Return moments that a distribution can have, well inside the bound on its kurtosis."""
    return Moments(sharpe, skewness, 3 + 2 * skewness**2, n_days)


def test_moments_are_those_of_pandas_and_of_the_analyzers(make_returns):
    returns = pd.Series(np.expm1(make_returns(1.0)))
    moments = calc_moments(returns)
    assert moments.sharpe_ratio == pytest.approx(calc_sharpe_ratio(returns))
    assert moments.skewness == pytest.approx(returns.skew())
    assert moments.kurtosis == pytest.approx(returns.kurt() + 3)
    assert moments.n_days == 1000


def test_unknown_days_do_not_count(make_returns):
    returns = make_returns(1.0)
    assert calc_moments(np.append(returns, np.nan)) == calc_moments(returns)


@pytest.mark.parametrize("returns", [np.zeros(100), np.full(100, 0.001), [0.1, 0.2, 0.1]])
def test_flat_and_short_series_have_no_sharpe_ratio(returns):
    moments = calc_moments(np.array(returns))
    assert np.isnan(moments.sharpe_ratio)
    assert moments.n_days == len(returns)
    assert np.isnan(calc_probabilistic_sharpe_ratio(moments))
    assert np.isnan(calc_minimum_track_record(moments))


@pytest.mark.parametrize(("per_year", "years"), [(250, 2.73), (52, 2.83), (12, 3.24)])
def test_track_record_of_the_paper(per_year, years):
    """Bailey & López de Prado (2012): an observed 2 over 1, at 95 %, normal returns."""
    seen = Moments(2.0, 0.0, 3.0, per_year, per_year)
    assert calc_minimum_track_record(seen, 1.0) / per_year == pytest.approx(years, abs=0.005)


def test_track_record_of_the_papers_hedge_fund():
    """Monthly returns with a skewness of −0.72 and a kurtosis of 5.78 need 4.99 years."""
    seen = Moments(2.0, -0.72, 5.78, 12, 12)
    assert calc_minimum_track_record(seen, 1.0) / 12 == pytest.approx(4.99, abs=0.005)


def test_probability_of_normal_returns_is_that_of_los_formula():
    daily = 1.5 / np.sqrt(365)
    expected = stats.norm.cdf(daily * np.sqrt(364) / np.sqrt(1 + daily**2 / 2))
    found = calc_probabilistic_sharpe_ratio(Moments(1.5, 0.0, 3.0, 365))
    assert found == pytest.approx(expected)


def test_probability_is_that_of_ffn_for_one_trial(make_returns):
    returns = pd.Series(np.expm1(make_returns(1.0, 400)))
    theirs = ffn.core.calc_deflated_sharpe_ratio(returns, [0.5], nperiods=365)
    assert calc_probabilistic_sharpe_ratio(calc_moments(returns)) == pytest.approx(theirs)


@given(SHARPES, st.floats(0.01, 2), SKEWNESSES, DAYS)
def test_probability_rises_with_the_sharpe_ratio(sharpe, more, skewness, n_days):
    lower = calc_probabilistic_sharpe_ratio(to_moments(sharpe, skewness, n_days))
    higher = calc_probabilistic_sharpe_ratio(to_moments(sharpe + more, skewness, n_days))
    assert lower <= higher


@given(SHARPES, SHARPES, st.floats(0.01, 2), SKEWNESSES, DAYS)
def test_probability_falls_with_the_benchmark(sharpe, benchmark, more, skewness, n_days):
    moments = to_moments(sharpe, skewness, n_days)
    low = calc_probabilistic_sharpe_ratio(moments, benchmark)
    high = calc_probabilistic_sharpe_ratio(moments, benchmark + more)
    assert 0 <= high <= low <= 1


@given(st.floats(0.1, 4), SKEWNESSES)
def test_probability_reaches_the_confidence_after_the_track_record(sharpe, skewness):
    days = calc_minimum_track_record(to_moments(sharpe, skewness, 2), confidence=0.9)
    enough = to_moments(sharpe, skewness, int(np.ceil(days)))
    short = to_moments(sharpe, skewness, int(np.floor(days)) - 1)
    assume(short.n_days > 1)
    assert calc_probabilistic_sharpe_ratio(enough) >= 0.9 - 1e-9
    assert calc_probabilistic_sharpe_ratio(short) < 0.9


def test_fat_left_tail_makes_a_sharpe_ratio_less_sure():
    normal = calc_probabilistic_sharpe_ratio(Moments(1.0, 0.0, 3.0, 1000))
    tailed = calc_probabilistic_sharpe_ratio(Moments(1.0, -3.0, 30.0, 1000))
    assert tailed < normal


def test_no_track_record_proves_what_is_not_there():
    assert np.isnan(calc_minimum_track_record(Moments(1.0, 0.0, 3.0, 1000), 1.0))


def test_confidence_is_checked():
    with pytest.raises(ParameterError, match=r"in \(0\.5, 1\); received 95"):
        calc_minimum_track_record(Moments(1.0, 0.0, 3.0, 1000), confidence=95)
