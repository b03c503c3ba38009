"""Verdicts on a panel: of the other coins, by Holm's method, with what stands beside them."""

import numpy as np
import pytest

from kanalo.panel.inference import infer
from kanalo.panel.judge import find_panel_verdict, judge_panel
from kanalo.panel.null import flip_signs
from kanalo.panel.plan import Bias
from kanalo.panel.trial import draw_panel
from kanalo.study.inference import Difference


@pytest.fixture(scope="module")
def results(samples, plan):
    return judge_panel(samples, plan)


def test_the_verdict_is_that_of_the_others(results, samples, plan):
    others = [each for each in samples["rise"] if each.coin != "xmr"]
    expected = infer(others, plan.block_hours, [plan.base.seed, 0], 199, 0.95)
    assert results[0].effect.value == expected.value
    assert results[0].effect.n == expected.n < results[0].with_monero.n


def test_random_walks_show_no_effect(results):
    assert [each.verdict for each in results[:2]] != ["supported"] * 2
    assert all(abs(each.effect.value) < 4 * each.effect.error for each in results[:2])


def test_a_claim_that_no_coin_answers_is_not_decidable(results):
    silent = results[2]
    assert silent.verdict == "not decidable"
    assert len(silent.unanswered) == 10
    assert np.isnan(silent.p_holm)


def test_a_delisted_coins_last_days_are_left_out_in_a_row_of_their_own(results):
    assert results[0].shortened.n < results[0].effect.n


@pytest.mark.parametrize(
    ("bias", "verdict"),
    [(None, "supported"), (Bias(0.002, 0.0005), "supported"), (Bias(0.02, 0.001), "not decidable")],
)
def test_nothing_is_decided_where_the_comparison_moves(plan, bias, verdict):
    effect = Difference(0.1, 0.0, 0.1, 0.05, 0.15, 0.001, 0.02, 500, 50)
    found, reason = find_panel_verdict(effect, plan.claims[0], bias)
    assert found == verdict
    assert ("moves" in reason) == (verdict == "not decidable")


@pytest.mark.slow
def test_null_panels_are_rarely_told_from_zero(panel, plan):
    """Twenty flipped panels: at 5 %, more than four rejections have a chance below 0.3 %."""
    claims = plan.claims[:2]
    rejected = np.zeros(2)
    for seed in range(20):
        drawn = draw_panel(flip_signs(panel, seed), plan, claims, workers=1)
        for i, claim in enumerate(claims):
            p = infer(drawn[claim.name], plan.block_hours, [seed], 199, 0.95).p_value
            rejected[i] += p <= 0.05
    assert (rejected <= 4).all()
