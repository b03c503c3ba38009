"""Percentile and p-value among placebos."""

import numpy as np
import pytest

from kanalo.judgement.placebo_rank import calc_rank


def test_a_standing_counts_ties_half_and_the_rule_as_one_of_the_draws():
    found = calc_rank(3.0, [1.0, 2.0, 3.0, 4.0])
    assert (found.percentile, found.p_value, found.n) == (0.625, 3 / 5, 4)
    assert found.median == 2.5


@pytest.mark.parametrize(("actual", "percentile", "p_value"), [(9.0, 1, 1 / 101), (-1.0, 0, 1)])
def test_above_and_below_all_draws(actual, percentile, p_value):
    found = calc_rank(actual, np.linspace(0, 1, 100))
    assert (found.percentile, found.p_value) == (percentile, pytest.approx(p_value))


def test_draws_that_differ_only_by_rounding_are_ties():
    assert calc_rank(0.3, [0.1 + 0.2]).percentile == 0.5


def test_undefined_draws_are_left_out_and_an_undefined_rule_stands_nowhere():
    assert calc_rank(1.0, [np.nan, 0.0]).n == 1
    assert np.isnan(calc_rank(np.nan, [1.0]).p_value)
    assert np.isnan(calc_rank(1.0, []).percentile)
