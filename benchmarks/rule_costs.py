"""Tell what each fill rule costs a sweep, in seconds of CPU: ``python benchmarks/rule_costs.py``.

100 sets of the rule of `compare_engines`, 100,000 bars, one thread; each line changes one thing.
Rules change the trades too, so the number of trades and of bars held stand beside the time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from engine_peers import some, write_bars

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.execution.compiled.simulate import make_table, simulate_trades, to_tape, to_terms
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import common
from kanalo_rule import BracketBreakout

N_BARS, ROUNDS = 100_000, 7
PLAIN = Costs(fee_bps=5, slippage_bps=0, funding=False, impact=0)
Change = Callable[[Decisions], Decisions]


def make_market(folder: Path) -> Market:
    """Make the bars of the comparison a perpetual's with funding and a benchmark."""
    path = folder / "bars.parquet"
    write_bars(path, N_BARS)
    bars = pd.read_parquet(path).set_index("time")
    rate = np.where(bars.index.hour % 8 == 7, 1e-4, 0.0)
    return Market.from_bars(
        bars,
        venue="bench-perp",
        interval="1h",
        context=pd.DataFrame({"funding_rate": rate}, index=bars.index),
    )


def measure(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of several rounds."""
    work()
    seconds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        seconds.append(time.thread_time() - began)
    return min(seconds)


def tell(name: str, seconds: float, n_sets: int, trades: float, held: float) -> None:
    """Print a line."""
    micro = seconds / n_sets * 1e6
    print(
        f"{name:<44}{micro:>8.0f} us a set {micro / N_BARS * 1e3:>7.2f} ns a bar "
        f"{trades:>7.0f} trades {held:>6.0%} held"
    )


def main() -> None:
    """Print what is spent where."""
    market = make_market(Path(sys.argv[1]))
    sets = common.expand(some(4, 5, 5))
    execution = Execution(cash=common.CASH, margin="none")

    def decide() -> list[Decisions]:
        return [BracketBreakout(*each).decide(market) for each in sets]

    plain = decide()
    tell("decide, its signals known", measure(decide), len(sets), 0, 0)
    table = make_table(max(len(each.entries) for each in plain))
    tape, terms = to_tape(market, PLAIN), to_terms(PLAIN, execution)

    def fill() -> None:
        for each in plain:
            simulate_trades(tape, each, terms, table)

    tell("fills alone", measure(fill), len(sets), 0, 0)
    line = market.close * 0.7
    changes: dict[str, tuple[Change, Costs]] = {
        "fills and all statistics": (lambda d: d, PLAIN),
        "  with slippage": (lambda d: d, replace(PLAIN, slippage_bps=2)),
        "  with funding": (lambda d: d, replace(PLAIN, funding=True)),
        "  with an exit after 72 bars": (
            lambda d: replace(d, max_bars=np.full(len(d.entries), 72)),
            PLAIN,
        ),
        "  with a trail of 60 %": (lambda d: replace(d, trail=np.full(len(d.entries), 0.6)), PLAIN),
        "  with a guard line": (lambda d: replace(d, guard_long=line), PLAIN),
    }
    for name, (change, costs) in changes.items():
        decisions = [change(each) for each in plain]

        def run(decisions: list[Decisions] = decisions, costs: Costs = costs) -> pd.DataFrame:
            return simulate_many(market, decisions, costs, execution, threads=1).statistics()

        figures = run()
        tell(
            name,
            measure(run),
            len(sets),
            figures["n_trades"].mean(),
            figures["exposure_time"].mean(),
        )


if __name__ == "__main__":
    main()
