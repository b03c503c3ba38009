"""A rule decides alone in its process, and what it returns is held to its bars."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from kanalo.errors import DecisionError, StrategyError
from kanalo.execution.deciding import decide, find_line
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class Seeded(Strategy):
    """Toss a coin at every bar from numpy's global generator, seeded first."""

    seed: int = param(1)

    def decide(self, market):
        np.random.seed(self.seed)  # noqa: NPY002
        heads = np.array([np.random.random() < 0.5 for _ in range(len(market))])  # noqa: NPY002
        return Decisions.from_arrays(len(market), long=heads)


@dataclass(frozen=True)
class Wrong(Strategy):
    """Return what the test asks for."""

    kind: str = param("nothing")

    def decide(self, market):
        return None if self.kind == "nothing" else Decisions.from_arrays(len(market) + 1)


@dataclass(frozen=True)
class Failing(Strategy):
    """Raise in a helper."""

    def decide(self, market):
        return self.help(market)

    def help(self, market):
        return market.bars["Close"]


@dataclass(frozen=True)
class Contradicting(Strategy):
    """Return decisions that contradict themselves."""

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=market.close > 0, short=market.close > 0)


def test_threads_do_not_draw_from_each_others_seed():
    market = random_walk_market(3_000, 1, "1h")
    alone = {seed: decide(Seeded(seed), market).entries for seed in (1, 2, 3)}
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda seed: (seed, decide(Seeded(seed), market)), [1, 2, 3] * 8))
    for seed, made in together:
        np.testing.assert_array_equal(made.entries, alone[seed])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nothing", r"Wrong.decide\(\) must return Decisions; received NoneType"),
        ("longer", r"Wrong.decide\(\) decided on 51 bars; the market has 50"),
    ],
)
def test_what_no_engine_could_run_is_refused(kind, message):
    with pytest.raises(StrategyError, match=message):
        decide(Wrong(kind), random_walk_market(50, 1, "1h"))


def test_the_innermost_line_of_the_file_is_named():
    with pytest.raises(
        StrategyError,
        match=r"test_deciding.py:\d+: Failing.help\(\) raised KeyE.*Did you mean 'close'\?$",
    ):
        decide(Failing(), random_walk_market(50, 1, "1h"))


def test_errors_of_our_own_stay_what_they_are():
    with pytest.raises(DecisionError, match=r"test_deciding.py:\d+: Bar 0 decides to enter"):
        decide(Contradicting(), random_walk_market(50, 1, "1h"))


def test_an_error_from_elsewhere_has_no_line():
    assert find_line(Failing, ValueError("never raised")) == ("", "decide")
