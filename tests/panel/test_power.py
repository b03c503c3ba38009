"""Power is stated with the critical value that the test itself uses."""

import math

import numpy as np
import pytest
from scipy import stats

from kanalo.panel.inference import infer
from kanalo.panel.power import calc_panel_detectable, calc_panel_power, to_critical
from kanalo.study.inference import Difference

EFFECT = Difference(0.1, 0.0, 0.1, 0.04, 0.16, 0.01, 0.02, 500, 50)


def test_the_critical_value_is_half_the_interval_in_errors():
    assert to_critical(EFFECT) == pytest.approx(3.0)


def test_an_effect_at_the_critical_value_is_found_half_the_time():
    assert calc_panel_power(EFFECT, 3 * EFFECT.error, 3.0) == pytest.approx(0.5)
    seen = calc_panel_detectable(EFFECT, 3.0)
    assert calc_panel_power(EFFECT, seen, 3.0) == pytest.approx(0.8)


def test_a_smaller_size_asks_for_more(samples):
    others = samples["rise"][1:]
    wide, narrow = (to_critical(infer(others, 168, [1], 399, 1 - a)) for a in (0.01, 0.2))
    assert wide > narrow > 0
    effect = infer(others, 168, [1], 399, 0.95)
    assert (effect.p_value <= 0.2) == (abs(effect.value) / effect.error >= narrow)


def test_no_interval_has_no_power():
    empty = Difference(*(float("nan"),) * 7, 0, 0)
    assert calc_panel_power(empty, 0.01, to_critical(empty)) == 0.0
    assert math.isnan(calc_panel_detectable(empty, to_critical(empty)))


@pytest.mark.slow
def test_planted_effects_are_found_as_often_as_stated():
    """400 samples of 15 blocks with an effect of three errors: found within 8 points of it."""
    from kanalo.study.inference import Sample, infer_difference

    found, stated = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        bars = np.arange(150) * 70
        values = rng.standard_t(5, 150) + rng.normal(0, 0.5, 15)[bars // 700]
        is_event = rng.random(150) < 0.5
        values[is_event] += 0.6
        sample = Sample(bars, values, np.ones(150), is_event)
        effect = infer_difference(sample, 700, rng, 499, 0.95)
        found.append(effect.p_value <= 0.05)
        stated.append(calc_panel_power(effect, 0.6, to_critical(effect)))
    assert stats.binomtest(sum(found), 400).proportion_ci(0.99).low < np.mean(stated) + 0.05
    assert abs(np.mean(found) - np.mean(stated)) < 0.08
