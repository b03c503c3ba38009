"""The rule for vectorbt: all sets as columns of one portfolio."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import common
import numpy as np
import pandas as pd
import vectorbt as vbt
from vectorbt.portfolio.enums import StopEntryPrice

warnings.filterwarnings("ignore")
CHUNK = 250
"""Columns at a time: more sets take more memory, and no less time for each."""


def read(path: Path) -> pd.DataFrame:
    """Read the bars."""
    return pd.read_parquet(path).set_index("time")


def find_entries(bars: pd.DataFrame, lookback: int) -> Any:
    """Return the bars at whose open a breakout is bought."""
    before = bars["high"].rolling(lookback).max().shift(1)
    return (bars["close"] > before).shift(1, fill_value=False).to_numpy()


def simulate(bars: pd.DataFrame, sets: list[common.Set], lines: dict[int, Any]) -> Any:
    """Make a portfolio with a column for each set."""
    return vbt.Portfolio.from_signals(
        bars["close"],
        entries=np.column_stack([lines[lookback] for lookback, _, _ in sets]),
        exits=False,
        price=bars["open"],
        open=bars["open"],
        high=bars["high"],
        low=bars["low"],
        sl_stop=np.array([stop for _, stop, _ in sets]),
        tp_stop=np.array([target for _, _, target in sets]),
        stop_entry_price=StopEntryPrice.Price,
        size=common.SIZE,
        size_type="percent",
        init_cash=common.CASH,
        fees=common.FEE,
        freq="1h",
    )


def trades(path: Path, sets: list[common.Set]) -> dict[str, list[list[list[int]]]]:
    """Return entry and exit bars of closed trades; stops are looked at from the next bar on."""
    bars = read(path)
    lines = {lookback: find_entries(bars, lookback) for lookback, _, _ in sets}
    records = simulate(bars, sets, lines).trades.records
    closed = records[records["status"] == 1]
    return {
        "stock": [
            closed.loc[closed["col"] == i, ["entry_idx", "exit_idx"]].to_numpy().tolist()
            for i in range(len(sets))
        ]
    }


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid: return, Sharpe ratio, drawdown, number of trades and win rate of each set."""
    bars, sets = read(path), common.expand(grid)

    def once() -> float:
        lines = {lookback: find_entries(bars, lookback) for lookback in grid["lookback"]}
        counts = []
        for start in range(0, len(sets), CHUNK):
            portfolio = simulate(bars, sets[start : start + CHUNK], lines)
            portfolio.total_return()
            portfolio.sharpe_ratio()
            portfolio.max_drawdown()
            portfolio.trades.win_rate()
            counts += list(portfolio.trades.count())
        return float(np.mean(counts))

    return common.measure(once, repeats)


if __name__ == "__main__":
    common.main(trades=trades, sweep=sweep, packages=("vectorbt", "numba", "numpy", "pandas"))
