"""Random effects with dependent estimates, shrinkage and contrasts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.panel.heterogeneity import (
    compare_coins,
    contrast,
    draw_effects,
    find_covariance,
    shrink,
    solve_tau2,
)

from .test_inference import make_sample


def test_tau_of_independent_estimates_is_that_of_paule_and_mandel():
    """Solved by bisection on the textbook's sum of weighted squares."""
    d, variances = np.array([0.1, 0.5, 0.9, 0.3]), np.array([0.01, 0.02, 0.01, 0.03])

    def spread(tau2):
        weights = 1 / (variances + tau2)
        mean = (weights * d).sum() / weights.sum()
        return (weights * (d - mean) ** 2).sum()

    low, high = 0.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if spread(middle) > 3 else (low, middle)
    assert solve_tau2(d, np.diag(variances), 3) == pytest.approx(low, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=8), st.floats(0.01, 0.5))
def test_a_larger_target_means_a_smaller_tau(d, variance):
    covariance = np.diag(np.full(len(d), variance))
    taus = [solve_tau2(np.array(d), covariance, target) for target in (0.5, 1.0, 4.0)]
    assert taus == sorted(taus, reverse=True)


def test_equal_coins_show_no_difference_and_different_ones_do():
    equal = [make_sample(str(i), 300, 0.2, i) for i in range(8)]
    apart = [make_sample(str(i), 300, 0.5 * i, i) for i in range(8)]
    tau = []
    for samples in (equal, apart):
        coins = compare_coins(samples, *draw_effects(samples, 672, [1], 500))
        assert coins.low < coins.mean < coins.high
        tau.append(coins.tau)
    assert tau[0] < 0.15
    assert tau[1] == pytest.approx(np.std(0.5 * np.arange(8), ddof=1), rel=0.2)


def test_few_coins_or_few_events_have_no_random_effects():
    samples = [make_sample("a", 300), make_sample("b", 5)]
    coins = compare_coins(samples, *draw_effects(samples, 672, [1], 99))
    assert coins.names == ("a",)
    assert np.isnan(coins.tau)


def test_the_covariance_has_one_correlation():
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 1, (4_000, 1)) + rng.normal(0, 1, (4_000, 3)) * [1, 2, 3]
    covariance, rho = find_covariance(drawn)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.allclose((covariance / scale)[np.triu_indices(3, 1)], rho)
    assert rho == pytest.approx(np.mean([0.316, 0.224, 0.141]), abs=0.05)


def test_a_coin_is_drawn_to_the_others():
    samples = [make_sample(str(i), 300, 0.2 * i, i) for i in range(6)]
    effects, drawn = draw_effects(samples, 672, [1], 500)
    coins = compare_coins(samples, effects, drawn)
    covariance, _ = find_covariance(drawn)
    shrunk = shrink(coins, covariance, "5", [1])
    assert coins.mean < shrunk.effect < shrunk.own
    assert shrunk.low < shrunk.effect < shrunk.high
    assert shrink(coins, covariance, "nobody", [1]) is None


def test_a_contrast_is_seen_where_it_is_large():
    rng = np.random.default_rng(0)
    own, others = rng.normal(1, 0.1, 999), rng.normal(0, 0.1, 999)
    assert contrast(own, others, 1.0).p_value == pytest.approx(1 / 1000)
    assert contrast(own, own + rng.normal(0, 0.1, 999), 0.0).p_value > 0.5
