"""`Result`: everything one run of one strategy on one market left behind, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kanalo.arguments import Named, shorten
from kanalo.execution.trades import TRADE_COLUMNS as TRADE_COLUMNS
from kanalo.market import Market
from kanalo.presentation import present
from kanalo.strategy import Decisions
from kanalo.text import count_trades

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Result(Named):
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

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> result = kanalo.run("donchian_breakout", market)
    >>> result.trades[["entry_time", "exit_reason"]].shape
    (16, 2)
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

    def __repr__(self) -> str:
        """Name the rule and the market, with return, drawdown and number of trades."""
        figures, closed = self.figures, len(self.closed_trades)
        name = self.market.name or self.market.symbol
        text = (
            f"Result({self.strategy}({shorten(self.parameters)}) on {name}: "
            f"return {figures['total_return']:.1%}, max. drawdown {figures['max_drawdown']:.1%}, "
            f"{count_trades(closed, len(self.trades) - closed)})"
        )
        return text if len(text) <= 300 else text[:298] + "…)"

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

    @cached_property
    def figures(self) -> Mapping[str, float]:
        """Every statistic by its key, as fractions; see `kanalo.analyzers.summary`."""
        figures: Mapping[str, float] = present("calc_statistics", self)
        return figures

    @property
    def statistics(self) -> pd.Series[float]:
        """Every statistic under the report's names, shape (n_statistics,).

        What is named ``[%]`` is in percent, durations are in days, NaN where a figure is not
        defined. `figures` has the same by key, as fractions.
        """
        labelled: pd.Series[float] = present("label_statistics", self.figures, self.strategy)
        return labelled

    def summary(self) -> pd.Series[float]:
        """Return the headline figures: those of the report's first table, under its names."""
        return self.statistics.loc[list(present("list_headline_labels"))]

    def plot(self) -> Figure:
        """Draw the equity, the drawdown, and the price with every trade.

        Returns
        -------
        matplotlib.figure.Figure
            Not shown yet: ``figure.savefig(path)`` keeps it, notebooks draw it.
        """
        figure: Figure = present("plot_result", self)
        return figure

    def to_html(self, path: str | Path) -> Path:
        """Write the report of this run as one page that needs no network.

        Parameters
        ----------
        path : str or Path
            File to write; its folder must exist.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the path is no path.
        WorkspaceError
            If the file cannot be written.
        """
        return Path(present("write_comparison_html", present("compare_result", self), path))

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary().to_frame(), repr(self)))
