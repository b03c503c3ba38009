"""One honest rule, and variants of it that do one thing wrong each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo.signals.moving import moving_average
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class Honest(Strategy):
    """Buy when the close is above its average, sell when it is below; stop a tenth lower."""

    days: int = param(10, low=2, high=50)

    def warm_up(self, market):
        return self.days

    def average(self, market):
        return moving_average(market.close, self.days)

    def decide(self, market):
        average = self.average(market)
        return Decisions.from_arrays(
            len(market),
            long=market.close > average,
            exit_long=market.close < average,
            **self.extras(market, average),
        )

    def extras(self, market, average):
        return {
            "stop": 0.9 * market.close,
            "guard_long": 0.8 * average,
            "overlays": {"average": average},
        }


class CentredWindow(Honest):
    """Buy above an average that is centred, so it holds five days of the future."""

    def average(self, market):
        return pd.Series(market.close).rolling(self.days, center=True).mean().to_numpy()


class GlobalScale(Honest):
    """Buy above the mean of the whole history, which nobody knew before its end."""

    def average(self, market):
        return np.full(len(market), market.close.mean())


class NextClose(Honest):
    """Buy when tomorrow's close is higher: the plainest look ahead there is."""

    def average(self, market):
        return market.close - np.append(np.diff(market.close), 0.0)


class FutureStop(Honest):
    """Buy as an honest rule would, with the stop under tomorrow's low."""

    def extras(self, market, average):
        return {"stop": 0.99 * np.minimum(np.append(market.low[1:], market.low[-1]), market.close)}


class FutureGuard(Honest):
    """Buy as an honest rule would, with a guard that knows the lowest low to come."""

    def extras(self, market, average):
        return {"guard_long": np.minimum.accumulate(market.low[::-1])[::-1].copy()}


class FutureOverlay(Honest):
    """Buy as an honest rule would, but draw a line fitted to the whole history."""

    def extras(self, market, average):
        line = np.polyfit(np.arange(len(market)), market.close, 1)
        return {"overlays": {"trend": np.polyval(line, np.arange(len(market)))}}


class FutureTag(Honest):
    """Buy as an honest rule would, and write on each trade how long the history is."""

    def extras(self, market, average):
        return {"tag": f"of {len(market)}"}


class LastDrawn(Honest):
    """Buy as an honest rule would, but draw a line only once the history is long."""

    def extras(self, market, average):
        return {"overlays": {"average": average} if len(market) > 900 else {}}


class ShortMemory(Honest):
    """Buy above an average of ten days and claim to need only three of them."""

    def warm_up(self, market):
        return 3


class Endless(Honest):
    """Buy above the highest close ever seen and claim to remember ten days of them."""

    def average(self, market):
        return 0.8 * np.maximum.accumulate(market.close)


class Unbounded(Endless):
    """Buy above the highest close ever seen and say that this memory has no bound."""

    def warm_up(self, market):
        return None


class Moody(Honest):
    """Buy above an average of random length, so no two runs agree with each other."""

    def average(self, market):
        return np.random.default_rng().normal(market.close, 1.0)


class Forgetful(Honest):
    """Buy as an honest rule would and round the closes of the market for good."""

    def average(self, market):
        market.bars.loc[market.index[3], "close"] *= 1.5
        return moving_average(market.close, self.days)


class Lax(Honest):
    """Buy as an honest rule would but forget to check the parameters at all."""

    def __post_init__(self):
        pass


class WrongWarmUp(Honest):
    """Buy as an honest rule would and give the warm-up in days with a fraction."""

    def warm_up(self, market):
        return 1.5


class NoDecisions(Honest):
    """Buy never, sell never, and return nothing at all where decisions belong."""

    def decide(self, market):
        return None


class OtherLength(Honest):
    """Buy never and return the decisions of a market that is one bar shorter."""

    def decide(self, market):
        return Decisions.from_arrays(len(market) - 1)


@dataclass(frozen=True)
class Undocumented(Strategy):
    n: int = param(1, low=1, high=2)

    def decide(self, market):
        return Decisions.from_arrays(len(market))


@dataclass(frozen=True)
class Terse(Undocumented):
    """Buy low."""


@dataclass(frozen=True)
class Brittle(Honest):
    """Buy as an honest rule would, but fall over at the upper end of its own bounds."""

    def average(self, market):
        if self.days == 50:
            raise ZeroDivisionError
        return moving_average(market.close, self.days)


def moving_whole(market):
    return np.full(len(market), market.close.mean())


class Cached(Honest):
    """Buy above the mean of the whole history, remembered by the market for the prefixes."""

    def average(self, market):
        return market.cached(moving_whole)
