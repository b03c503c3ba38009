"""Deflated Sharpe ratio and effective trials: the paper's example, ffn, and how they move."""

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import DataError, ParameterError
from kanalo.judgement import (
    Moments,
    calc_deflated_sharpe_ratio,
    calc_effective_trials,
    calc_expected_max_sharpe,
    calc_hurdle,
    calc_luck_deviation,
    calc_moments,
    calc_probabilistic_sharpe_ratio,
    deflate_sharpe,
)

PAPER = Moments(2.5, -3.0, 10.0, 1250, 250)


@pytest.mark.parametrize(("n_trials", "expected"), [(100, 0.9004), (46, 0.9505)])
def test_deflated_sharpe_ratio_of_the_paper(n_trials, expected):
    """Bailey & López de Prado (2014): an annual 2.5 with a variance of 0.5 among the trials."""
    assert calc_deflated_sharpe_ratio(PAPER, n_trials, 0.5**0.5) == pytest.approx(
        expected, abs=5e-5
    )


def test_hurdle_of_the_paper():
    """The daily hurdle of the paper's example is 0.1132."""
    hurdle = calc_expected_max_sharpe(100, 0.5**0.5) / np.sqrt(250)
    assert hurdle == pytest.approx(0.1132, abs=5e-5)


def test_hurdle_is_that_of_ffn():
    for n_trials in (1, 2, 7, 1000):
        ours = calc_expected_max_sharpe(n_trials, 0.3)
        assert ours == pytest.approx(ffn.core.calc_expected_max_sharpe(n_trials, 0.3))


@pytest.mark.parametrize("n_trials", [10, 100, 1000])
def test_hurdle_is_what_the_best_of_normal_draws_shows(n_trials):
    draws = np.random.default_rng(0).normal(0, 0.4, (4000, n_trials)).max(axis=1)
    assert calc_expected_max_sharpe(n_trials, 0.4) == pytest.approx(draws.mean(), rel=0.03)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 3))
def test_hurdle_is_never_negative_and_rises_with_the_trials(one, other, deviation):
    few, many = sorted((one, other))
    assert (
        0 <= calc_expected_max_sharpe(few, deviation) <= calc_expected_max_sharpe(many, deviation)
    )


@given(st.floats(-3, 3), st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0.01, 2))
def test_deflated_ratio_falls_with_the_trials(sharpe, one, other, deviation):
    few, many = sorted((one, other))
    moments = Moments(sharpe, -0.5, 6.0, 2000)
    fewer = calc_deflated_sharpe_ratio(moments, few, deviation)
    assert calc_deflated_sharpe_ratio(moments, many, deviation) <= fewer
    assert fewer <= calc_probabilistic_sharpe_ratio(moments)


def test_one_trial_deflates_nothing():
    assert calc_deflated_sharpe_ratio(PAPER, 1, 0.7) == calc_probabilistic_sharpe_ratio(PAPER)


def test_less_than_one_trial_is_refused():
    with pytest.raises(ParameterError, match="must be at least 1; received 0"):
        calc_expected_max_sharpe(0, 0.5)


def test_deflated_ratio_of_given_trials_is_that_of_ffn(make_returns):
    returns = pd.Series(np.expm1(make_returns(1.5, 500)))
    trials = [1.5, 0.2, -0.4, 0.9, 0.1]
    ours = calc_deflated_sharpe_ratio(calc_moments(returns), 5, float(np.std(trials, ddof=1)))
    theirs = ffn.core.calc_deflated_sharpe_ratio(returns, trials, nperiods=365)
    assert ours == pytest.approx(theirs)


def test_judged_strategy_is_counted_and_the_others_scatter(make_returns):
    others = [1.9, -0.4, 0.9, -1.1]
    found = deflate_sharpe(make_returns(1.5), others)
    assert found.moments == calc_moments(make_returns(1.5))
    assert (found.n_trials, found.deviation) == (5, pytest.approx(np.std(others, ddof=1)))
    assert found.hurdle == calc_expected_max_sharpe(5, found.deviation)
    assert found.dsr == calc_deflated_sharpe_ratio(found.moments, 5, found.deviation)
    assert np.isnan(found.dsr_effective)


def test_strategy_is_not_held_against_itself(make_returns):
    """The hurdle before a good rule among worthless ones does not rise with its own ratio."""
    others = [0.4, -0.5, 0.2, -0.3, 0.1]
    poor, good = (deflate_sharpe(make_returns(sharpe, 2190), others) for sharpe in (0.0, 1.6))
    assert poor.hurdle == good.hurdle
    whole = calc_expected_max_sharpe(6, float(np.std([1.6, *others], ddof=1)))
    assert calc_probabilistic_sharpe_ratio(good.moments, whole) < 0.95 < 0.99 < good.dsr


def test_trials_without_a_sharpe_ratio_count_but_do_not_spread(make_returns):
    found = deflate_sharpe(make_returns(1.0), [3.0, 0.5, np.nan, np.nan])
    assert found.n_trials == 5
    assert found.deviation == pytest.approx(2.5 / 2**0.5)
    assert found.hurdle == calc_expected_max_sharpe(5, found.deviation)


@pytest.mark.parametrize("others", [[0.3], [np.nan, 0.3], [0.3, 0.3, 0.3]])
def test_hurdle_is_never_below_that_of_luck_alone(make_returns, others):
    """1,000 days of 365 a year: luck alone scatters by √(365 / 999)."""
    found = deflate_sharpe(make_returns(1.0), others)
    assert found.luck == pytest.approx((365 / 999) ** 0.5)
    assert found.hurdle == calc_expected_max_sharpe(len(others) + 1, found.luck) > 0


def test_luck_is_the_scatter_of_rules_without_skill():
    noise = np.random.default_rng(4).normal(0, 0.03, (4000, 500))
    sharpes = noise.mean(axis=1) / noise.std(axis=1, ddof=1) * np.sqrt(365)
    assert calc_luck_deviation(calc_moments(noise[0])) == pytest.approx(sharpes.std(), rel=0.03)
    assert np.isnan(calc_luck_deviation(calc_moments(noise[0, :1])))


def test_near_copies_are_so_many_lucky_ones_as_they_amount_to():
    one, many = (calc_hurdle(100, 0.01, n_effective=n, luck=0.4) for n in (1.0, 20.0))
    assert one == calc_expected_max_sharpe(100, 0.01)
    assert many == calc_expected_max_sharpe(20, 0.4)
    assert calc_hurdle(100, 0.01, luck=0.4) == calc_expected_max_sharpe(100, 0.4)


def test_strategy_without_any_other_trial_is_not_deflated(make_returns):
    found = deflate_sharpe(make_returns(1.0), [])
    assert (found.n_trials, found.hurdle, found.dsr) == (1, 0, found.psr)
    assert np.isnan(found.deviation)


def test_trials_may_be_more_than_the_ratios_that_are_known(make_returns):
    assert deflate_sharpe(make_returns(1.0), [1.0, 0.5], n_trials=90).n_trials == 90


@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_effective_trials_deflate_less(make_returns, spread):
    others = np.linspace(-spread, spread, 50)
    found = deflate_sharpe(make_returns(1.0), others, n_effective=4.5)
    assert found.dsr <= found.dsr_effective < found.psr
    assert (found.dsr < found.dsr_effective) == (spread > 0.5)


def test_judgement_without_any_trial_is_refused(make_returns):
    with pytest.raises(ParameterError, match="number of trials must be at least 1; received 0"):
        deflate_sharpe(make_returns(1.0), [], n_trials=0)


@pytest.mark.slow
def test_best_of_worthless_trials_is_seldom_above_its_hurdle():
    """Of the best of six worthless rules the condition lets 1 % pass; without a floor 2 to 3 %."""
    rng = np.random.default_rng(5)
    passed = 0
    for _ in range(400):
        days = rng.normal(0, 0.03, (1000, 6))
        sharpes = days.mean(axis=0) / days.std(axis=0, ddof=1) * np.sqrt(365)
        best = int(sharpes.argmax())
        passed += deflate_sharpe(days[:, best], np.delete(sharpes, best)).dsr >= 0.95
    assert passed <= 8


def test_flat_strategy_has_no_probability():
    found = deflate_sharpe(np.zeros(500), [np.nan, 0.5, 0.7])
    assert np.isnan([found.psr, found.dsr, found.min_days]).all()


def test_copies_are_one_trial_and_strangers_are_many():
    noise = np.random.default_rng(0).normal(size=(5000, 20))
    assert calc_effective_trials(np.repeat(noise[:, :1], 20, axis=1)) == pytest.approx(1)
    assert calc_effective_trials(noise) == pytest.approx(20, abs=0.5)


def test_effective_trials_follow_the_average_correlation():
    noise = np.random.default_rng(1).normal(size=(500, 9))
    trials = noise + noise.sum(axis=1, keepdims=True)
    matrix = np.corrcoef(trials, rowvar=False)
    rho = matrix[~np.eye(9, dtype=bool)].mean()
    assert calc_effective_trials(trials) == pytest.approx(rho + (1 - rho) * 9)


def test_trials_that_never_traded_cannot_have_been_lucky():
    noise = np.random.default_rng(2).normal(size=(400, 3))
    idle = np.column_stack([noise, np.zeros((400, 5))])
    assert calc_effective_trials(idle) == pytest.approx(calc_effective_trials(noise))
    assert np.isnan(calc_effective_trials(np.zeros((400, 5))))
    assert calc_effective_trials(noise[:, :1]) == 1


def test_trials_of_different_years_are_independent():
    noise = np.random.default_rng(3).normal(size=400)
    early, late = noise.copy(), noise.copy()
    early[200:], late[:200] = np.nan, np.nan
    assert calc_effective_trials(np.column_stack([early, late])) == 2


@given(st.integers(2, 12), st.integers(0, 100))
def test_effective_trials_lie_between_one_and_all(n_trials, seed):
    noise = np.random.default_rng(seed).normal(size=(20, n_trials))
    assert 1 <= calc_effective_trials(noise) <= n_trials


def test_one_dimension_is_no_set_of_trials():
    with pytest.raises(DataError, match=r"shape \(n_days, n_trials\); received \(5,\)"):
        calc_effective_trials(np.zeros(5))
