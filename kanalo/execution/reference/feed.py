"""A backtrader feed that hands a market's arrays over whole, with its funding and positioning."""

from __future__ import annotations

import array
from typing import Any

import backtrader as bt
import numpy as np

from kanalo.errors import EngineError
from kanalo.execution.funding import funding_assumed, funding_due
from kanalo.market import Market

_EPOCH = (
    719_163.0  # backtrader's number of 1970-01-01: days since year 1, as date.toordinal() counts
)
_DAY = 86_400_000_000_000

CONTEXT_LINES = (
    "funding_rate",
    "funding_due",
    "funding_assumed",
    "open_interest",
    "long_short_ratio",
)
"""Lines beside the bars; each is known at the bar's close, NaN where unknown."""


class MarketFeed(bt.feed.DataBase):  # type: ignore[misc]
    """Feed a `kanalo.Market` to any Cerebro: ``cerebro.adddata(MarketFeed(market=market))``.

    Bars are stamped with their OPEN time (UTC, without a zone), as everywhere in kanalo. backtrader
    takes a stamp for a bar's end when it resamples: use `kanalo.market.to_slower` instead.

    Preloading copies whole arrays, which is about half of the time of a long run less than
    ``bt.feeds.PandasData`` takes.
    """

    lines = CONTEXT_LINES
    params = (("market", None),)

    def __init__(self) -> None:
        market = self.p.market
        if not isinstance(market, Market):
            raise EngineError(f"MarketFeed needs market=<Market>; received {market!r}.")
        minutes = round(market.length.total_seconds() / 60)
        daily = minutes % 1_440 == 0
        self.p.timeframe = bt.TimeFrame.Days if daily else bt.TimeFrame.Minutes
        self.p.compression = minutes // 1_440 if daily else minutes
        super().__init__()

    def start(self) -> None:
        """Lay the columns out and go back to the first bar."""
        super().start()
        self._columns = to_lines(self.p.market)
        self._next_bar = 0
        self._whole = False  # whether preload() copied the arrays
        self._tick_nullify()
        for name in self._columns:  # found at once, where backtrader asks the lines by name
            setattr(self, name, getattr(self.lines, name))

    def __len__(self) -> int:
        """Return how many bars have come."""
        lines: Any = self.lines
        return int(lines.lines[0].lencount)

    def preload(self) -> None:
        """Copy all bars at once unless a filter or a date limit has to look at each."""
        if self._filters or self._ffilters or self.p.fromdate or self.p.todate:
            super().preload()
            return
        for name, values in self._columns.items():
            line = getattr(self.lines, name)
            line.array = array.array("d", values.tobytes())
        self.home()
        self._whole = True
        self._next_bar = len(self.p.market)

    def advance(self, size: int = 1, datamaster: Any = None, ticks: bool = True) -> None:
        """Go to the next bar, without refilling the ticks that only replays look at.

        Brokers read the bar itself where a feed has no ticks; refilling them on every bar would
        cost a fifth of a run.

        Parameters
        ----------
        size : int
            Number of bars, ≥ 1.
        datamaster : object
            The feed that sets the clock, as Cerebro passes it.
        ticks : bool
            Whether to refill the ticks; ignored once all bars are preloaded.
        """
        if self._whole and datamaster is None:
            lines: Any = self.lines  # backtrader makes an object of the class's tuple of names
            for line in lines.lines:  # LineBuffer.advance of every line, without its calls
                line._idx += size
                line.lencount += size
            return
        super().advance(size, datamaster, ticks=ticks and not self._whole)

    def _load(self) -> bool:
        """Deliver one bar: what Cerebro calls when it does not preload."""
        bar = self._next_bar
        if bar >= len(self.p.market):
            return False
        for name, values in self._columns.items():
            getattr(self.lines, name)[0] = values[bar]
        self._next_bar += 1
        return True


def to_lines(market: Market) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return every line of the feed as float64 arrays of shape (n_bars,)."""
    opens = market.index.as_unit("ns").asi8
    bars = {name: market.bars[name].to_numpy(np.float64) for name in market.bars.columns[:5]}
    counts = {"funding_due": funding_due(market), "funding_assumed": funding_assumed(market)}
    due = {name: values.astype(np.float64) for name, values in counts.items()}
    context = {name: market.known(name) for name in CONTEXT_LINES if name not in due} | due
    return {
        "datetime": _EPOCH + opens / _DAY,
        **bars,
        "openinterest": context["open_interest"],
        **context,
    }
