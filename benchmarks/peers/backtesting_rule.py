"""The rule for backtesting.py: optimize on two processes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import backtesting
import common
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda each, **_: each  # no progress bar on our output


def highest_before(high: Any, lookback: int) -> Any:
    """Return the highest high of the bars before each."""
    return pd.Series(np.asarray(high)).rolling(lookback).max().shift(1)


class BracketBreakout(backtesting.Strategy):
    """Buy a close above the highest high before it, with a stop and a target."""

    lookback, stop, target = 48, 0.05, 0.1

    def init(self) -> None:
        """Compute the line to break."""
        self.highest = self.I(highest_before, self.data.High, self.lookback)

    def next(self) -> None:
        """Enter on a breakout while flat."""
        close = self.data.Close[-1]
        if not self.position and close > self.highest[-1]:
            self.buy(size=common.SIZE, sl=close * (1 - self.stop), tp=close * (1 + self.target))


def make(path: Path) -> backtesting.Backtest:
    """Make a Backtest with the bars and the account."""
    bars = pd.read_parquet(path).set_index("time").tz_localize(None)
    bars.columns = [each.capitalize() for each in bars.columns]
    return backtesting.Backtest(
        bars, BracketBreakout, cash=common.CASH, commission=common.FEE, finalize_trades=False
    )


def trades(path: Path, sets: list[common.Set]) -> dict[str, list[list[list[int]]]]:
    """Return entry and exit bars of closed trades; exits are live on the entry bar."""
    test, found = make(path), []
    for lookback, stop, target in sets:
        made = test.run(lookback=lookback, stop=stop, target=target)["_trades"]
        found.append(made[["EntryBar", "ExitBar"]].to_numpy().tolist())
    return {"live": found}


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid, with the statistics that it always computes."""
    test = make(path)

    def once() -> float:
        _, heatmap = test.optimize(**grid, maximize="# Trades", return_heatmap=True)
        return float(heatmap.mean())

    return common.measure(once, repeats)


def run(path: Path, values: common.Set, repeats: int) -> common.Timing:
    """Run one set."""
    test = make(path)
    lookback, stop, target = values
    return common.measure(
        lambda: len(test.run(lookback=lookback, stop=stop, target=target)["_trades"]), repeats
    )


if __name__ == "__main__":
    common.main(trades=trades, sweep=sweep, run=run, packages=("backtesting", "numpy", "pandas"))
