"""The histogram of trade returns counts every return once, in columns of one round width."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.report.compare.histogram import MOST_BINS, to_histogram

returns = st.lists(st.floats(-1.0, 30.0), min_size=1, max_size=80)


@given(returns)
def test_every_return_is_counted_once(values):
    histogram = to_histogram(values)
    assert sum(histogram["counts"]) == len(values)
    assert len(histogram["edges"]) == len(histogram["counts"]) + 1 <= MOST_BINS + 2


@given(returns)
def test_zero_is_an_edge_and_no_return_lies_outside(values):
    edges = np.array(to_histogram(values)["edges"])
    assert np.abs(edges).min() == 0
    assert edges[0] <= min(values) + 1e-9
    assert max(values) - 1e-9 <= edges[-1]


def test_counts_agree_with_numpy():
    values = np.random.default_rng(1).normal(0.01, 0.05, 200)
    histogram = to_histogram(values)
    counts, _ = np.histogram(values, bins=histogram["edges"])
    assert histogram["counts"] == counts.tolist()


@pytest.mark.parametrize("values", [[], [float("nan")]])
def test_nothing_has_no_columns(values):
    assert to_histogram(values) == {"edges": [], "counts": []}


def test_a_trade_that_broke_even_stands_above_zero():
    histogram = to_histogram([0.0])
    assert histogram["counts"][histogram["edges"].index(0.0)] == 1
