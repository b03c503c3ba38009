"""Entries that sets share: found again by what they hold, read-only, equal to those made alone."""

import pickle

import numpy as np
import pytest

from kanalo.errors import DecisionError
from kanalo.strategy import Decisions

N = 200
LONGS, SHORTS = np.array([3, 40, 90]), np.array([10, 60])
LOW = np.full(N, 5.0)


def make(longs=LONGS, shorts=SHORTS, **fields):
    return Decisions.from_arrays(N, long=longs, short=shorts, **fields)


def test_sets_with_the_same_bars_share_entries_and_tags():
    one, other = make(tag=("up", "down")), make(tag=("up", "down"), size=0.5)
    assert one.entries.base is other.entries.base
    assert one.tag is other.tag
    assert one.tag == ("up", "down", "up", "down", "up")
    assert one.size.tolist() == [1.0] * 5
    assert other.size.tolist() == [0.5] * 5


@pytest.mark.parametrize("name", ["entries", "side", "size", "target"])
def test_what_is_shared_cannot_be_written_to(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(make(), name)[0] = 1


def test_bars_that_were_changed_in_place_are_other_bars():
    longs = LONGS.copy()
    make(longs)
    longs[0] = 4
    changed = make(longs)
    assert changed.entries.tolist() == [4, 10, 40, 60, 90]
    longs[0] = 5
    assert changed.entries.tolist() == [4, 10, 40, 60, 90]


def test_levels_of_two_sides_stand_at_their_entries():
    stop = (lambda bars: bars + 0.5, lambda bars: bars + 0.25)
    assert make(stop=stop).stop.tolist() == [3.5, 10.25, 40.5, 60.25, 90.5]
    mask = np.zeros((2, N), dtype=bool)
    mask[0, LONGS] = mask[1, SHORTS] = True
    assert make(*mask, stop=stop).stop.tolist() == [3.5, 10.25, 40.5, 60.25, 90.5]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": -1.0}, "'size' decided at bar 3 must be a positive fraction"),
        ({"trail": 1.5}, "'trail' decided at bar 3 must be a fraction"),
        ({"max_bars": -1}, "'max_bars' decided at bar 3 must be 0 or more"),
        ({"stop": -2.0}, "'stop' decided at bar 3 must be a positive price"),
        ({"stop": 4.0, "target": 3.0}, "'target' decided at bar 3 must be a target beyond"),
        ({"stop": lambda bars: bars - 50.0}, "'stop' decided at bar 3 must be a positive price"),
    ],
)
def test_one_value_for_all_entries_is_refused_each_time(fields, message):
    for _ in range(2):
        with pytest.raises(DecisionError, match=message):
            make(**fields)


def test_a_stop_beyond_the_close_is_refused_of_shared_entries():
    decisions = make(stop=(LOW, LOW + 2))
    decisions.check_levels(LOW + 1)
    with pytest.raises(DecisionError, match="'stop' decided at bar 10 is below the close"):
        decisions.check_levels(LOW + 3)


def test_copies_hold_the_fields_once():
    decisions = make(stop=(LOW, LOW + 2))
    sent = pickle.loads(pickle.dumps(decisions))
    assert vars(sent).keys() == vars(decisions).keys() - {"_plain"}
    assert sent.stop.tolist() == decisions.stop.tolist()
    sent.check_levels(LOW + 1)


def test_since_needs_no_second_look():
    later = make(stop=(LOW, LOW + 2), exit_long=[50]).since(20)
    assert (later.entries.tolist(), later.side.tolist()) == ([20, 40, 70], [1, -1, 1])
    assert (later.stop.tolist(), later.exit_long.tolist()) == ([5, 7, 5], [30])
    assert later.n_bars == N - 20
    later.check_levels(LOW[20:] + 1)
