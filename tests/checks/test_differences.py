"""What differs between two histories, and at which bars."""

from dataclasses import replace

import numpy as np

from kanalo.checks.differences import (
    ComparedSpan,
    find_differences,
    find_different_bars,
    to_columns,
)
from kanalo.strategy import Decisions


def decide(n=20, **fields):
    on = np.arange(n) % 5 == 0
    return Decisions.from_arrays(n, long=on, stop=np.full(n, 2.0), **fields)


def test_every_bar_that_differs_is_found_in_any_field():
    whole = decide(guard_long=np.full(20, 1.0), exit_long=np.arange(20) == 7)
    line = np.full(20, 1.0)
    line[[3, 17]] = 1.5
    stops = whole.stop.copy()
    stops[1] = 1.0  # the entry of bar 5
    other = replace(whole, guard_long=line, stop=stops, exit_long=np.array([8]))
    bars = find_different_bars(to_columns(whole), to_columns(other))
    assert bars.tolist() == [3, 5, 7, 8, 17]


def test_equal_decisions_differ_nowhere_nan_and_rounding_included():
    line = np.full(20, np.nan)
    line[5:] = 3.0
    whole, other = decide(guard_long=line), decide(guard_long=line * (1 + 1e-12))
    assert find_different_bars(to_columns(whole), to_columns(other)).size == 0
    assert not list(find_differences(to_columns(whole), to_columns(other), ComparedSpan(0, 0, 20)))


def test_a_part_is_compared_where_it_is_asked_for():
    whole, part = to_columns(decide()), to_columns(decide(10))
    assert not list(find_differences(whole, part, ComparedSpan(5, 5, 15)))
    found = next(find_differences(whole, part, ComparedSpan(6, 6, 15)))
    assert (found.field, found.bar) == ("entries", 6)
