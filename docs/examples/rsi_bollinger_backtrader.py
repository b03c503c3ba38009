"""Buy an oversold close below the lower Bollinger band. Indicators by backtrader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import backtrader as bt
import numpy as np

from kanalo import Decisions, Market, Strategy, param
from kanalo.execution.reference.feed import MarketFeed
from kanalo.signals.levels import stop_below
from kanalo.signals.volatility import WILDER_MEMORY


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
class RsiBollingerBacktrader(Strategy):
    """Buy where the RSI is below 30 and the close below the lower band; sell at the middle band.

    The stop lies three average true ranges below the close of the decision.
    """

    rsi: int = param(14, low=2, high=60, unit="bars", help="Length of the RSI and of the ATR.")
    band: int = param(20, low=5, high=100, unit="bars", help="Length of the Bollinger bands.")
    width: float = param(2.0, low=0.5, high=4.0, help="Standard deviations to each band.")
    oversold: float = param(30.0, low=5.0, high=50.0, help="RSI below which a close is oversold.")

    def warm_up(self, market: Market) -> int:
        """Wilder's averages never forget wholly: after this many bars to 1e-10."""
        return max(self.band, WILDER_MEMORY * self.rsi + 1)

    def decide(self, market: Market) -> Decisions:
        """Decide on whole arrays; a comparison with NaN is False."""
        made = run_indicators(
            market,
            rsi=lambda data: bt.ind.RSI(data, period=self.rsi, safediv=True),
            bands=lambda data: bt.ind.BollingerBands(data, period=self.band, devfactor=self.width),
            atr=lambda data: bt.ind.ATR(data, period=self.rsi),
        )
        strength, atr = to_array(made.rsi.lines[0]), to_array(made.atr.lines[0])
        middle, upper, lower = (to_array(line) for line in made.bands.lines)
        stop = stop_below(market.close, 3 * atr)
        return Decisions.from_arrays(
            len(market),
            long=(strength < self.oversold) & (market.close < lower) & (stop > 0),
            exit_long=market.close > middle,
            stop=stop,
            overlays={"upper band": upper, "middle band": middle, "lower band": lower},
        )
