"""Follow the MACD line across its signal line. Indicator by backtrader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import backtrader as bt
import numpy as np

from kanalo import Decisions, Market, Strategy, param
from kanalo.execution.reference.feed import MarketFeed
from kanalo.signals.moving import crosses_above

EMA_MEMORY = 13
"""Multiples of its length after which an EMA has forgotten its start, to 1e-10."""


def run_indicators(market: Market, **indicators: Callable[..., bt.Indicator]) -> SimpleNamespace:
    """Run backtrader's indicators over a market; row t of a line is known at bar t's close."""

    class Lines(bt.Strategy):
        def __init__(self) -> None:
            self.made = {name: make(self.data) for name, make in indicators.items()}

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(MarketFeed(market=market))
    cerebro.addstrategy(Lines)
    (run,) = cerebro.run()
    return SimpleNamespace(**run.made)


def to_array(line: bt.LineBuffer) -> np.ndarray:
    """Copy a line; NaN before the indicator has its minimum period."""
    return np.array(line.array, dtype=np.float64)


@dataclass(frozen=True)
class MacdBacktrader(Strategy):
    """Buy where the MACD line crosses above its signal line; sell where it crosses below."""

    fast: int = param(12, low=2, high=50, unit="bars", help="Length of the fast average.")
    slow: int = param(26, low=5, high=200, unit="bars", help="Length of the slow average.")
    signal: int = param(9, low=2, high=50, unit="bars", help="Length of the signal line.")

    def warm_up(self, market: Market) -> int:
        """Add the memories of the slow average and of the signal line."""
        return EMA_MEMORY * (max(self.fast, self.slow) + self.signal + 2)

    def decide(self, market: Market) -> Decisions:
        """Decide on whole arrays."""
        made = run_indicators(
            market,
            macd=lambda data: bt.ind.MACD(
                data, period_me1=self.fast, period_me2=self.slow, period_signal=self.signal
            ),
        )
        line, signal = (to_array(each) for each in made.macd.lines)
        return Decisions.from_arrays(
            len(market),
            long=crosses_above(line, signal),
            exit_long=crosses_above(signal, line),
        )
