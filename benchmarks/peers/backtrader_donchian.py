"""kanalo's bundled ``donchian_breakout`` for backtrader: optstrategy on two processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import backtrader as bt
import common
import donchian

SHARE = 0.95
"""Of equity in a trade: the broker refuses an order that its cash does not cover at the fill."""


class Feed(bt.feeds.PandasData):
    """Bars with the average daily range beside them."""

    lines = ("daily_range",)
    params = (("daily_range", -1),)


class DonchianBreakout(bt.Strategy):
    """Follow breaks of the channel both ways, with a stop and the exits of a shorter channel."""

    params = {"entry": 20, "leave": 10, "stop_atr": 2.0}

    def __init__(self) -> None:
        data, entry, leave = self.data, donchian.DAY * self.p.entry, donchian.DAY * self.p.leave
        self.highest = bt.ind.Highest(data.high(-1), period=entry)
        self.lowest = bt.ind.Lowest(data.low(-1), period=entry)
        self.leave_high = bt.ind.Highest(data.high(-1), period=leave)
        self.leave_low = bt.ind.Lowest(data.low(-1), period=leave)
        self.stop_order: Any = None
        self.round_trips: list[list[int]] = []

    def notify_trade(self, trade: bt.Trade) -> None:
        """Note entries and exits by bar."""
        if trade.isclosed:
            self.round_trips.append([trade.baropen - 1, trade.barclose - 1])

    def next(self) -> None:
        """Leave, enter or reverse at the next open."""
        close, held = self.data.close[0], self.position.size
        leaves = (held > 0 and close < self.leave_low[0]) or (
            held < 0 and close > self.leave_high[0]
        )
        if leaves:
            self.cancel(self.stop_order)
            self.close()
        daily_range = self.data.daily_range[0]
        if (held and not leaves) or daily_range != daily_range:
            return
        size = SHARE * self.broker.getvalue() / close
        distance = self.p.stop_atr * daily_range
        if close > self.highest[0]:
            stop, enter, protect = max(close - distance, 0.05 * close), self.buy, self.sell
        elif close < self.lowest[0]:
            stop, enter, protect = close + distance, self.sell, self.buy
        else:
            return
        order = enter(size=size, transmit=False)
        self.stop_order = protect(size=size, exectype=bt.Order.Stop, price=stop, parent=order)


def make(path: Path) -> bt.Cerebro:
    """Make a Cerebro with the bars, the account and its costs."""
    bars = donchian.read(path)
    bars["daily_range"] = donchian.find_daily_range(bars)
    cerebro = bt.Cerebro(stdstats=False, maxcpus=2)
    cerebro.adddata(Feed(dataname=bars, timeframe=bt.TimeFrame.Minutes, compression=60))
    cerebro.broker.setcash(donchian.CASH)
    cerebro.broker.setcommission(donchian.FEE)
    cerebro.broker.set_slippage_perc(donchian.SLIPPAGE)
    cerebro.broker.set_checksubmit(False)  # it refuses shorts whose stop is at twice the price
    return cerebro


def trades(path: Path, sets: list[donchian.Set]) -> list[list[list[int]]]:
    """Return entry and exit bars of closed trades; no stop is live on the entry bar."""
    found = []
    for entry, leave, stop_atr in sets:
        cerebro = make(path)
        cerebro.addstrategy(DonchianBreakout, entry=entry, leave=leave, stop_atr=stop_atr)
        (strategy,) = cerebro.run()
        found.append(strategy.round_trips)
    return found


def load(path: Path) -> common.Timing:
    """Time what a sweep does once, however many sets it has: lay out the bars."""

    def once() -> float:
        (feed,) = make(path).datas
        feed._start()
        feed.preload()
        return float(len(feed.array))

    return common.measure(once, 0)


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid, with its analyzers of trades, drawdowns and the daily Sharpe ratio."""

    def once() -> float:
        cerebro = make(path)
        cerebro.optstrategy(DonchianBreakout, **grid)
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
        cerebro.addanalyzer(bt.analyzers.DrawDown)
        cerebro.addanalyzer(bt.analyzers.SharpeRatio, timeframe=bt.TimeFrame.Days)
        runs = cerebro.run(maxcpus=2)
        counts = [each[0].analyzers.trades.get_analysis()["total"]["closed"] for each in runs]
        return sum(counts) / len(counts)

    return common.measure(once, repeats)


if __name__ == "__main__":
    common.main(trades=trades, load=load, sweep=sweep, packages=("backtrader", "numpy"))
