"""Honest: numpy's global generator, seeded at every call, one draw for each bar."""

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class SeededDraws(Strategy):
    """Toss a coin at every bar, the same one whenever it is asked."""

    def warm_up(self, market: Market) -> None:
        return None

    def decide(self, market: Market) -> Decisions:
        np.random.seed(42)  # noqa: NPY002 - what many rules do
        heads = np.array([np.random.random() < 0.1 for _ in range(len(market))])  # noqa: NPY002
        return Decisions.from_arrays(len(market), long=heads, exit_long=~heads)
