"""Classes written by hand for backtrader: four that look ahead, four that do not."""

import functools

import backtrader as bt
import numpy as np


class _Turns(bt.Strategy):
    """Buy and sell by a sign."""

    def find_sign(self):
        raise NotImplementedError

    def next(self):
        sign = self.find_sign()
        if sign > 0 and not self.position:
            self.buy(size=1)
        elif sign < 0 and self.position:
            self.close()


class NextClose(_Turns):
    """Read the next bar, and fail at the last one."""

    def find_sign(self):
        return self.data.close[1] - self.data.close[0]


class GuardedNextClose(_Turns):
    """Read the next bar wherever there is one."""

    def find_sign(self):
        last = len(self) >= self.data.buflen()
        return 0 if last else self.data.close[1] - self.data.close[0]


class WholeMean(_Turns):
    """Compare with the mean of every bar there will be."""

    def __init__(self):
        self.mean = None

    def find_sign(self):
        if self.mean is None:
            self.mean = float(np.mean(self.data.close.array))
        return self.data.close[0] - self.mean


class LaterStop(bt.Strategy):
    """Put the stop below the low of the next days."""

    def next(self):
        bar = len(self) - 1
        if not self.position:
            low = min(self.data.low.array[bar : bar + 5])
            self.buy_bracket(size=1, stopprice=0.99 * low, limitprice=1.1 * self.data.close[0])


class AboveMean(_Turns):
    """Hold above a moving mean."""

    params = (("period", 30),)

    def __init__(self):
        self.mean = bt.ind.SMA(self.data.close, period=self.p.period)

    def find_sign(self):
        return self.data.close[0] - self.mean[0]


class LeavesAtTheEnd(AboveMean):
    """Leave at the last bar, which the number of bars tells."""

    def next(self):
        if len(self) == self.data.buflen():
            self.close()
        else:
            super().next()


class SeededCoin(_Turns):
    """Toss a coin of a fixed seed."""

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def find_sign(self):
        return self.rng.normal()


@functools.cache
def to_threshold(period):
    """Work out a threshold once."""
    return 1 + 1 / period


class CachedThreshold(AboveMean):
    """Hold above a moving mean by a cached factor, once there is a fall-back order below."""

    def find_sign(self):
        return self.data.close[0] - to_threshold(self.p.period) * self.mean[0]
