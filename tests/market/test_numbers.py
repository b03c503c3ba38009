"""Text is converted at once, to what `float` and `int` give, or left to others."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kanalo.market.numbers import parse_floats, parse_integers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_are_those_that_python_reads(numbers):
    cells = pd.Series([repr(each) for each in numbers], dtype=str)
    assert parse_floats(cells).tolist() == numbers


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_are_exact(numbers):
    cells = pd.Series([str(each) for each in numbers], dtype=str)
    assert parse_integers(cells).tolist() == numbers


def test_what_is_no_number_is_left_to_others():
    for cells in (["1", ""], ["1", "x"], ["1", "2024-01-01"]):
        assert parse_floats(pd.Series(cells, dtype=str)) is None
        assert parse_integers(pd.Series(cells, dtype=str)) is None
    assert parse_integers(pd.Series(["1.5"], dtype=str)) is None
    assert parse_floats(pd.Series([1.5, 2.5])) is None
