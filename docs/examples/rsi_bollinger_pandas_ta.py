"""Buy an oversold close below the lower Bollinger band. Indicators by pandas-ta-classic."""

from __future__ import annotations

from dataclasses import dataclass

import pandas_ta_classic as ta

from kanalo import Decisions, Market, Strategy, param
from kanalo.signals.levels import stop_below
from kanalo.signals.volatility import WILDER_MEMORY


@dataclass(frozen=True)
class RsiBollingerPandasTa(Strategy):
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
        high, low, close = (market.bars[name] for name in ("high", "low", "close"))
        strength = ta.rsi(close, self.rsi).to_numpy()
        bands = ta.bbands(close, self.band, self.width)
        lower, middle, upper = (bands.iloc[:, column].to_numpy() for column in range(3))
        atr = ta.atr(high, low, close, self.rsi).to_numpy()
        stop = stop_below(market.close, 3 * atr)
        return Decisions.from_arrays(
            len(market),
            long=(strength < self.oversold) & (market.close < lower) & (stop > 0),
            exit_long=market.close > middle,
            stop=stop,
            overlays={"upper band": upper, "middle band": middle, "lower band": lower},
        )
