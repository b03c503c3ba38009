"""Follow the MACD line across its signal line. Indicator by pandas-ta-classic."""

from __future__ import annotations

from dataclasses import dataclass

import pandas_ta_classic as ta

from kanalo import Decisions, Market, Strategy, param
from kanalo.signals.moving import crosses_above

EMA_MEMORY = 13
"""Multiples of its length after which an EMA has forgotten its start, to 1e-10."""


@dataclass(frozen=True)
class MacdPandasTa(Strategy):
    """Buy where the MACD line crosses above its signal line; sell where it crosses below."""

    fast: int = param(12, low=2, high=50, unit="bars", help="Length of the fast average.")
    slow: int = param(26, low=5, high=200, unit="bars", help="Length of the slow average.")
    signal: int = param(9, low=2, high=50, unit="bars", help="Length of the signal line.")

    def warm_up(self, market: Market) -> int:
        """Add the memories of the slow average and of the signal line."""
        return EMA_MEMORY * (max(self.fast, self.slow) + self.signal + 2)

    def decide(self, market: Market) -> Decisions:
        """Decide on whole arrays."""
        table = ta.macd(market.bars["close"], self.fast, self.slow, self.signal)
        line, signal = (table.iloc[:, column].to_numpy() for column in (0, 2))
        return Decisions.from_arrays(
            len(market),
            long=crosses_above(line, signal),
            exit_long=crosses_above(signal, line),
        )
