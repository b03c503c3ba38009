"""Rules whose certificates say something besides clean."""

import os
import time
from dataclasses import dataclass

import numpy as np

from kanalo.signals.moving import moving_average
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class Forgetful(Strategy):
    """Buy above an average of fifty bars and claim to look back three of them."""

    n: int = param(50, low=2, high=500)

    def warm_up(self, market):
        return 3

    def decide(self, market):
        average = moving_average(market.close, self.n)
        return Decisions.from_arrays(
            len(market), long=market.close > average, overlays={"average": average}
        )


@dataclass(frozen=True)
class Momentum(Strategy):
    """Buy never; draw a line that crosses zero, summed in a window that rounds as it slides."""

    def warm_up(self, market):
        return 100

    def decide(self, market):
        change = np.diff(market.close, prepend=np.nan)
        line = moving_average(change, 50) - moving_average(change, 100)
        return Decisions.from_arrays(len(market), overlays={"momentum": line})


@dataclass(frozen=True)
class Fragile(Strategy):
    """Buy at bar 5,000, which a shorter history does not have, and fall over there."""

    def warm_up(self, market):
        return None

    def decide(self, market):
        market.close[5_000]
        return Decisions.from_arrays(len(market))


@dataclass(frozen=True)
class NoWarmUp(Strategy):
    """Buy above an average of fifty bars and say nothing of how far that looks back."""

    def decide(self, market):
        above = market.close > moving_average(market.close, 50)
        return Decisions.from_arrays(len(market), long=above, exit_long=~above)


@dataclass(frozen=True)
class UnboundedAverage(NoWarmUp):
    """Buy above an average of fifty bars and claim nothing of how far that looks back."""

    def warm_up(self, market):
        return None


@dataclass(frozen=True)
class Unseeded(Strategy):
    """Toss a coin at every bar, another one whenever it is asked."""

    def decide(self, market):
        heads = np.random.random(len(market)) < 0.1  # noqa: NPY002
        return Decisions.from_arrays(len(market), long=heads, exit_long=~heads)


@dataclass(frozen=True)
class Quitter(Strategy):
    """End the process that asks, without a word."""

    def decide(self, market):
        os._exit(1)


@dataclass(frozen=True)
class Slow(Strategy):
    """Decide nothing, and take a minute for it."""

    def decide(self, market):
        time.sleep(60)
        return Decisions.from_arrays(len(market))


@dataclass(frozen=True)
class Vandal(UnboundedAverage):
    """Write another open interest into the history, and decide as an honest rule does."""

    def decide(self, market):
        market.context["open_interest"] = 1.0
        return super().decide(market)


@dataclass(frozen=True)
class Gambler(Strategy):
    """Buy where open interest rises, and look no further."""

    def decide(self, market):
        interest = market.known("open_interest")
        return Decisions.from_arrays(len(market), long=np.diff(interest, prepend=np.nan) > 0)
