from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from kanalo.experiment.random_entry import draws
from kanalo.market.synthetic import random_walk_market
from strategies.random_entry import RandomEntry

YEAR = 8_760


@pytest.fixture(scope="module")
def market():
    return random_walk_market(4 * YEAR, 0, "1h")


def count_trades(decisions):
    """Count entries that find the account flat: a position lasts ``max_bars`` bars."""
    trades, free_at = 0, 0
    for entry, held in zip(decisions.entries, decisions.max_bars, strict=True):
        if entry >= free_at:
            trades, free_at = trades + 1, entry + held
    return trades


@pytest.mark.parametrize(("trades", "hold"), [(20, 72), (100, 24), (300, 12), (60, 120)])
def test_trades_per_year_are_as_expected(market, trades, hold):
    found = [
        count_trades(RandomEntry(trades=trades, hold=hold, seed=seed).decide(market))
        for seed in range(8)
    ]
    assert np.mean(found) == pytest.approx(4 * trades, rel=0.1)


def test_the_share_of_longs_is_as_expected(market):
    sides = RandomEntry(trades=2000.0, hold=1.0, longs=0.3).decide(market).side
    assert np.mean(sides > 0) == pytest.approx(0.3, abs=0.03)


def test_another_seed_is_another_history(market):
    first, second = (set(RandomEntry(seed=seed).decide(market).entries) for seed in (0, 1))
    assert len(first & second) < 0.1 * len(first)


def test_a_prefix_and_a_later_start_give_the_same_decisions(market):
    whole = RandomEntry().decide(market).entries
    prefix = RandomEntry().decide(market.rows(0, 9_000)).entries
    later = RandomEntry().decide(market.rows(9_000, len(market))).entries + 9_000
    assert_array_equal(np.concatenate([prefix, later]), whole)


def test_draws_are_uniform_and_uncorrelated():
    times = np.arange(100_000, dtype=np.int64) * 3_600_000_000_000
    values = draws(times, 3)
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    assert ((counts - 5_000) ** 2 / 5_000).sum() < 45
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.015
    assert abs(np.corrcoef(values, draws(times, 4))[0, 1]) < 0.015


def test_prices_do_not_matter(market):
    shaken = replace(market, bars=market.bars * 2.0)
    assert_array_equal(RandomEntry().decide(shaken).entries, RandomEntry().decide(market).entries)
