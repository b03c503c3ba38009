"""The rule for backtrader: optstrategy on two processes, brackets by its own broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import backtrader as bt
import common
import pandas as pd


class BracketBreakout(bt.Strategy):
    """Buy a close above the highest high before it, with a stop and a target."""

    params = {"lookback": 48, "stop": 0.05, "target": 0.1}

    def __init__(self) -> None:
        self.highest = bt.ind.Highest(self.data.high(-1), period=self.p.lookback)
        self.round_trips: list[list[int]] = []

    def notify_order(self, order: Any) -> None:
        """Note entries and exits by bar."""
        if order.status != order.Completed:
            return
        if order.isbuy():
            self.round_trips.append([len(self) - 1])
        else:
            self.round_trips[-1].append(len(self) - 1)

    def next(self) -> None:
        """Enter on a breakout while flat."""
        close = self.data.close[0]
        if not self.position and close > self.highest[0]:
            self.buy_bracket(
                size=common.SIZE * self.broker.getvalue() / close,
                exectype=bt.Order.Market,
                stopprice=close * (1 - self.p.stop),
                limitprice=close * (1 + self.p.target),
            )


def make(path: Path) -> bt.Cerebro:
    """Make a Cerebro with the bars and the account."""
    bars = pd.read_parquet(path).set_index("time").tz_localize(None)
    cerebro = bt.Cerebro(stdstats=False, maxcpus=2)
    cerebro.adddata(
        bt.feeds.PandasData(dataname=bars, timeframe=bt.TimeFrame.Minutes, compression=60)
    )
    cerebro.broker.setcash(common.CASH)
    cerebro.broker.setcommission(common.FEE)
    return cerebro


def trades(path: Path, sets: list[common.Set]) -> dict[str, list[list[list[int]]]]:
    """Return entry and exit bars of closed trades; its broker never exits on the entry bar."""
    found = []
    for lookback, stop, target in sets:
        cerebro = make(path)
        cerebro.addstrategy(BracketBreakout, lookback=lookback, stop=stop, target=target)
        (strategy,) = cerebro.run()
        found.append([each for each in strategy.round_trips if len(each) == 2])
    return {"stock": found}


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid, with its analyzers of trades, drawdowns and the daily Sharpe ratio."""

    def once() -> float:
        cerebro = make(path)
        cerebro.optstrategy(BracketBreakout, **grid)
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
        cerebro.addanalyzer(bt.analyzers.DrawDown)
        cerebro.addanalyzer(bt.analyzers.SharpeRatio, timeframe=bt.TimeFrame.Days)
        runs = cerebro.run(maxcpus=2)
        counts = [each[0].analyzers.trades.get_analysis()["total"]["closed"] for each in runs]
        return sum(counts) / len(counts)

    return common.measure(once, repeats)


if __name__ == "__main__":
    common.main(trades=trades, sweep=sweep, packages=("backtrader", "numpy"))
