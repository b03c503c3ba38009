"""Tell what each fill rule costs a sweep, in seconds of CPU: ``python benchmarks/rule_costs.py``.

100 sets of the rule of `compare_engines`, 100,000 bars, one thread; each line changes one thing.
Rules change the trades too, so the number of trades and of bars held stand beside the time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from engine_peers import some, write_bars

from kanalo.analyzers.batch.engine import Batch, simulate_many
from kanalo.execution.compiled.simulate import make_table, simulate_trades, to_tape, to_terms
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions, OrderType

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import common
from kanalo_rule import BracketBreakout

N_BARS, ROUNDS = 100_000, 7
PLAIN = Costs(fee_bps=5, slippage_bps=0, funding=False, impact=0)
TOGETHER = "  with stop entries, two targets, impact"
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
    each = f"{micro / trades:>6.2f} us a trade" if trades else ""
    print(
        f"{name:<44}{micro:>8.0f} us a set {micro / N_BARS * 1e3:>7.2f} ns a bar "
        f"{trades:>7.0f} trades {held:>6.0%} held {each}"
    )


def list_changes(market: Market) -> dict[str, tuple[Change, Costs, Execution]]:
    """Return what each line of the table changes."""
    line, close = market.close * 0.7, market.close
    account = Execution(cash=common.CASH, margin="none")

    def order(kind: OrderType, away: float) -> Change:
        """Return a change of market entries into orders that wait for a day."""
        return lambda d: replace(
            d,
            order=np.full(len(d.entries), kind, np.int8),
            price=close[d.entries] * away,
            valid=np.full(len(d.entries), 24),
        )

    def halve(d: Decisions) -> Decisions:
        """Sell a half at the middle between close and target, then stop at the entry's price."""
        half = (close[d.entries] + d.target) / 2
        rest = {"share": np.full(len(d.entries), 0.5), "breakeven": np.ones(len(d.entries), bool)}
        return replace(d, target=half, target_2=d.target, **rest)

    buy_stop, buy_limit = order(OrderType.STOP, 1.001), order(OrderType.LIMIT, 0.999)
    impact = replace(PLAIN, impact=1)
    return {
        "fills and all statistics": (lambda d: d, PLAIN, account),
        "  with slippage": (lambda d: d, replace(PLAIN, slippage_bps=2), account),
        "  with funding": (lambda d: d, replace(PLAIN, funding=True), account),
        "  with an exit after 72 bars": (
            lambda d: replace(d, max_bars=np.full(len(d.entries), 72)),
            PLAIN,
            account,
        ),
        "  with a trail of 60 %": (
            lambda d: replace(d, trail=np.full(len(d.entries), 0.6)),
            PLAIN,
            account,
        ),
        "  with a guard line": (lambda d: replace(d, guard_long=line), PLAIN, account),
        "  with buy-stop entries": (buy_stop, PLAIN, account),
        "  with buy-limit entries": (buy_limit, PLAIN, account),
        "  with two targets and break-even": (halve, PLAIN, account),
        "  with impact": (lambda d: d, impact, account),
        "  with an exchange's margin": (lambda d: d, PLAIN, replace(account, margin="exchange")),
        TOGETHER: (lambda d: buy_stop(halve(d)), impact, account),
    }


def main() -> None:
    """Print what is spent where."""
    market = make_market(Path(sys.argv[1]))
    sets = common.expand(some(4, 5, 5))

    def decide() -> list[Decisions]:
        return [BracketBreakout(*each).decide(market) for each in sets]

    plain = decide()
    tell("decide, its signals known", measure(decide), len(sets), 0, 0)
    table = make_table(max(len(each.entries) for each in plain))
    changes = list_changes(market)
    terms = to_terms(PLAIN, changes["fills and all statistics"][2])
    tape = to_tape(market, PLAIN)

    def fill() -> None:
        for each in plain:
            simulate_trades(tape, each, terms, table)

    tell("fills alone", measure(fill), len(sets), 0, 0)
    for name, (change, costs, execution) in changes.items():
        decisions = [change(each) for each in plain]
        asked = partial(simulate_many, market, decisions, costs, execution, threads=1)

        def run(asked: Callable[[], Batch] = asked) -> pd.DataFrame:
            return asked().statistics()

        figures = run()
        shown = figures["n_trades"].mean(), figures["exposure_time"].mean()
        tell(name, measure(run), len(sets), *shown)
    tell_thousand(market, changes[TOGETHER])


def tell_thousand(market: Market, case: tuple[Change, Costs, Execution]) -> None:
    """Print what 1,000 sets with orders, two targets and impact take on all cores."""
    change, costs, execution = case
    sets = common.expand(some(10, 10, 10))
    decisions = [change(BracketBreakout(*each).decide(market)) for each in sets]
    began, used = time.perf_counter(), time.process_time()
    simulate_many(market, decisions, costs, execution).statistics()
    clock, cpu = time.perf_counter() - began, time.process_time() - used
    print(
        f"{len(sets):,} sets {TOGETHER.strip()}, on all cores: {clock:.2f} s, {cpu:.2f} s of "
        f"CPU; the process had at most {common.find_peak()['process']:.0f} MB"
    )


if __name__ == "__main__":
    main()
