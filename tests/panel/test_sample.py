"""Events and controls of a coin, and what became of them."""

import numpy as np
import pytest

from kanalo.panel.sample import ask_coin, calc_imbalance, draw_coin, is_estimated
from kanalo.study.claims.sample import draw_sample


@pytest.fixture(scope="module")
def question(panel, plan):
    return ask_coin(panel, panel.coins[3], plan, plan.claims[1])


def test_samples_agree_with_those_of_one_market(panel, plan):
    """Without what a panel adds, events, controls and outcomes are those of the single trial."""
    from dataclasses import replace

    coin = panel.coins[3]
    claim = replace(plan.claims[1], share=False)
    mine = draw_coin(ask_coin(panel, coin, plan, claim), claim)
    single = draw_sample(coin.market, plan.base, claim.plan)
    np.testing.assert_allclose(mine.pairs.values, single.pairs.values)
    np.testing.assert_allclose(mine.pairs.weights, single.pairs.weights)
    np.testing.assert_array_equal(mine.pairs.bars, coin.hours[single.pairs.bars])


def test_controls_lie_outside_the_condition_and_away_from_their_event(question):
    controls = question.matching.controls
    known = controls >= 0
    gaps = np.abs(controls - question.bars[:, None])[known]
    assert question.n_matched >= 8
    assert gaps.min() >= 6


def test_an_event_weighs_as_much_as_its_controls(question, plan):
    sample = draw_coin(question, plan.claims[1])
    weights = np.bincount(sample.owners, sample.pairs.weights[sample.n :])
    np.testing.assert_allclose(weights, 1.0)
    means = np.bincount(sample.owners, (sample.pairs.weights * sample.pairs.values)[sample.n :])
    np.testing.assert_allclose(means, sample.expected)


def test_events_before_an_hour_keep_their_own_controls(question, plan):
    sample = draw_coin(question, plan.claims[1])
    middle = int(sample.hours[sample.n // 2])
    early = sample.before(middle)
    assert early.n == (sample.hours < middle).sum()
    means = np.bincount(early.owners, (early.pairs.weights * early.pairs.values)[early.n :])
    np.testing.assert_allclose(means, sample.expected[sample.hours < middle])


def test_a_coin_that_cannot_answer_says_why(samples):
    assert {each.reason for each in samples["silent"]} == {"it has no 'long_short_ratio'"}
    assert all(each.n == 0 for each in samples["silent"])


def test_a_delisted_coin_knows_its_last_hour(samples, panel):
    by_name = {each.coin: each for each in samples["rise"]}
    assert by_name["aaa"].delisted_at == panel.coins[2].hours[-1]
    assert by_name["bbb"].delisted_at is None


def test_imbalance_is_small_within_the_calipers(question):
    assert 0 < calc_imbalance(question) < 1.0


def test_what_rests_on_estimates_is_known(plan):
    assert not is_estimated(plan.claims[0])
