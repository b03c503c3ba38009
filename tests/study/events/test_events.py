"""Events are beginnings, far enough apart; what is left out is counted."""

import numpy as np
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.synthetic import random_walk_market
from kanalo.study.events.events import evaluate_condition, find_events, read_condition, to_horizon

NAN = np.nan


def test_only_the_beginning_of_a_run_is_an_event():
    found = find_events(np.array([0, 1, 1, 0, 1, 1.0]), spacing=1)
    assert found.bars.tolist() == [1, 4]
    assert (found.n_true, found.n_onsets, found.n_overlapping) == (4, 2, 0)


def test_first_bar_is_no_beginning():
    assert find_events(np.array([1, 1, 0, 1.0]), spacing=1).bars.tolist() == [3]


def test_unknown_bars_are_no_events_and_counted():
    found = find_events(np.array([0, NAN, 1, NAN, 0.0]), spacing=1)
    assert found.bars.tolist() == [2]  # known to hold, and not known to have held before
    assert found.n_unknown == 2
    assert not found.holds[1]


def test_onset_within_the_spacing_of_an_event_is_dropped():
    truth = np.zeros(20)
    truth[[2, 5, 7, 12]] = 1
    found = find_events(truth, spacing=5)
    assert found.bars.tolist() == [2, 7, 12]  # 5 is too near; 7 is five after the last EVENT
    assert found.n_overlapping == 1


def test_every_bar_counts_where_asked():
    assert find_events(np.array([1, 1, 0, 1.0]), spacing=1, onset=False).bars.tolist() == [0, 1, 3]


def test_warm_up_bars_are_not_studied():
    found = find_events(np.array([0, 1, 0, 1.0]), spacing=1, first=2)
    assert (found.bars.tolist(), found.n_true) == ([3], 1)
    assert found.holds[1]  # but its wake still counts


def test_own_column_joins_the_registry():
    market = random_walk_market(50, 1)
    extra = {"mine": np.arange(50) > 10, "level": np.arange(50.0)}
    condition = read_condition("mine & level < 20 & hour >= 0", extra)
    assert evaluate_condition(market, condition, extra).sum() == 9


def test_own_column_of_another_length_is_refused():
    condition = read_condition("mine", {"mine": np.ones(3, dtype=bool)})
    with pytest.raises(DataError, match="'mine' has 3 values for 50 bars"):
        evaluate_condition(random_walk_market(50, 1), condition, {"mine": np.ones(3, dtype=bool)})


def test_horizon_is_a_whole_number_of_bars():
    market = random_walk_market(50, 1, "4h")
    assert to_horizon(market, "1d") == 6
    for text in ("1h", "6h"):
        with pytest.raises(ParameterError, match="whole number of bars of 4h"):
            to_horizon(market, text)
