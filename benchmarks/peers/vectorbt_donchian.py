"""kanalo's bundled ``donchian_breakout`` for vectorbt: all sets as columns of one portfolio."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import common
import donchian
import numpy as np
import pandas as pd
import vectorbt as vbt
from numba import njit
from vectorbt.portfolio.enums import StopEntryPrice, StopExitPrice

warnings.filterwarnings("ignore")
CHUNK = 100
"""Columns at a time."""


def find_breaks(bars: pd.DataFrame, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bars at whose open a close above, or below, the channel is known."""
    upper = bars["high"].rolling(donchian.DAY * days).max().shift(1)
    lower = bars["low"].rolling(donchian.DAY * days).min().shift(1)
    pair = (bars["close"] > upper, bars["close"] < lower)
    return tuple(each.shift(1, fill_value=False).to_numpy() for each in pair)


@njit
def keep_stop(context: Any, leave_long: Any, leave_short: Any) -> tuple[float, bool]:
    """Take the stop away where the position is left at the open, before the bar can reach it."""
    leaves = (
        leave_long[context.i, context.col]
        if context.position_now > 0
        else leave_short[context.i, context.col]
    )
    return (np.nan if leaves else context.curr_stop), context.curr_trail


def simulate(bars: pd.DataFrame, sets: list[donchian.Set], daily_range: np.ndarray) -> Any:
    """Make a portfolio with a column for each set."""
    days = {each for entry, leave, _ in sets for each in (entry, leave)}
    breaks = {each: find_breaks(bars, each) for each in days}
    close = bars["close"].shift(1).to_numpy()  # of the decision
    room = pd.Series(daily_range).shift(1).to_numpy()
    opening, known = bars["open"].to_numpy(), ~np.isnan(room)
    long = np.column_stack([breaks[entry][0] & known for entry, _, _ in sets])
    short = np.column_stack([breaks[entry][1] & known for entry, _, _ in sets])
    leave_long = np.column_stack([breaks[leave][1] for _, leave, _ in sets])
    leave_short = np.column_stack([breaks[leave][0] for _, leave, _ in sets])
    fractions = {}  # of the open that fills, at which the stop lies
    for stop_atr in {each for _, _, each in sets}:
        below = 1 - np.maximum(close - stop_atr * room, 0.05 * close) / opening
        above = (close + stop_atr * room) / opening - 1
        fractions[stop_atr] = (np.maximum(below, 0), np.maximum(above, 0))
    stop = np.column_stack(
        [np.where(long[:, i], *fractions[stop_atr]) for i, (_, _, stop_atr) in enumerate(sets)]
    )
    return vbt.Portfolio.from_signals(
        bars["close"],
        entries=long,
        exits=leave_long,
        short_entries=short,
        short_exits=leave_short,
        price=bars["open"],
        open=bars["open"],
        high=bars["high"],
        low=bars["low"],
        sl_stop=stop,
        adjust_sl_func_nb=keep_stop,
        adjust_sl_args=(leave_long, leave_short),
        stop_entry_price=StopEntryPrice.Price,
        stop_exit_price=StopExitPrice.StopMarket,
        upon_opposite_entry="reverse",
        init_cash=donchian.CASH,
        fees=donchian.FEE,
        slippage=donchian.SLIPPAGE,
        freq="1h",
    )


def trades(path: Path, sets: list[donchian.Set]) -> list[list[list[int]]]:
    """Return entry and exit bars of closed trades; stops are looked at from the next bar on."""
    bars = donchian.read(path)
    records = simulate(bars, sets, donchian.find_daily_range(bars)).trades.records
    closed = records[records["status"] == 1]
    return [
        closed.loc[closed["col"] == i, ["entry_idx", "exit_idx"]].to_numpy().tolist()
        for i in range(len(sets))
    ]


def load(path: Path) -> common.Timing:
    """Time what a sweep does once, however many sets it has: measure the daily range."""
    bars = donchian.read(path)
    return common.measure(lambda: float(len(donchian.find_daily_range(bars))), 0)


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid: return, Sharpe ratio, drawdown, number of trades and win rate of each set."""
    bars, sets = donchian.read(path), donchian.expand(grid)

    def once() -> float:
        daily_range, counts = donchian.find_daily_range(bars), []
        for start in range(0, len(sets), CHUNK):
            portfolio = simulate(bars, sets[start : start + CHUNK], daily_range)
            portfolio.total_return()
            portfolio.sharpe_ratio()
            portfolio.max_drawdown()
            portfolio.trades.win_rate()
            counts += list(portfolio.trades.count())
        return float(np.mean(counts))

    return common.measure(once, repeats)


if __name__ == "__main__":
    packages = ("vectorbt", "numba", "numpy", "pandas")
    common.main(trades=trades, load=load, sweep=sweep, packages=packages)
