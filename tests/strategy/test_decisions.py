"""A level on the wrong side of the close is refused, whichever other levels there are."""

import numpy as np
import pytest

from kanalo.errors import DecisionError
from kanalo.strategy import Decisions

CLOSE = np.array([100.0, 100.0, 100.0])


def decide(side, **levels):
    return Decisions.from_arrays(3, **{side: np.array([False, True, False])}, **levels)


@pytest.mark.parametrize(
    ("side", "levels", "message"),
    [
        ("long", {"stop": 101.0}, "'stop' decided at bar 1 is above the close of a long: .* 101"),
        ("long", {"stop": 101.0, "target": 120.0}, "'stop' decided at bar 1 is above"),
        ("long", {"stop": 101.0, "trail": 0.1}, "'stop' decided at bar 1 is above"),
        ("long", {"target": 99.0}, "'target' decided at bar 1 is below the close of a long"),
        ("long", {"target": 99.0, "stop": 90.0}, "'target' decided at bar 1 is below"),
        ("short", {"stop": 99.0}, "'stop' decided at bar 1 is below the close of a short"),
        ("short", {"target": 101.0}, "'target' decided at bar 1 is above the close of a short"),
    ],
)
def test_a_level_on_the_wrong_side_is_refused(side, levels, message):
    with pytest.raises(DecisionError, match=message):
        decide(side, **levels).check_levels(CLOSE)


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_level_at_the_close_and_no_level_pass(side):
    decide(side, stop=100.0).check_levels(CLOSE)
    decide(side).check_levels(CLOSE)


SIDES = {"long": np.array([True, False, False]), "short": np.array([False, False, True])}


def test_a_callable_is_asked_for_the_entries_alone_and_gives_what_an_array_gives():
    asked = []

    def stop(bars):
        asked.append(bars.tolist())
        return CLOSE[bars] - 10

    lazy = Decisions.from_arrays(3, long=SIDES["long"], stop=stop)
    assert asked == [[0]]
    assert lazy.stop.tolist() == [90.0]


def test_a_pair_is_for_longs_and_for_shorts():
    decisions = Decisions.from_arrays(
        3,
        **SIDES,
        stop=(90.0, lambda bars: CLOSE[bars] + 5),
        max_bars=(np.array([7, 8, 9]), 2),
        tag=("up", "down"),
    )
    assert decisions.stop.tolist() == [90.0, 105.0]
    assert decisions.max_bars.tolist() == [7, 2]
    assert decisions.tag == ("up", "down")


def test_a_pair_of_tags_may_be_computed():
    tags = (lambda bars: np.full(len(bars), "a"), "b")
    assert Decisions.from_arrays(3, **SIDES, tag=tags).tag == ("a", "b")


def test_bars_may_be_listed_instead_of_masked():
    listed = Decisions.from_arrays(3, long=np.array([0, 2]), exit_long=np.array([1]))
    masked = Decisions.from_arrays(3, long=[True, False, True], exit_long=[False, True, False])
    assert listed.entries.tolist() == masked.entries.tolist() == [0, 2]
    assert listed.exit_long.tolist() == masked.exit_long.tolist() == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"long": np.array([2, 1])}, "'long' must be strictly increasing; bar 1"),
        ({"exit_long": np.array([3])}, "'exit_long' holds bar 3 of 3 bars"),
        ({**SIDES, "stop": lambda _: np.ones(3)}, "The callable of 'stop' must return one value"),
        ({**SIDES, "stop": lambda _: "low"}, "'stop' must hold numbers; received"),
    ],
)
def test_wrong_bars_and_wrong_callables_are_refused(arguments, message):
    with pytest.raises(DecisionError, match=message):
        Decisions.from_arrays(3, **arguments)
