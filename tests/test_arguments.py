"""What is shown of a value is short, and what is refused is named."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.arguments import (
    LONGEST,
    Named,
    check_names,
    check_number,
    check_type,
    shorten,
    show,
    to_number,
    to_plain,
    wrong_argument,
)
from kanalo.errors import ParameterError

ANYTHING = st.recursive(
    st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.binary()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(ANYTHING)
def test_any_value_is_shown_on_one_short_line(value):
    text = show(value)
    assert len(text) <= LONGEST
    assert len(text.splitlines()) <= 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ("xmr_1h", "'xmr_1h'"),
        (dict, "the class dict"),
        (pd.DataFrame({"a": [1, 2]}), "a DataFrame of shape (2, 1)"),
        (np.arange(3), "a ndarray of shape (3,)"),
        (10**5000, "a value of type int"),
    ],
    ids=["number", "text", "class", "frame", "array", "long"],
)
def test_values_are_shown_by_their_kind(value, text):
    assert show(value) == text


def test_a_list_in_itself_is_shown():
    value = []
    value.append(value)
    assert show(value) == "[[...]]"


def test_wrong_argument_names_function_argument_value_and_what_is_accepted():
    error = wrong_argument("run", "costs", 5, "a kanalo.Costs")
    assert str(error) == "run(): 'costs' must be a kanalo.Costs; received 5."


def test_true_is_no_number_and_one_is_no_flag():
    with pytest.raises(ParameterError, match="'n' must be an int; received True"):
        check_type("f", "n", True, int, "an int")
    with pytest.raises(ParameterError, match="'flag' must be True or False; received 1"):
        check_type("f", "flag", 1, bool, "True or False")
    check_type("f", "n", 1, int, "an int")
    check_type("f", "flag", True, bool, "True or False")


@pytest.mark.parametrize(
    "value", [float("nan"), np.nan, "5", None, True, 10**400, [5], np.arange(2)]
)
def test_what_is_no_number_in_bounds_is_refused(value):
    with pytest.raises(ParameterError, match=r"f\(\): 'x' must be in \[0, 9\]; received"):
        check_number("f", "x", value, "in [0, 9]", lambda x: 0 <= x <= 9)


@pytest.mark.parametrize("value", [5, 5.0, np.int64(5), np.float32(5), np.array(5)])
def test_numbers_of_numpy_are_numbers(value):
    check_number("f", "x", value, "in [0, 9]", lambda x: 0 <= x <= 9)
    assert to_number(value) == 5.0
    assert type(to_plain(value)) in (int, float)


def test_huge_integers_are_infinite():
    assert (to_number(10**400), to_number(-(10**400))) == (float("inf"), float("-inf"))


def test_a_name_that_does_not_exist_gets_a_suggestion():
    with pytest.raises(
        ParameterError, match="Rule has no parameter 'entri'. Did you mean 'entry'?"
    ):
        check_names("Rule", ["entri"], ["entry", "leave"], "parameter")
    with pytest.raises(ParameterError, match="Rule has no parameter 7. Known: entry, leave."):
        check_names("Rule", [7], ["entry", "leave"], "parameter")


@dataclass(frozen=True)
class Pair(Named):
    """Two numbers."""

    first: int = 1
    second: int = 2


def test_a_constructor_names_a_misspelt_argument():
    with pytest.raises(
        ParameterError, match="Pair has no argument 'secnd'. Did you mean 'second'?"
    ):
        Pair(secnd=3)
    assert Pair(5, second=6) == Pair(first=5, second=6)


def test_parameters_are_cut_for_a_repr():
    assert shorten({"entry": 55, "exit": "x"}) == "entry=55, exit='x'"
    assert len(shorten({f"name_{i}": i for i in range(100)}, 50)) == 50
