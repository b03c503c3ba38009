"""Shortened histories hold nothing later; changed ones hold the same bars before, others after."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kanalo.checks.cuts import anywhere, right_after, spread
from kanalo.checks.differences import ComparedSpan, find_differences, to_columns
from kanalo.checks.histories import change_future, cut_out
from kanalo.strategy import Decisions


@pytest.mark.parametrize("cut", [4_000, 5_000, 5_990])
def test_no_finer_bar_closes_after_the_last_bar(recent, cut):
    part = cut_out(recent, 1_000, cut)
    assert len(part) == cut - 1_000
    if part.finer is not None:
        assert part.finer.closes_at[-1] <= part.closes_at[-1]
        assert part.finer.index[0] >= part.index[0]


def test_some_finer_bars_are_left_to_be_cut(recent):
    part = cut_out(recent, 0, len(recent) - 10)
    assert 0 < len(part.finer) < len(recent.finer)


def test_a_changed_future_has_the_same_past_and_no_bar_of_the_real_future(recent):
    cut, market = len(recent) - 300, replace(recent, benchmark=2 * recent.bars)
    other = change_future(market, cut, 0)
    for name in ("bars", "context", "benchmark"):
        before, after = getattr(market, name), getattr(other, name)
        pd.testing.assert_frame_equal(before.iloc[:cut], after.iloc[:cut])
        assert not before.iloc[cut:].equals(after.iloc[cut:])
    assert not np.isclose(recent.close[cut:], other.close[cut:], rtol=1e-6).any()
    assert abs(np.log(other.close[cut] / recent.close[cut])) > 1e-3
    n_known = (recent.finer.closes_at <= recent.closes_at[cut - 1]).sum()
    assert (other.finer.close[:n_known] == recent.finer.close[:n_known]).all()
    assert (other.finer.close[n_known:] != recent.finer.close[n_known:]).all()


def test_futures_are_repeatable_and_differ_by_seed(recent):
    cut = len(recent) - 300
    first, again, other = (change_future(recent, cut, seed) for seed in (0, 0, 1))
    assert first.bars.equals(again.bars)
    assert not first.bars.equals(other.bars)


def test_cuts_are_shared_by_shorter_lists_and_never_repeat(recent):
    cuts = anywhere(recent, 40, seed=3)
    assert cuts[:10] == anywhere(recent, 10, seed=3)
    assert len(set(cuts)) == 40
    assert all(1 < cut < len(recent) for cut in cuts)
    assert cuts != anywhere(recent, 40, seed=4)


def test_some_cuts_lie_where_sparse_columns_are_known(hourly):
    ratio = hourly.known("long_short_ratio")
    assert np.isfinite(ratio).mean() < 0.05
    assert np.isfinite(ratio[np.array(anywhere(hourly, 4, seed=0)) - 1]).any()


def test_entries_are_not_crowded_out_by_exits():
    entry = np.arange(100) == 50
    decisions = Decisions.from_arrays(100, long=entry, exit_long=np.ones(100, dtype=bool))
    assert 51 in right_after(decisions, 5, 5)


def test_spread_takes_the_ends():
    assert spread(np.arange(100), 3).tolist() == [0, 49, 99]
    assert spread(np.arange(2), 3).tolist() == [0, 1]
    assert spread(np.empty(0, np.int64), 3).tolist() == []


def find(whole, part, span):
    columns = [to_columns(Decisions.from_arrays(**each)) for each in (whole, part)]
    return [(d.field, d.bar, d.expected, d.received) for d in find_differences(*columns, span)]


def test_every_field_that_differs_is_named_once_at_its_first_bar():
    at = np.arange(6)
    whole = {"n_bars": 6, "long": at >= 2, "stop": 90.0 + at, "guard_long": at * 1.0}
    part = {"n_bars": 4, "long": at[:4] >= 1, "stop": 93.0 + at[:4]}
    part["guard_long"] = np.array([0.0, 3.0, 4.0, 5.5])
    assert find(whole, part, ComparedSpan(2, 3, 6)) == [
        ("stop", 3, 93.0, 94.0),
        ("guard_long", 5, 5.0, 5.5),
    ]
    part["long"] = at[:4] == 3
    assert find(whole, part, ComparedSpan(2, 3, 6))[0] == ("entries", 3, "decided", "not decided")


def test_prices_are_the_same_to_one_part_in_a_billion():
    whole = {"n_bars": 2, "long": np.array([True, False]), "stop": 100.0}
    assert find(whole, whole | {"stop": 100.0 * (1 + 5e-10)}, ComparedSpan(0, 0, 2)) == []
    assert find(whole, whole | {"stop": 100.0 * (1 + 2e-9)}, ComparedSpan(0, 0, 2)) != []
