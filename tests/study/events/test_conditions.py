"""Conditions say what they seem to say, in three-valued logic, and nothing outside the grammar."""

import numpy as np
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.study.events.conditions import MAX_DEPTH, MAX_LENGTH, parse_condition

NAN = np.nan
COLUMNS = {
    "a": np.array([0.0, 0.5, 1.0, NAN]),
    "b": np.array([1.0, 1.0, NAN, NAN]),
    "up": np.array([1.0, 0.0, NAN, 1.0]),
}
KINDS = {"a": False, "b": False, "up": True}


def evaluate(text):
    return parse_condition(text, KINDS).evaluate(COLUMNS.__getitem__).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 0.4", [0, 1, 1, NAN]),
        ("a > 0.4 & b == 1", [0, 1, NAN, NAN]),
        ("a < 0.4 & b == 1", [1, 0, 0, NAN]),  # false & unknown is false
        ("a > 0.4 | b > 5", [0, 1, 1, NAN]),  # true | unknown is true
        ("a >= 0.5 and not up", [0, 1, NAN, 0]),
        ("~up", [0, 1, NAN, 0]),
        ("!(up & a == 0)", [0, 1, 1, NAN]),
        ("0 < a < 1", [0, 1, 0, NAN]),
        ("-a + 1 > 0.5 * b", [1, 0, NAN, NAN]),
        ("a - 1 - 1 == -2", [1, 0, 0, NAN]),  # from the left
        ("abs(a - 0.5) != 0", [1, 0, 1, NAN]),
        ("1 / a > 1", [NAN, 1, 0, NAN]),  # a ratio to zero is unknown
        ("up | a == 0.5 & b == 1", [1, 1, NAN, 1]),  # & binds more tightly than |
    ],
)
def test_condition_means(text, expected):
    np.testing.assert_array_equal(evaluate(text), expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1 > 0",
        "a >",
        "a > 1)",
        "(a > 1",
        "a = 1",
        "a > 1; b > 1",
        "a.real > 1",
        "a[0] > 1",
        "a > '1'",
        "a ** 2 > 1",
        "a % 2 > 1",
        "a @ b > 1",
        "lambda: a",
        "abs(up)",
        "abs a > 1",
        "max(a, b) > 1",
        "a(1) > 1",
        "up > 0",
        "a & b",
        "~a",
        "up + 1 > 1",
        "a > 1 b > 1",
        "a > 1e",
        "a > 0x10",
        "a > 1_000",
        "a\\ > 1",
        "а > 1",  # a Cyrillic letter
        "a > 1 if up else b",
        "(a > 1).any()",
        "a := 1",
    ],
)
def test_what_is_not_in_the_grammar_is_refused(text):
    with pytest.raises((ParameterError, UnknownNameError)):
        parse_condition(text, KINDS)


@pytest.mark.parametrize("text", ["__import__('os')", "open > 1", "__class__ == 1", "np > 1"])
def test_names_outside_the_registry_are_unknown(text):
    with pytest.raises(UnknownNameError):
        parse_condition(text, KINDS)


def test_unknown_name_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="Did you mean 'up'"):
        parse_condition("upp", KINDS)


def test_error_tells_the_place():
    with pytest.raises(ParameterError, match="character 3: '=' does not belong there; compare"):
        parse_condition("a = 1", KINDS)


def test_names_are_listed_once_in_order():
    assert parse_condition("b > 1 & a > 1 & b < 2", KINDS).names == ("b", "a")


@pytest.mark.parametrize("text", ["(" * 400 + "a", "-" * 200 + "a > 1", "~" * 200 + "up"])
def test_nesting_is_limited(text):
    with pytest.raises(ParameterError, match=f"more than {MAX_DEPTH}"):
        parse_condition(text, KINDS)


def test_length_is_limited():
    with pytest.raises(ParameterError, match=f"at most {MAX_LENGTH}"):
        parse_condition("a > 1 | " * 100 + "up", KINDS)
