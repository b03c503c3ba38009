"""The bundled ``donchian_breakout`` as it stands in ``strategies/``, and what times it."""

from __future__ import annotations

from pathlib import Path

import common
import donchian

import kanalo

MARKET, RULE = "xmr_1h", "donchian_breakout"


def trades(path: Path, sets: list[donchian.Set]) -> list[list[list[int]]]:
    """Return entry and exit bars under the costs and the exits that the peers have."""
    del path  # the market of the workspace, whose bars that file holds
    market, rule = kanalo.load_market(MARKET), kanalo.find_workspace().load_strategy(RULE)
    costs = kanalo.Costs(funding=False, impact=0)
    execution = kanalo.Execution(margin="none", entry_bar_exits=False)
    found = []
    for entry, leave, stop_atr in sets:
        strategy = rule(entry=entry, leave=leave, stop_atr=stop_atr)
        made = kanalo.run(strategy, market, costs=costs, execution=execution).trades
        closed = made[made["exit_bar"] >= 0]
        found.append(closed[["entry_bar", "exit_bar"]].to_numpy().tolist())
    return found


def sweep(path: Path, grid: common.Axes, repeats: int) -> common.Timing:
    """Sweep a grid under default costs, all signals anew each time; all statistics included."""
    del path
    market, rule = kanalo.load_market(MARKET), kanalo.find_workspace().load_strategy(RULE)

    def once() -> float:
        market.forget()
        result = kanalo.run_sweep(rule, market, grid, max_sets=None)
        return float(result.table["n_trades"].mean())

    return common.measure(once, repeats)


if __name__ == "__main__":
    common.main(trades=trades, sweep=sweep, packages=("kanalo", "numba", "numpy"))
