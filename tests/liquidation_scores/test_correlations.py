"""Ranks of samples by counting are those by sorting, to the last bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from kanalo.liquidation_scores.correlations import _Ranks, spearman


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), n_values=st.sampled_from([3, 40, 10_000]))
def test_ranks_of_a_sample_are_those_of_sorting_it(seed, n_values):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, n_values, 300) / 7.0
    values[0] = -0.0
    ranks = _Ranks(values)
    for rows in (rng.integers(0, 300, 200), np.array([0])):
        wanted = rankdata(values[rows])
        assert ranks.centre(rows).tolist() == (wanted - wanted.mean()).tolist()


def test_a_sample_that_holds_a_gap_has_no_ranks_and_others_have():
    ranks = _Ranks(np.array([3.0, np.nan, 1.0, np.inf]))
    assert np.isnan(ranks.centre(np.array([0, 1]))).all()
    assert ranks.centre(np.array([0, 2, 3])).tolist() == [0.0, -1.0, 1.0]
    assert np.isnan(spearman(np.array([1.0, np.nan, 2.0]), np.arange(3.0)))
