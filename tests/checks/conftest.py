"""Strategies that cheat, each a file as a user would write it, and markets to catch them on."""

import importlib.util
import sys
from pathlib import Path

import pytest

from kanalo.market import load_market
from kanalo.strategy import Strategy

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"


@pytest.fixture(scope="session")
def load_cheat():
    """Return a function that gives the strategy of a file in `cheats`."""

    def load(name):
        module_name = f"cheats_of_kanalo_{name}"
        spec = importlib.util.spec_from_file_location(module_name, HERE / "cheats" / f"{name}.py")
        sys.modules[module_name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        (cls,) = (
            each
            for each in vars(module).values()
            if isinstance(each, type) and issubclass(each, Strategy) and each is not Strategy
        )
        return cls()

    return load


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
