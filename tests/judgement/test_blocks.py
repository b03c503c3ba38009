"""Blocks: their length and the days that they draw."""

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import ParameterError
from kanalo.judgement import draw_days, find_block_length
from kanalo.judgement.blocks import check_block_length


def make_persistent(n_days=1000, memory=0.8, seed=0):
    """Return an autoregression, whose blocks must be long."""
    noise = np.random.default_rng(seed).normal(size=n_days)
    for day in range(1, n_days):
        noise[day] += memory * noise[day - 1]
    return noise


@given(
    seed=st.integers(0, 1000), n_days=st.integers(2, 60), length=st.floats(1, 50, allow_nan=False)
)
def test_every_drawn_day_exists(seed, n_days, length):
    days = draw_days(np.random.default_rng(seed), 5, n_days, length)
    assert days.shape == (5, n_days)
    assert days.min() >= 0
    assert days.max() < n_days


def test_a_day_is_followed_by_the_next_with_the_probability_of_the_block_length():
    days = draw_days(np.random.default_rng(1), 500, 1000, 20.0)
    follows = (days[:, 1:] - days[:, :-1]) % 1000 == 1
    # 1/20 of the days begin a new block, of which 1 in 1000 follows by chance.
    assert follows.mean() == pytest.approx(1 - 1 / 20 * 999 / 1000, abs=0.002)


def test_blocks_of_one_day_are_independent_draws():
    days = draw_days(np.random.default_rng(1), 500, 1000, 1.0)
    assert ((days[:, 1:] - days[:, :-1]) % 1000 == 1).mean() < 0.002
    assert np.bincount(days.ravel(), minlength=1000).std() == pytest.approx(500**0.5, rel=0.1)


def test_block_length_of_one_series_is_that_of_arch():
    persistent = make_persistent()[:, None]
    expected = optimal_block_length(persistent)["stationary"].item()
    assert find_block_length(persistent) == expected
    assert 10 < expected < 1000**0.5


def test_median_counts_so_that_one_series_does_not_stretch_the_blocks_of_all():
    series = [make_persistent(memory=memory) for memory in (0.0, 0.5, 0.99)]
    alone = [find_block_length(each[:, None]) for each in series]
    assert alone[0] < alone[1] < alone[2]
    assert find_block_length(np.column_stack(series)) == alone[1]


def test_blocks_are_never_longer_than_the_root_of_the_days():
    assert find_block_length(make_persistent(memory=0.999)[:, None]) == 1000**0.5


def test_flat_series_take_no_part_in_the_block_length():
    long = make_persistent()
    both = np.column_stack([np.zeros(1000), long])
    assert find_block_length(both) == find_block_length(long[:, None])


def test_flat_series_alone_are_drawn_day_by_day():
    assert find_block_length(np.zeros((100, 2))) == 1.0


def test_few_days_take_their_cube_root():
    assert find_block_length(make_persistent(27)[:, None]) == pytest.approx(3.0)


def test_single_spike_is_drawn_day_by_day():
    spike = np.zeros((400, 1))
    spike[200] = 0.1
    assert find_block_length(spike) == 1.0


def test_block_below_a_day_is_refused():
    with pytest.raises(ParameterError, match=r"must be at least 1 day; received 0\.5"):
        check_block_length(0.5, np.zeros((100, 1)))
