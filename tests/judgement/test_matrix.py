"""One checked matrix out of frames and arrays."""

import numpy as np
import pytest

from kanalo.errors import DataError
from kanalo.judgement._matrix import find_flat, to_matrix, to_names


def test_days_after_ruin_are_zero():
    values = to_matrix(np.array([[0.1, 0.1], [-1.2, 0.2], [np.nan, 0.3]]))
    assert values.tolist() == [[0.1, 0.1], [-1.2, 0.2], [0.0, 0.3]]


def test_gap_without_ruin_is_named_by_series_row_and_day(make_table):
    table = make_table(a=[0.1, 0.1, 0.1], b=[0.1, np.nan, 0.2])
    with pytest.raises(DataError, match=r"'b' have no finite value in row 1 \(2020-01-02"):
        to_matrix(table)


def test_infinite_return_is_refused_even_after_ruin():
    with pytest.raises(DataError, match="'0' have no finite value in row 1;"):
        to_matrix(np.array([[-1.0], [np.inf]]))


def test_one_dimension_is_refused():
    with pytest.raises(DataError, match=r"shape \(n_days, n_series\); received \(3,\)"):
        to_matrix(np.zeros(3))


def test_too_few_days_are_refused():
    with pytest.raises(DataError, match="At least 5 daily returns are needed; received 3"):
        to_matrix(np.zeros((3, 1)), least_days=5)


def test_float32_is_widened():
    assert to_matrix(np.zeros((3, 1), dtype=np.float32)).dtype == np.float64


def test_columns_of_an_array_are_numbered():
    assert to_names(np.zeros((3, 2))) == ("0", "1")


def test_two_series_of_one_name_are_refused(make_table):
    table = make_table(a=[0.1, 0.2], b=[0.1, 0.2]).rename(columns={"b": "a"})
    with pytest.raises(DataError, match="'a' stands twice"):
        to_names(table)


def test_constant_series_is_flat_and_a_moving_one_is_not():
    assert find_flat(np.array([[0.0, 0.001, 0.0], [0.0, 0.001, 1e-6]])).tolist() == [
        True,
        True,
        False,
    ]
