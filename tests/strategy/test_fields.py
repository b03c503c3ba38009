"""Everything that handles decisions follows from the declaration of their fields."""

import dataclasses

import numpy as np
import pytest

from kanalo.execution.compiled import _tape_layout as layout
from kanalo.strategy.decisions import ENTRY_FIELDS, EXIT_FIELDS, LINE_FIELDS, Decisions
from kanalo.strategy.fields import is_no_fraction, is_no_price, is_not_positive

ALL = (*ENTRY_FIELDS, *EXIT_FIELDS, *LINE_FIELDS)


def test_each_field_is_declared():
    undeclared = {"n_bars", "entries", "overlays"}
    names = {each.name for each in dataclasses.fields(Decisions)}
    assert names == undeclared | {each.name for each in ALL}


def test_kernels_take_what_is_declared():
    numbers = {each.name: each.dtype for each in ALL if each.dtype is not None}
    assert {"entries": np.int64, **numbers} == layout.ORDER_DTYPES


def test_the_opposite_of_the_opposite_is_the_field_itself():
    by_name = {each.name: each for each in ALL}
    assert all(by_name[by_name[each.opposite].opposite] is each for each in ALL)


def test_what_is_left_out_has_its_default():
    decisions = Decisions(10, np.array([3, 5]), np.array([1, -1], dtype=np.int8))
    assert np.isnan(decisions.stop).all()
    assert decisions.size.tolist() == [1, 1]
    assert decisions.max_bars.tolist() == [0, 0]
    assert decisions.tag == ("", "")
    assert len(decisions.exit_long) == 0
    assert decisions.guard_short is None


def test_entries_are_picked_by_mask_and_by_index():
    decisions = Decisions(
        10,
        np.array([3, 5, 7]),
        np.ones(3, dtype=np.int8),
        tag=("a", "b", "c"),
        size=np.arange(1.0, 4),
    )
    by_mask = decisions.pick(np.array([True, False, True]))
    by_index = decisions.pick(np.array([0, 2]))
    assert by_mask["tag"] == by_index["tag"] == ("a", "c")
    assert by_mask["size"].tolist() == by_index["size"].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("test", "value", "wrong"),
    [
        (is_no_price, np.nan, False),
        (is_no_price, 5.0, False),
        (is_no_price, 0.0, True),
        (is_no_price, np.inf, True),
        (is_no_fraction, np.nan, False),
        (is_no_fraction, 1.0, True),
        (is_not_positive, np.nan, True),
        (is_not_positive, 1e-9, False),
    ],
)
def test_wrong_values_are_told(test, value, wrong):
    assert test(np.array([value]))[0] == wrong
