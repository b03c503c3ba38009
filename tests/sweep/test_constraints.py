"""A constraint leaves out the sets that do not meet it, and can do nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kanalo.errors import ParameterError
from kanalo.sweep import Grid, Plan, make_grid, parse_constraint, run_sweep


@pytest.mark.parametrize(
    ("text", "fast", "slow", "met"),
    [
        ("fast < slow", 1, 5, True),
        ("fast < slow", 5, 5, False),
        ("1 < fast <= slow", 1, 5, False),
        ("2 * fast == slow or slow - fast >= 4", 1, 5, True),
        ("not fast < slow", 1, 5, False),
        ("slow // fast == 2 and slow % fast == 1", 2, 5, True),
        ("-fast + slow / 2 > 0", 2, 5, True),
    ],
)
def test_condition_means_what_python_means(ordered, text, fast, slow, met):
    assert parse_constraint(text, ordered).is_met({"fast": fast, "slow": slow}) is met


@pytest.mark.slow
@given(fast=some.integers(-9, 9), slow=some.integers(-9, 9), factor=some.integers(1, 5))
def test_arithmetic_agrees_with_python(fast, slow, factor):
    text = f"fast * {factor} - slow >= fast % {factor} + slow // {factor}"
    constraint = parse_constraint(text, _ordered())
    expected = fast * factor - slow >= fast % factor + slow // factor
    assert constraint.is_met({"fast": fast, "slow": slow}) is expected


def _ordered():
    from dataclasses import dataclass

    from kanalo.strategy import Strategy, param

    @dataclass(frozen=True)
    class Rule(Strategy):
        fast: int = param(1, low=-9, high=9)
        slow: int = param(5, low=-9, high=9)

        def decide(self, market):
            raise NotImplementedError

    return Rule


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') < fast",
        "fast.__class__ < slow",
        "[fast][0] < slow",
        "(lambda: fast)() < slow",
        "fast ** slow > 1",
        "fast if slow else fast",
        "fast < slow; slow",
        "fast + slow",
        "fast <",
        "",
        "fast < " + "(" * 150 + "slow" + ")" * 150,
    ],
)
def test_anything_but_a_condition_is_refused(ordered, text):
    with pytest.raises(ParameterError, match="constraint"):
        parse_constraint(text, ordered)


def test_unknown_parameter_is_named_with_the_nearest(ordered):
    with pytest.raises(ParameterError, match=r"names 'slwo'.*Did you mean 'slow'\?"):
        parse_constraint("fast < slwo", ordered)


def test_condition_without_a_parameter_is_refused(ordered):
    with pytest.raises(ParameterError, match=r"names no parameter .* Known: fast, slow"):
        parse_constraint("1 < 2", ordered)


def test_condition_that_cannot_be_computed_names_the_values(hold):
    with pytest.raises(ParameterError, match="'1 / wait > 2' cannot be computed with wait=0"):
        parse_constraint("1 / wait > 2", hold).is_met({"wait": 0})
    with pytest.raises(ParameterError, match="cannot be computed with mood='calm', wait=2"):
        parse_constraint("mood < wait", hold).is_met({"mood": "calm", "wait": 2})


def test_sweep_tries_the_sets_that_meet_all(rising, hold):
    result = run_sweep(
        hold,
        rising,
        {"wait": [1, 2, 3, 4], "share": [0.5, 1.0]},
        constraints=["wait >= 2", "wait * share < 3 and really"],
    )
    kept = list(result.table[["wait", "share"]].itertuples(index=False, name=None))
    assert kept == [(2, 0.5), (2, 1.0), (3, 0.5), (4, 0.5)]
    assert result.n_refused == 4
    assert result.manifest["grid"]["constraints"] == ["wait >= 2", "wait * share < 3 and really"]


def test_sets_earn_what_they_earn_without_a_constraint(rising, hold):
    grid = {"wait": [1, 2, 3]}
    whole = run_sweep(hold, rising, grid).table
    part = run_sweep(hold, rising, grid, constraints=["wait != 2"]).table
    assert part.equals(whole[whole["wait"] != 2].reset_index(drop=True))


def test_constraint_that_no_set_meets_is_refused(rising, hold):
    with pytest.raises(ParameterError, match=r"No set of the grid meets 'wait > share \+ 10'"):
        run_sweep(hold, rising, {"wait": [1, 2]}, constraints=["wait > share + 10"])


def test_text_in_place_of_a_list_is_refused(rising, hold):
    with pytest.raises(ParameterError, match=r"'constraints' must be a list"):
        run_sweep(hold, rising, {"wait": [1, 2]}, constraints="wait > 1")


def test_grid_without_constraints_keeps_its_manifest(hold):
    assert "constraints" not in make_grid(hold, {"wait": [1]}).to_dict()


def test_plan_checks_the_constraints_of_its_grid(rising, hold):
    grid = Grid({"wait": (1, 2)}, constraints=("wiat > 1",))
    with pytest.raises(ParameterError, match="Did you mean 'wait'"):
        Plan(hold, rising, grid, costs=None, execution=None).find_sets()
