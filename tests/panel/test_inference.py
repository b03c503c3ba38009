"""The error by blocks, by Driscoll and Kraay, and by two ways, against statsmodels."""

import numpy as np
import pytest

from kanalo.panel.inference import (
    calc_driscoll_kraay,
    calc_two_way,
    check_error,
    find_scores,
    infer,
    pool,
)
from kanalo.panel.sample import CoinSample
from kanalo.study.inference import Sample


def make_sample(coin, n, shift=0.0, seed=0, common=0.0):
    """Make n events, ten hours apart, each with one control, with a shock common to each month."""
    rng = np.random.default_rng(seed)
    hours = 400_000 + 10 * np.arange(n)
    shock = np.random.default_rng(9).normal(0, common, n // 60 + 1)[np.arange(n) // 60]
    values = shift + shock + rng.normal(0, 1, n)
    controls = rng.normal(0, 1, n)
    pairs = Sample(
        np.concatenate([hours, hours + 3]),
        np.concatenate([values, controls]),
        np.ones(2 * n),
        np.arange(2 * n) < n,
    )
    return CoinSample(coin, hours, values, controls, pairs, np.arange(n), n)


@pytest.fixture(scope="module")
def coins():
    return [make_sample(name, 300 + 50 * i, 0.3, i, 0.5) for i, name in enumerate("abcd")]


def to_regression(coins):
    pairs = pool(coins)
    design = np.column_stack([np.ones(len(pairs.values)), pairs.is_event.astype(float)])
    return pairs, design


def test_driscoll_kraay_is_that_of_statsmodels(coins):
    sandwich = pytest.importorskip("statsmodels.stats.sandwich_covariance")
    linear_model = pytest.importorskip("statsmodels.regression.linear_model")
    pairs, design = to_regression(coins)
    order = np.argsort(pairs.bars, kind="stable")
    fit = linear_model.WLS(pairs.values[order], design[order], pairs.weights[order]).fit()
    hours = pairs.bars[order] - pairs.bars.min()
    lag = 48
    # Every hour must be there: the hours without an event score nothing.
    scores = design[order] * (pairs.weights[order] * fit.resid)[:, None]
    sums = np.zeros((hours.max() + 1, 2))
    np.add.at(sums, hours, scores)
    meat = sandwich.S_hac_simple(sums, nlags=lag)
    bread = np.linalg.inv(design.T @ (design * pairs.weights[:, None]))
    expected = np.sqrt((bread @ meat @ bread)[1, 1])
    assert calc_driscoll_kraay(*find_scores(coins)[:2], lag) == pytest.approx(expected)


def test_two_ways_are_those_of_statsmodels(coins):
    linear_model = pytest.importorskip("statsmodels.regression.linear_model")
    sandwich = pytest.importorskip("statsmodels.stats.sandwich_covariance")
    pairs, design = to_regression(coins)
    fit = linear_model.WLS(pairs.values, design, pairs.weights).fit()
    scores, hours, numbers = find_scores(coins)
    blocks = hours // 672
    parts = []
    for groups in (blocks, numbers, blocks * 10 + numbers):
        covariance = sandwich.cov_cluster(fit, groups, use_correction=False)
        n = len(np.unique(groups))
        parts.append(covariance[1, 1] * n / (n - 1))
    expected = np.sqrt(parts[0] + parts[1] - parts[2])
    assert calc_two_way(scores, blocks, numbers) == pytest.approx(expected)


def test_scores_add_up_to_nothing(coins):
    assert find_scores(coins)[0].sum() == pytest.approx(0, abs=1e-12)


def test_a_common_shock_lowers_the_effective_number(coins):
    alone = [make_sample(name, 400, 0.3, i) for i, name in enumerate("abcd")]
    for samples, few in ((coins, True), (alone, False)):
        effect = infer(samples, 672, [1], 199, 0.95)
        checks = check_error(samples, 672, effect.error)
        assert (checks.effective_n < 0.7 * effect.n) == few


def test_coins_weigh_the_same_if_asked():
    coins = [make_sample("a", 900, 0.0, 1), make_sample("b", 300, 3.0, 2)]
    every_event = infer(coins, 672, [1], 99, 0.95).value
    every_coin = infer(coins, 672, [1], 99, 0.95, by_coin=True).value
    assert every_event == pytest.approx(0.75, abs=0.2)
    assert every_coin == pytest.approx(1.5, abs=0.2)


def test_nothing_gives_nothing():
    assert infer([], 672, [1], 99, 0.95).n == 0
    assert np.isnan(check_error([], 672, 0.1).iid)
