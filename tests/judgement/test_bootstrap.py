"""Bootstrap: estimates as elsewhere, pairs on the same days, flat and ruined series."""

import empyrical
import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.analyzers import calc_sharpe_ratio
from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.judgement import resample_returns


def test_estimates_are_those_of_the_analyzers_and_of_empyrical(make_returns, make_table):
    returns = make_returns(1.2, 730)
    found = resample_returns(make_table(a=returns), n_resamples=2).estimates
    assert found["sharpe_ratio"][0] == pytest.approx(calc_sharpe_ratio(pd.Series(returns)))
    assert found["cagr"][0] == pytest.approx(empyrical.annual_return(returns, annualization=365))
    assert found["max_drawdown"][0] == pytest.approx(empyrical.max_drawdown(returns))


def test_drawdown_counts_from_the_start_and_lowest_equity_from_what_was_put_in():
    found = resample_returns(np.array([[-0.5], [1.0], [0.5], [-0.4]]), n_resamples=2).estimates
    assert found["max_drawdown"][0] == pytest.approx(-0.5)
    assert found["lowest_equity"][0] == pytest.approx(-0.5)
    rising = resample_returns(np.array([[0.5], [-0.2], [0.1]]), n_resamples=2).estimates
    assert rising["max_drawdown"][0] == pytest.approx(-0.2)
    assert rising["lowest_equity"][0] == 0.0


def test_same_seed_draws_the_same_and_another_seed_does_not(make_returns):
    returns = make_returns()[:, None]
    first, second, third = (
        resample_returns(returns, n_resamples=60, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.draws["cagr"], second.draws["cagr"])
    assert not np.array_equal(first.draws["cagr"], third.draws["cagr"])


def test_copies_do_not_differ_in_any_resample(make_returns, make_table):
    returns = make_returns()
    found = resample_returns(make_table(a=returns, b=returns), n_resamples=100)
    difference = found.difference("a", "b", "sharpe_ratio")
    assert (difference.estimate, difference.low, difference.high) == (0, 0, 0)
    assert difference.above_zero == 0.5


def test_paired_difference_is_much_narrower_than_its_sides(make_returns, make_table):
    market = make_returns(1.0)
    better = market + 0.0005 + np.random.default_rng(9).normal(0, 0.001, len(market))
    found = resample_returns(make_table(market=market, better=better), n_resamples=500)
    side, pair = found.interval("better", "cagr"), found.difference("better", "market", "cagr")
    assert pair.high - pair.low < (side.high - side.low) / 3
    assert pair.low > 0
    assert side.low < 0


def test_difference_to_cash_is_the_series_itself(make_returns, make_table):
    returns = make_returns(0.7)
    found = resample_returns(make_table(a=returns, cash=np.zeros(1000)), n_resamples=100)
    for statistic in ("cagr", "sharpe_ratio", "max_drawdown"):
        assert found.difference("a", "cash", statistic) == found.interval("a", statistic)


def test_flat_series_has_no_sharpe_interval_and_a_growth_of_zero(make_table):
    found = resample_returns(make_table(idle=np.zeros(100)), n_resamples=20)
    assert found.flat == (True,)
    assert np.isnan(found.interval("idle", "sharpe_ratio").low)
    assert np.isnan(found.interval("idle", "sharpe_ratio").above_zero)
    growth = found.interval("idle", "cagr")
    assert (growth.low, growth.high, growth.above_zero) == (0, 0, 0.5)
    assert found.drawdown_quantiles("idle", (0.05, 0.95)).tolist() == [0, 0]


def test_resamples_without_a_trade_have_a_sharpe_ratio_of_zero():
    spike = np.zeros((100, 1))
    spike[50] = 0.1
    found = resample_returns(spike, n_resamples=400)
    draws = found.draws["sharpe_ratio"]
    # A day is missed by all 100 draws with (1 - 1/100)^100, more than a third of the time.
    assert (draws == 0).mean() == pytest.approx(0.99**100, abs=0.07)
    assert not np.isnan(draws).any()


def test_ruin_is_final():
    returns = np.array([[0.1], [-1.5], [np.nan], [np.nan]])
    found = resample_returns(returns, n_resamples=200, block_length=1.0)
    assert found.estimates["cagr"][0] == -1
    assert found.estimates["max_drawdown"][0] == -1
    missed = 0.75**4
    assert found.ruin_probability("0", -1.0) == pytest.approx(1 - missed, abs=0.1)


def test_ruin_is_never_more_likely_than_the_drawdown_and_falls_with_depth(make_returns):
    found = resample_returns(make_returns(0.5)[:, None], n_resamples=500)
    ruin = [found.ruin_probability("0", loss) for loss in (-0.1, -0.3, -0.5, -0.9)]
    fall = [found.drawdown_probability("0", loss) for loss in (-0.1, -0.3, -0.5, -0.9)]
    assert ruin == sorted(ruin, reverse=True)
    assert all(each <= other for each, other in zip(ruin, fall, strict=True))
    assert 0 < ruin[1] < fall[1] < 1


def test_drawdown_quantiles_rise(make_returns):
    found = resample_returns(make_returns()[:, None], n_resamples=200)
    deep, middle, shallow = found.drawdown_quantiles("0", (0.05, 0.5, 0.95))
    assert -1 <= deep < middle < shallow < 0


def test_spread_of_the_draws_is_that_of_archs_bootstrap(make_returns):
    returns = make_returns(1.0)

    def calc_sharpe(sample):
        return sample.mean() / sample.std(ddof=1) * np.sqrt(365)

    theirs = StationaryBootstrap(5, returns, seed=3).apply(calc_sharpe, 1000).std()
    ours = resample_returns(returns[:, None], block_length=5).draws["sharpe_ratio"].std()
    assert ours == pytest.approx(theirs, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.01, 5), seed=st.integers(0, 50))
def test_sharpe_ratio_does_not_depend_on_the_leverage(scale, seed):
    returns = np.random.default_rng(seed).normal(0.001, 0.01, (60, 1))
    plain, scaled = (
        resample_returns(each, n_resamples=20, block_length=2.0)
        for each in (returns, returns * scale)
    )
    assert scaled.draws["sharpe_ratio"] == pytest.approx(plain.draws["sharpe_ratio"], rel=1e-9)


def test_growth_that_a_float_cannot_hold_is_unknown():
    found = resample_returns(np.array([[50.0], [60.0]]), n_resamples=2, block_length=1.0)
    assert np.isnan(found.estimates["cagr"][0])
    assert np.isnan(found.interval("0", "cagr").low)


def test_unknown_series_and_statistics_are_named(make_returns, make_table):
    found = resample_returns(make_table(alpha=make_returns()), n_resamples=2)
    with pytest.raises(UnknownNameError, match=r"no series 'alfa'\. Did you mean 'alpha'"):
        found.interval("alfa", "cagr")
    with pytest.raises(UnknownNameError, match="no resampled statistic 'sharpe'"):
        found.difference("alpha", "alpha", "sharpe")


def test_level_loss_and_number_of_resamples_are_checked(make_returns):
    returns = make_returns()[:, None]
    found = resample_returns(returns, n_resamples=2)
    with pytest.raises(ParameterError, match=r"in \(0, 1\), like 0.95; received 95"):
        found.interval("0", "cagr", level=95)
    with pytest.raises(ParameterError, match=r"fraction in \[-1, 0\), like -0.5; received 0.5"):
        found.ruin_probability("0", 0.5)
    with pytest.raises(ParameterError, match="must be an int of at least 2; received 1"):
        resample_returns(returns, n_resamples=1)


def test_single_day_is_refused():
    with pytest.raises(DataError, match="At least 2 daily returns"):
        resample_returns(np.zeros((1, 1)))


@pytest.mark.slow
def test_intervals_cover_the_true_sharpe_ratio_about_as_often_as_they_say():
    n_markets, covered = 200, {"normal": 0, "clustered": 0}
    for seed in range(n_markets):
        rng = np.random.default_rng(seed)
        normal = rng.normal(1 / np.sqrt(365), 1, 1000) * 0.02
        # A rule that is in the market for weeks at a time, where nothing is to be earned.
        held = np.repeat(rng.random(50) < 0.4, 20) * rng.normal(0, 0.03, 1000)
        for name, returns, truth in (("normal", normal, 1.0), ("clustered", held, 0.0)):
            found = resample_returns(returns[:, None], n_resamples=400, seed=seed + 10_000)
            interval = found.interval("0", "sharpe_ratio", level=0.9)
            covered[name] += interval.low <= truth <= interval.high
    for hits in covered.values():
        assert 0.84 <= hits / n_markets <= 0.96
