"""A grid says what is tried, exactly; what it cannot mean is refused with a reason."""

import pytest

from kanalo.errors import ParameterError
from kanalo.sweep import Grid, Span, check_size, make_grid, parse_grid


def test_range_includes_both_ends(hold):
    assert parse_grid(["wait=8:20:4"], hold).axes == {"wait": (8, 12, 16, 20)}


def test_range_stops_before_an_end_that_no_step_meets(hold):
    assert parse_grid(["wait=8:19:4"], hold).axes["wait"] == (8, 12, 16)


def test_decimal_steps_do_not_drift(hold):
    assert parse_grid(["share=0.1:0.5:0.1"], hold).axes["share"] == (0.1, 0.2, 0.3, 0.4, 0.5)


def test_whole_range_without_a_step_counts_by_one(hold):
    assert parse_grid(["wait=3:5"], hold).axes["wait"] == (3, 4, 5)


def test_lists_hold_numbers_switches_and_words(hold):
    grid = parse_grid(["wait=1,2", "really=yes,no", "mood=calm,angry"], hold)
    assert grid.axes == {"wait": (1, 2), "really": (True, False), "mood": ("calm", "angry")}


def test_last_axis_varies_fastest(hold):
    assert parse_grid(["wait=1,2", "share=0.5,1"], hold).expand() == [
        (1, 0.5),
        (1, 1.0),
        (2, 0.5),
        (2, 1.0),
    ]


def test_values_take_the_type_of_the_parameter(hold):
    (axis,) = make_grid(hold, {"share": [1, 0.5]}).axes.values()
    assert axis == (1.0, 0.5)
    assert [type(value) for value in axis] == [float, float]


def test_repeated_values_are_tried_once(hold):
    assert make_grid(hold, {"wait": [3, 3.0, 4]}).axes["wait"] == (3, 4)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "The grid is empty: name the parameters to vary. Hold has: wait, share, really, mood"),
        (["wiat=1"], "Hold has no parameter 'wiat'. Did you mean 'wait'?"),
        (["wait=1:99:7"], r"The 'wait' parameter of Hold must be an int in \[0, 50\]; received 57"),
        (["wait=1.5"], r"The 'wait' parameter of Hold must be an int in \[0, 50\]; received '1.5'"),
        (["wait"], "A grid is written name=low:high:step or name=a,b,c; received 'wait'"),
        (["wait="], "A grid is written name=low:high:step"),
        (["wait=1,,2"], "must be an int"),
        (["wait=1:2:3:4"], "A range is written wait=low:high:step with numbers"),
        (["wait=a:b:c"], "A range is written wait=low:high:step with numbers"),
        (["wait=9:1:1"], "The range 'wait=9:1:1' has no values"),
        (["wait=1:9:0"], "The range 'wait=1:9:0' has no values"),
        (["wait=1:9:-1"], "The range 'wait=1:9:-1' has no values"),
        (["wait=1", "wait=2"], "The grid names 'wait' twice"),
        (["share=0.1:0.5"], r"A range without a step \(0.1 to 0.5\) can only be drawn from"),
        (["share=0.1:0.5:1e-9"], "has 400,000,001 values"),
    ],
)
def test_what_is_no_grid_is_refused(hold, texts, message):
    with pytest.raises(ParameterError, match=message):
        parse_grid(texts, hold)


def test_empty_list_of_values_is_refused(hold):
    with pytest.raises(ParameterError, match="The grid has no values for 'wait'"):
        make_grid(hold, {"wait": []})


def test_text_for_a_list_of_values_is_refused(hold):
    with pytest.raises(ParameterError, match="The values of 'mood' must be a list"):
        make_grid(hold, {"mood": "calm"})


def test_large_grid_says_how_large_it_is(hold):
    grid = make_grid(hold, {"wait": range(50), "share": [i / 5000 for i in range(500, 5000)]})
    with pytest.raises(ParameterError, match="225,000 sets: 50 wait × 4,500 share.*--yes"):
        check_size(grid)
    check_size(grid, None)


def test_draws_are_distinct_and_repeat_with_their_seed(hold):
    texts = ["wait=0:50", "share=0.1:1:0.01"]
    first = parse_grid(texts, hold, draws=200, seed=3).expand()
    assert len(set(first)) == 200
    assert parse_grid(texts, hold, draws=200, seed=3).expand() == first
    assert parse_grid(texts, hold, draws=200, seed=4).expand() != first


def test_more_draws_than_sets_give_the_whole_grid(hold):
    grid = parse_grid(["wait=1,2,3"], hold, draws=99)
    assert grid.n_sets == 3
    assert grid.expand() == [(1,), (2,), (3,)]


def test_spans_are_drawn_within_their_bounds(hold):
    sets = parse_grid(["share=0.1:0.5", "wait=1,2"], hold, draws=500).expand()
    shares = [share for share, _ in sets]
    assert 0.1 <= min(shares) < 0.11
    assert 0.49 < max(shares) <= 0.5
    assert {wait for _, wait in sets} == {1, 2}


def test_no_draws_are_refused(hold):
    with pytest.raises(ParameterError, match="At least 1 set must be drawn; received 0"):
        parse_grid(["wait=1,2"], hold, draws=0)


def test_huge_grids_can_be_drawn_from():
    axes = {name: tuple(range(1000)) for name in "abcdefghi"}
    sets = Grid(axes, draws=5).expand()
    assert len(sets) == 5
    assert Grid({"a": Span(0, 1)}, draws=5).n_sets == 5
