"""Overlays that are computed when drawn: never in a sweep, and checked as soon as they are."""

import pickle

import numpy as np
import pytest

from kanalo import Decisions
from kanalo.errors import DecisionError

LINE = np.arange(4.0)


def decide(overlays):
    return Decisions.from_arrays(4, long=LINE == 1, overlays=overlays)


def test_a_callable_is_asked_when_somebody_looks_and_once():
    asked = []

    def draw():
        asked.append(1)
        return {"line": LINE}

    made = decide(draw)
    later = made.since(2)
    assert asked == []
    assert list(made.overlays) == ["line"]
    assert made.overlays["line"] is not None
    assert asked == [1]
    assert later.overlays["line"].tolist() == [2.0, 3.0]
    assert later.since(1).overlays["line"].tolist() == [3.0]


def test_lines_that_were_given_are_cut_alike():
    assert decide({"line": LINE}).since(3).overlays["line"].tolist() == [3.0]
    assert decide(None).overlays == {}


def test_pickled_overlays_are_plain():
    found = pickle.loads(pickle.dumps(decide(lambda: {"line": LINE}).overlays))
    assert type(found) is dict
    assert found["line"].tolist() == LINE.tolist()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: {"line": LINE[1:]}, "'line' has 3 values for 4 bars"),
        (lambda: 5, "must return a mapping of names to lines; received int"),
        (lambda: {}["line"], "The callable of 'overlays' raised KeyError: 'line'"),
    ],
)
def test_what_is_no_overlay_is_refused_when_drawn(draw, message):
    made = decide(draw)
    with pytest.raises(DecisionError, match=message):
        dict(made.overlays)
