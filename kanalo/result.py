"""`Result`: everything one run of one strategy on one market left behind, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kanalo.market import Market
from kanalo.strategy import Decisions

TRADE_COLUMNS = (
    "side",  # +1 long, -1 short
    "entry_time",  # OPEN time of the bar of the entry fill
    "entry_price",  # average, slippage included
    "exit_time",  # NaT while open
    "exit_price",  # average; NaN while open
    "quantity",  # coins, positive: the most that was held
    "pnl",  # quote currency, after fees and funding; open trades are marked at the last close
    "return",  # pnl / (entry price × quantity)
    "fees",
    "funding",  # negative where paid
    "slippage",  # cost of slippage, positive
    "bars_held",  # bars whose close the position saw, at least 1
    "exit_reason",  # exit, stop, target, max-bars, ruin, order; "open" while open
    "mae",  # most adverse excursion from the entry price, a fraction ≤ 0
    "mfe",  # most favourable excursion, a fraction ≥ 0
    "clipped",  # share of the wanted quantity that the account could not cover
    "stop",  # at entry; NaN for none
    "target",
    "tag",
    "entry_bar",
    "exit_bar",  # -1 while open
)
"""Columns of `Result.trades`, one row a round trip."""


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
