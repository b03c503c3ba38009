"""Decisions shifted in time and flipped to the other side."""

import dataclasses

import numpy as np
import pytest

from kanalo.errors import DecisionError
from kanalo.judgement.altered import flip_decisions, shift_decisions
from kanalo.strategy import Decisions

CLOSE = np.array([100.0, 110.0, 121.0, 100.0, 80.0, 90.0])
GUARD = np.array([np.nan, 90.0, 95.0, 96.0, np.nan, 70.0])


@pytest.fixture
def decisions():
    return Decisions.from_arrays(
        6,
        long=np.array([1, 0, 0, 0, 1, 0], dtype=bool),
        short=np.array([0, 0, 1, 0, 0, 0], dtype=bool),
        exit_long=np.array([0, 0, 1, 0, 0, 1], dtype=bool),
        exit_short=np.array([0, 0, 0, 1, 0, 0], dtype=bool),
        stop=[95.0, np.nan, 130.0, np.nan, 70.0, np.nan],
        target=[120.0, np.nan, 110.0, np.nan, np.nan, np.nan],
        trail=[np.nan, np.nan, 0.1, np.nan, 0.2, np.nan],
        size=[0.5, 1, 0.25, 1, 1, 1],
        max_bars=[0, 0, 7, 0, 3, 0],
        tag=["a", "", "b", "", "c", ""],
        guard_long=GUARD,
    )


def assert_same(ours, theirs, rtol=0.0):
    for field in dataclasses.fields(Decisions):
        mine, yours = getattr(ours, field.name), getattr(theirs, field.name)
        if field.name in ("tag", "overlays", "n_bars") or mine is None or yours is None:
            assert mine == yours, field.name
        else:
            np.testing.assert_allclose(mine, yours, rtol=rtol, err_msg=field.name)


@pytest.mark.parametrize("close", [None, CLOSE])
def test_a_shift_by_nothing_changes_nothing(decisions, close):
    assert_same(shift_decisions(decisions, 0, close), decisions, rtol=1e-15)


def test_a_later_decision_keeps_its_prices_and_leaves_at_the_end(decisions):
    later = shift_decisions(decisions, 2)
    assert later.entries.tolist() == [2, 4]
    assert later.stop.tolist() == [95.0, 130.0]
    assert later.tag == ("a", "b")
    assert later.exit_long.tolist() == [4]
    assert later.exit_short.tolist() == [5]
    np.testing.assert_array_equal(later.guard_long, [np.nan, np.nan, np.nan, 90, 95, 96])


def test_with_closes_a_later_decision_keeps_its_distances(decisions):
    later = shift_decisions(decisions, 1, CLOSE)
    np.testing.assert_allclose(later.stop, [0.95 * 110, 130 / 121 * 100, 70 / 80 * 90])
    np.testing.assert_allclose(later.target[:2], [1.2 * 110, 110 / 121 * 100])
    np.testing.assert_allclose(later.guard_long[2], 90 / 110 * 121)


def test_an_earlier_decision_leaves_at_the_beginning(decisions):
    earlier = shift_decisions(decisions, -1)
    assert earlier.entries.tolist() == [1, 3]
    assert earlier.side.tolist() == [-1, 1]
    np.testing.assert_array_equal(earlier.guard_long[:5], GUARD[1:])
    assert np.isnan(earlier.guard_long[5])


@pytest.mark.parametrize("n_bars", [6, -6, 100])
def test_a_shift_past_the_bars_leaves_nothing(decisions, n_bars):
    gone = shift_decisions(decisions, n_bars)
    assert len(gone.entries) == len(gone.exit_long) == len(gone.exit_short) == 0
    assert np.isnan(gone.guard_long).all()


def test_flipping_mirrors_levels_and_swaps_sides(decisions):
    flipped = flip_decisions(decisions, CLOSE)
    assert flipped.side.tolist() == [-1, 1, -1]
    np.testing.assert_allclose(flipped.stop, [100**2 / 95, 121**2 / 130, 80**2 / 70])
    assert flipped.exit_long.tolist() == [3]
    assert flipped.exit_short.tolist() == [2, 5]
    assert flipped.guard_long is None
    np.testing.assert_allclose(flipped.guard_short[1], 110**2 / 90)


def test_flipping_twice_is_the_identity(decisions):
    assert_same(flip_decisions(flip_decisions(decisions, CLOSE), CLOSE), decisions, rtol=1e-14)


def test_closes_of_other_bars_are_refused(decisions):
    with pytest.raises(DecisionError, match="look at 6 bars; received 5 closes"):
        flip_decisions(decisions, CLOSE[:5])
