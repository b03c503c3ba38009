"""Splits are those of skfolio 1.12.2; paths, ratios and the PBO are what they are said to be."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo import run_sweep
from kanalo.errors import DataError, ParameterError
from kanalo.ledger import Ledger
from kanalo.market.synthetic import random_walk_market
from kanalo.walk_forward.cpcv import calc_sharpes, run_cross_validation
from kanalo.walk_forward.splits import find_paths, find_splits

CASES = Path(__file__).with_name("skfolio_splits.json")


@pytest.mark.parametrize("case", json.loads(CASES.read_text()), ids=lambda case: case["name"])
def test_splits_are_those_of_skfolio(case):
    asked = case["asked"]
    splits = find_splits(*(asked[key] for key in ("n_days", "groups", "test", "purge", "embargo")))
    assert [split.train.tolist() for split in splits] == case["train"]
    assert [[each.tolist() for each in split.tests] for split in splits] == case["tests"]
    paths = find_paths(asked["groups"], asked["test"])
    assert paths.tolist() == case["paths"]


@settings(max_examples=50, deadline=None)
@given(
    st.integers(3, 8), st.integers(1, 7), st.integers(0, 90), st.integers(0, 4), st.integers(0, 4)
)
def test_no_training_touches_its_test_or_what_is_left_out(groups, test, more, purge, embargo):
    test = min(test, groups - 1)
    n_days = groups + more
    splits = find_splits(n_days, groups, test, purge, embargo)
    assert len(splits) == math.comb(groups, test)
    for split in splits:
        tested = np.concatenate(split.tests)
        for day in tested.tolist():
            near = (split.train >= day - purge) & (split.train <= day + purge)
            assert not near.any()
        assert not np.isin(split.train, tested).any()
        after = tested + 1
        edges = after[~np.isin(after, tested)]
        for edge in edges.tolist():
            held_back = (split.train >= edge) & (split.train < edge + purge + embargo)
            assert not held_back.any()


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 10), st.integers(1, 9))
def test_each_path_is_a_whole_history_and_no_test_is_used_twice(groups, test):
    test = min(test, groups - 1)
    paths = find_paths(groups, test)
    assert paths.shape == (math.comb(groups - 1, test - 1), groups)
    used = [(group, split) for path in paths.tolist() for group, split in enumerate(path)]
    assert len(used) == len(set(used)) == math.comb(groups, test) * test


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    market = random_walk_market(500, 8, "1d", volatility=0.04)
    with Ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite") as ledger:
        result = run_cross_validation(
            "sma_cross", market, {"fast": [5, 10, 20], "slow": [40, 80]}, groups=5, ledger=ledger
        )
        counted = ledger.count_trials()
    return result, counted


def test_paths_are_put_together_of_the_tests_of_the_chosen_sets(tried):
    result, counted = tried
    assert (len(result.choices), len(result.sharpes), counted) == (10, 4, 6)
    assert (result.n_sets, result.returns.shape) == (6, (500, 4))
    paths = find_paths(5, 2)
    splits = find_splits(500, 5, 2, result.purged_days, result.embargoed_days)
    swept = run_sweep("sma_cross", result.market, {"fast": [5, 10, 20], "slow": [40, 80]})
    for path in range(4):
        for group in range(5):
            source = int(paths[path, group])
            days = splits[source].tests[splits[source].groups.index(group)]
            row = result.choices[source].row
            expected = swept.daily_returns[row, days]
            assert result.returns[path].to_numpy()[days] == pytest.approx(expected)
    daily = result.returns[0]
    assert result.sharpes[0] == pytest.approx(daily.mean() / daily.std() * math.sqrt(365))


def test_the_best_of_the_training_is_chosen_and_ranked_on_the_test(tried):
    result, _ = tried
    choice = result.choices[3]
    assert choice.groups == (0, 4)
    assert 0 < choice.rank < 1
    ranks = [each.rank for each in result.choices]
    assert result.pbo == pytest.approx(np.mean(np.array(ranks) <= 0.5))
    assert result.summary()["PBO"] == result.pbo


def test_purge_is_the_longest_trade_up_to_half_a_group(tried):
    result, _ = tried
    swept = run_sweep("sma_cross", result.market, {"fast": [5, 10, 20], "slow": [40, 80]})
    assert result.purged_days == min(50, swept.table["max_trade_bars"].max())
    assert result.embargoed_days == 5


def test_given_lengths_are_used():
    market = random_walk_market(200, 8, "1d")
    grid = {"fast": [5, 10]}
    result = run_cross_validation(
        "sma_cross", market, grid, groups=4, test=1, purge="3d", embargo="2d"
    )
    assert (result.purged_days, result.embargoed_days) == (3, 2)
    assert [each.n_train for each in result.choices] == [145, 142, 142, 147]


def test_sharpe_ratios_of_nothing_are_nan():
    flat = np.zeros((10, 2))
    assert np.isnan(calc_sharpes(flat, 365)).all()
    moving = pd.Series([0.01, -0.02, 0.03])
    expected = moving.mean() / moving.std() * math.sqrt(365)
    assert calc_sharpes(moving.to_numpy()[:, None], 365)[0] == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(-2, 20), st.integers(-2, 20))
def test_groups_out_of_bounds_are_refused(groups, test):
    if 3 <= groups <= 16 and 1 <= test < groups:
        return
    with pytest.raises(ParameterError, match="there must be 3 to 16 groups"):
        find_splits(100, groups, test)


def test_too_short_a_market_is_refused():
    with pytest.raises(DataError, match="days are too few for 8 groups of at least 10"):
        run_cross_validation("sma_cross", random_walk_market(79, 1, "1d"), {"fast": [5]})
