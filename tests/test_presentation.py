"""Every function that a result may ask for exists, and presents what it is given."""

from importlib import import_module

import pytest

from kanalo.presentation import PLACES, present


@pytest.mark.parametrize("name", PLACES)
def test_every_function_is_where_it_is_said_to_be(name):
    assert callable(getattr(import_module(PLACES[name]), name))


def test_names_are_sorted():
    assert list(PLACES) == sorted(PLACES)


def test_a_function_gets_its_arguments():
    assert present("label_statistics", {"total_return": 0.5}, name="mine").to_dict() == {
        "Return [%]": 50.0
    }
