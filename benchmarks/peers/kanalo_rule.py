"""The rule of the comparison as a kanalo strategy, and the commands that time it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np

import kanalo
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.signals.moving import highest, previous
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray


def breakouts(market: Market, lookback: int) -> tuple[FloatArray, dict[str, Any]]:
    """Return the closes that break out, and what the decisions of all brackets have in common."""
    entries = np.flatnonzero(market.close > previous(highest(market.high, lookback)))
    n, none = len(entries), np.empty(0, dtype=np.int64)
    shared = {
        "entries": entries,
        "side": np.ones(n, dtype=np.int8),
        "trail": np.full(n, np.nan),
        "size": np.full(n, common.SIZE),
        "max_bars": np.zeros(n, dtype=np.int64),
        "tag": ("",) * n,
        "exit_long": none,
        "exit_short": none,
    }
    return market.close[entries], shared


@dataclass(frozen=True)
class BracketBreakout(Strategy):
    """Buy a close above the highest high before it, with a stop and a target."""

    lookback: int = param(48, low=2, high=10_000, unit="bars", help="Bars whose high is broken.")
    stop: float = param(0.05, low=0.001, high=0.9, help="Distance of the stop, a fraction.")
    target: float = param(0.1, low=0.001, high=10.0, help="Distance of the target, a fraction.")

    def decide(self, market: Market) -> Decisions:
        """Follow the breakouts."""
        close, shared = market.cached(breakouts, lookback=self.lookback)
        return Decisions(
            n_bars=len(market),
            stop=close * (1 - self.stop),
            target=close * (1 + self.target),
            **shared,
        )


COSTS = Costs(fee_bps=common.FEE * 10_000, slippage_bps=0, funding=False, impact=0)


def open_market(path: Path) -> Market:
    """Read bars; `read_bars` finds out by itself what it is given."""
    return kanalo.read_bars(path, symbol="BENCH", timezone="UTC")


def trades(path: Path, sets: list[common.Set]) -> dict[str, list[list[list[int]]]]:
    """Return entry and exit bars with the exits of the entry bar live and not live."""
    market = open_market(path)
    found: dict[str, list[list[list[int]]]] = {}
    for name, live in (("live", True), ("stock", False)):
        execution = Execution(cash=common.CASH, entry_bar_exits=live, margin="none")
        results = [
            kanalo.run(BracketBreakout(*each), market, costs=COSTS, execution=execution)
            for each in sets
        ]
        found[name] = [
            each.trades.loc[each.trades["exit_bar"] >= 0, ["entry_bar", "exit_bar"]].values.tolist()
            for each in results
        ]
    return found


def sweep(path: Path, grid: common.Axes, repeats: int, keep: bool = False) -> common.Timing:
    """Sweep a grid by `kanalo.run_sweep`, all signals anew each time; all statistics included.

    To ``keep`` results is to keep them in a folder instead of in memory.
    """
    market = open_market(path)
    execution = Execution(cash=common.CASH, margin="none")

    def once() -> float:
        market.forget()
        with tempfile.TemporaryDirectory() as folder:
            result = kanalo.run_sweep(
                BracketBreakout,
                market,
                grid,
                costs=COSTS,
                execution=execution,
                folder=Path(folder, "sweep") if keep else None,
                max_sets=None,
            )
        return float(result.table["n_trades"].mean())

    return common.measure(once, repeats)


def run(path: Path, values: common.Set, repeats: int) -> common.Timing:
    """Run one set by `kanalo.run` with all its records."""
    market = open_market(path)
    strategy, execution = BracketBreakout(*values), Execution(cash=common.CASH, margin="none")
    return common.measure(
        lambda: len(kanalo.run(strategy, market, costs=COSTS, execution=execution).trades), repeats
    )


if __name__ == "__main__":
    common.main(trades=trades, sweep=sweep, run=run, packages=("kanalo", "numba", "numpy"))
