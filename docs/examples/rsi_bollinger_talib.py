"""Buy an oversold close below the lower Bollinger band. Indicators by TA-Lib."""

from __future__ import annotations

from dataclasses import dataclass

import talib

from kanalo import Decisions, Market, Strategy, param
from kanalo.signals.levels import stop_below
from kanalo.signals.volatility import WILDER_MEMORY


@dataclass(frozen=True)
class RsiBollingerTalib(Strategy):
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
        strength = talib.RSI(market.close, self.rsi)
        upper, middle, lower = talib.BBANDS(market.close, self.band, self.width, self.width)
        atr = talib.ATR(market.high, market.low, market.close, self.rsi)
        stop = stop_below(market.close, 3 * atr)
        return Decisions.from_arrays(
            len(market),
            long=(strength < self.oversold) & (market.close < lower) & (stop > 0),
            exit_long=market.close > middle,
            stop=stop,
            overlays={"upper band": upper, "middle band": middle, "lower band": lower},
        )
