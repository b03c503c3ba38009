"""`Result`: everything one run of one strategy on one market left behind, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kanalo.execution.trades import TRADE_COLUMNS as TRADE_COLUMNS
from kanalo.market import Market
from kanalo.strategy import Decisions


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of one run.

    Attributes
    ----------
    strategy : str
        Name of the strategy.
    parameters : mapping
        Its parameter values.
    market : Market
        The market that was traded, warm-up removed.
    costs, execution : mapping
        The costs and the account, as plain values.
    fills : DataFrame
        ``time price quantity level fee reason`` of every fill, in order.
    trades : DataFrame with `TRADE_COLUMNS`
        Round trips; the last may be open.
    equity : Series of shape (n_bars,)
        Marked at each close, indexed by the bars' OPEN times; quote currency.
    position : Series of shape (n_bars,)
        Coins held after each close.
    funding : Series of shape (n_bars,)
        Cash flow of funding at each close.
    decisions : Decisions or None
        What the strategy decided; None for a hand-written backtrader strategy.
    ambiguous_bars : int
        Bars that touched both stop and target.
    resolved_bars : int
        How many of those the finer bars put in order.
    funding_coverage : float
        Share of the due funding stamps that the data cover; NaN where none is due.
    provenance : mapping
        sha256 of data and source, versions, engine.
    """

    strategy: str
    parameters: Mapping[str, Any]
    market: Market
    costs: Mapping[str, Any]
    execution: Mapping[str, Any]
    fills: pd.DataFrame
    trades: pd.DataFrame
    equity: pd.Series[float]
    position: pd.Series[float]
    funding: pd.Series[float]
    decisions: Decisions | None
    ambiguous_bars: int
    resolved_bars: int
    funding_coverage: float
    provenance: Mapping[str, Any]

    @property
    def cash(self) -> float:
        """Equity before the first bar."""
        return float(self.execution["cash"])

    @property
    def exposure(self) -> pd.Series[float]:
        """Value of the position over equity at each close; negative for shorts."""
        return self.position * self.market.bars["close"] / self.equity

    @property
    def closed_trades(self) -> pd.DataFrame:
        """The round trips that have ended."""
        return self.trades[self.trades["exit_bar"] >= 0]
