"""Intervals cover, p-values agree with them, and dependence within blocks widens them."""

import numpy as np
import pytest
from scipy import stats

from kanalo.study.inference import (
    MIN_BLOCKS,
    adjust_holm,
    bootstrap_band,
    calc_detectable,
    find_clusters,
    infer_difference,
    to_sample,
)

NAN = np.nan


def infer(own, theirs, *, spacing=10, block=10, seed=0):
    """Compare events ``spacing`` bars apart with one control each, far from all of them."""
    own = np.asarray(own, dtype=float)
    bars = np.arange(len(own)) * spacing
    sample = to_sample(bars, own, 100_000 + bars[:, None], np.asarray(theirs, float)[:, None])
    return infer_difference(sample, block, np.random.default_rng(seed), 1_000)


def test_clusters_are_runs_of_overlapping_windows():
    assert find_clusters(np.array([0, 5, 9, 20, 30]), 10).tolist() == [0, 0, 0, 1, 2]
    assert find_clusters(np.array([], dtype=int), 10).tolist() == []


def test_difference_is_that_of_the_means():
    found = infer(np.arange(20.0) + 3, np.arange(20.0))
    assert (found.events, found.controls, found.value) == (12.5, 9.5, 3.0)
    assert (found.n, found.n_blocks) == (20, 20)


def test_independent_values_have_the_textbook_error():
    rng = np.random.default_rng(1)
    own, theirs = rng.normal(size=(2, 400))
    found = infer(own, theirs)
    expected = np.sqrt((own.var(ddof=1) + theirs.var(ddof=1)) / 400)
    assert found.error == pytest.approx(expected, rel=0.01)
    textbook = stats.ttest_ind(own, theirs)
    assert found.p_value == pytest.approx(textbook.pvalue, abs=0.05)
    assert found.high - found.value == pytest.approx(1.96 * expected, rel=0.1)


def test_p_value_and_interval_agree():
    rng = np.random.default_rng(2)
    for shift in (0.0, 0.2, 0.4, 0.8):
        found = infer(rng.normal(shift, 1, 60), rng.normal(0, 1, 60))
        excluded = found.low > 0 or found.high < 0
        assert excluded == (found.p_value < 0.05)


def test_repeating_values_within_blocks_adds_no_certainty():
    rng = np.random.default_rng(3)
    own, theirs = rng.normal(size=(2, 40))
    once = infer(own, theirs, spacing=10, block=10)
    five = infer(np.repeat(own, 5), np.repeat(theirs, 5), spacing=2, block=10)
    assert five.n_blocks == 40
    assert five.error == pytest.approx(once.error, rel=1e-9)


def test_too_few_blocks_decide_nothing():
    found = infer(np.arange(MIN_BLOCKS - 1.0), np.zeros(MIN_BLOCKS - 1))
    assert found.value == 3.0
    assert np.isnan([found.low, found.high, found.p_value]).all()
    assert not np.isnan(infer(np.arange(MIN_BLOCKS * 1.0), np.zeros(MIN_BLOCKS)).p_value)


def test_pairs_with_an_unknown_side_are_left_out():
    bars = np.array([0, 10, 20])
    controls = np.array([[1.0, 3.0], [NAN, 5.0], [NAN, NAN]])
    sample = to_sample(bars, np.array([1.0, 2.0, 3.0]), np.arange(6).reshape(3, 2), controls)
    assert sample.values.tolist() == [1, 2, 1, 3, 5]
    assert sample.weights.tolist() == [1, 1, 0.5, 0.5, 1]
    assert sample.bars.tolist() == [0, 10, 0, 1, 3]


def test_nothing_to_compare_is_nan():
    found = infer([], [])
    assert found.n == 0
    assert np.isnan(found.value)


def test_holm_steps_down():
    assert adjust_holm([0.01, 0.04, 0.03, NAN])[:3] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(adjust_holm([0.01, NAN])[1])
    assert adjust_holm([0.6, 0.9]) == [1.0, 1.0]


@pytest.mark.slow
def test_detectable_effect_is_found_with_the_promised_power():
    rng = np.random.default_rng(4)
    effect = calc_detectable(infer(rng.normal(size=50), rng.normal(size=50)))
    hits = [
        infer(rng.normal(effect, 1, 50), rng.normal(size=50), seed=i).p_value < 0.05
        for i in range(150)
    ]
    assert 0.68 < np.mean(hits) < 0.92


def test_more_tests_need_a_larger_effect():
    found = infer(np.random.default_rng(5).normal(size=30), np.zeros(30))
    assert calc_detectable(found, 5) > calc_detectable(found, 1)


def test_too_few_pairs_borrow_the_spread_of_all_bars():
    found = infer([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    assert np.isnan(calc_detectable(found))
    assert calc_detectable(found, 1, 2.0) == pytest.approx(2 * calc_detectable(found, 1, 1.0))
    assert np.isnan(calc_detectable(infer([1.0], [0.0]), 1, 1.0))


def test_band_holds_the_mean_and_breaks_below_eight_clusters():
    paths = np.random.default_rng(6).normal(size=(50, 3)) + np.arange(3)
    low, high = bootstrap_band(paths, np.arange(50), np.random.default_rng(0), 500)
    assert ((low < paths.mean(axis=0)) & (paths.mean(axis=0) < high)).all()
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * paths[:, 0].std() / np.sqrt(50), rel=0.15)
    few, _ = bootstrap_band(paths, np.arange(50) // 10, np.random.default_rng(0), 500)
    assert np.isnan(few).all()
