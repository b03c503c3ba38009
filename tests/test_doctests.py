"""The examples in docstrings run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import kanalo

MODULES = sorted(
    each.name
    for each in pkgutil.walk_packages(kanalo.__path__, "kanalo.")
    if not each.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_hold(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = map(importlib.import_module, MODULES)
    assert sum(bool(each.examples) for module in modules for each in finder.find(module)) >= 30
