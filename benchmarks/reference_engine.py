"""Time the reference engine against the same rule written plainly for backtrader.

The rule is a breakout of the last day's range with a bracket: a stop 3 % below and a target 6 %
above the signal's close. Both versions run over the same 100,000 hourly bars; the plain one is a
``bt.Strategy`` with ``buy_bracket`` on ``bt.feeds.PandasData`` and backtrader's own broker, the
other goes through `kanalo.execution.reference.simulate`. Runs alternate, so that a machine whose
speed drifts slows both alike; the ratio of each pair is what counts.

Usage: ``python benchmarks/reference_engine.py [--bars 100000] [--pairs 5]``
"""

from __future__ import annotations

import argparse
import statistics
import time

import backtrader as bt
import numpy as np
import pandas as pd

from kanalo.execution.costs import Costs
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

LOOKBACK, STOP, TARGET, SIZE = 24, 0.03, 0.06, 0.5


def make_market(n_bars: int) -> Market:
    """Make a seeded random walk of hourly bars."""
    rng = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.008, n_bars)))
    opening = np.r_[100.0, close[:-1]]
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, 0.003, n_bars)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, 0.003, n_bars)))
    index = pd.date_range("2015-01-01", periods=n_bars, freq="h", tz="UTC")
    columns = {"open": opening, "high": high, "low": low, "close": close, "volume": 1.0}
    return Market.from_bars(pd.DataFrame(columns, index=index), interval="1h")


class PlainBreakout(bt.Strategy):  # type: ignore[misc]
    """The rule as backtrader's documentation would write it."""

    def __init__(self) -> None:
        self.highest = bt.ind.Highest(self.data.high(-1), period=LOOKBACK)

    def next(self) -> None:
        """Buy a close above the last day's highs, with a bracket."""
        close = self.data.close[0]
        if not self.position and close > self.highest[0]:
            self.buy_bracket(
                size=SIZE * self.broker.getvalue() / close,
                exectype=bt.Order.Market,
                stopprice=close * (1 - STOP),
                limitprice=close * (1 + TARGET),
            )


def run_plain(market: Market) -> int:
    """Run the plain version and return its number of trades."""
    cerebro = bt.Cerebro(stdstats=False)
    feed = market.bars.tz_localize(None)
    cerebro.adddata(
        bt.feeds.PandasData(dataname=feed, timeframe=bt.TimeFrame.Minutes, compression=60)
    )
    cerebro.broker.setcash(100_000)
    cerebro.broker.setcommission(0.0005)
    cerebro.addstrategy(PlainBreakout)
    cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
    (strategy,) = cerebro.run()
    return int(strategy.analyzers.trades.get_analysis().total.total)


def decide(market: Market) -> Decisions:
    """Make the same rule's decisions."""
    highest = pd.Series(market.high).rolling(LOOKBACK).max().shift(1).to_numpy()
    return Decisions.from_arrays(
        len(market),
        long=market.close > highest,
        stop=market.close * (1 - STOP),
        target=market.close * (1 + TARGET),
        size=SIZE,
    )


def run_kanalo(market: Market) -> int:
    """Run the rule through the reference engine and return its number of trades."""
    costs = Costs(slippage_bps=0, funding=False, impact=0)
    records = simulate_bt(
        market, decide(market), costs, Execution(entry_bar_exits=False, margin="none")
    )
    return len(records.fills) // 2 + len(records.fills) % 2


def main() -> None:
    """Alternate the two and print the ratio of each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    market = make_market(arguments.bars)
    ratios = []
    for pair in range(arguments.pairs):
        seconds, trades = {}, {}
        for name, function in (("plain", run_plain), ("kanalo", run_kanalo)):
            began = time.process_time()
            trades[name] = function(market)
            seconds[name] = time.process_time() - began
        ratios.append(seconds["plain"] / seconds["kanalo"])
        print(
            f"pair {pair + 1}: plain {seconds['plain']:.2f} s ({trades['plain']} trades), "
            f"kanalo {seconds['kanalo']:.2f} s ({trades['kanalo']} trades), ratio {ratios[-1]:.2f}"
        )
    print(
        f"ratio: min {min(ratios):.2f}, median {statistics.median(ratios):.2f}, "
        f"max {max(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
