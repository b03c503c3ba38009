"""Honest: a cache of functools, keyed by all that its result depends on."""

import functools
from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy, param


@functools.lru_cache(maxsize=8)
def to_weights(length: int) -> np.ndarray:
    """Return weights that fall linearly, newest first."""
    weights = np.arange(length, 0, -1, dtype=np.float64)
    return weights / weights.sum()


@dataclass(frozen=True)
class CachedWeights(Strategy):
    """Buy above a weighted average whose weights are worked out once."""

    length: int = param(24, low=2, high=500)

    def warm_up(self, market: Market) -> int:
        return self.length

    def decide(self, market: Market) -> Decisions:
        average = np.convolve(market.close, to_weights(self.length))[: len(market)]
        above = market.close > average
        above[: self.length] = False
        return Decisions.from_arrays(len(market), long=above, exit_long=~above)
