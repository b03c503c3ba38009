"""Strategies that cheat, each a file as a user would write it, and markets to catch them on."""

import importlib.util
import sys
from functools import partial
from pathlib import Path

import pytest

from kanalo.market import load_market
from kanalo.strategy import Strategy

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"


@pytest.fixture(scope="session")
def load_cheat():
    """Return a function that gives the strategy of a file in `cheats`."""
    return partial(load_from, "cheats")


@pytest.fixture(scope="session")
def load_honest():
    """Return a function that gives the strategy of a file in `honest`."""
    return partial(load_from, "honest")


def load_from(folder, name):
    module_name = f"{folder}_of_kanalo_{name}"
    if module_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(module_name, HERE / folder / f"{name}.py")
        sys.modules[module_name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    (cls,) = (
        each
        for each in vars(sys.modules[module_name]).values()
        if isinstance(each, type) and issubclass(each, Strategy) and each is not Strategy
    )
    return cls()


@pytest.fixture(scope="session")
def hourly():
    return load_market(DATA, "xmr_1h")


@pytest.fixture(scope="session")
def daily():
    return load_market(DATA, "xmr_1d")


@pytest.fixture(scope="session")
def recent(hourly):
    """The last 6,000 hours: some of their positioning, finer bars and liquidations are known."""
    return hourly.rows(len(hourly) - 6_000, len(hourly))
