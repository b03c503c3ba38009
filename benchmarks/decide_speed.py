"""Tell what `decide` of each bundled rule costs in a sweep: ``python benchmarks/decide_speed.py``.

1,000 sets of each rule on ``xmr_1h``, its signals known, in ns of CPU a bar and set; beside
it what a whole sweep in memory takes, simulation and statistics included, and its seconds by the
clock: the least of five each, taken in turn. Names of rules choose some.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import kanalo
from kanalo.sweep import make_grid, sweep_in_memory
from kanalo.sweep.plan import make_plan

TENTHS = [0.5 * i for i in range(1, 11)]
FIFTHS = [1.0, 2.0, 3.0, 4.0, 5.0]
SHARES = [0.05 * i for i in range(1, 11)]
WEEKS = range(12, 62, 5)
LIQUIDATIONS = {
    "hours": [12, 24],
    "imbalance": [0.09 * i for i in range(1, 11)],
    "rank": [0.5 + 0.05 * i for i in range(10)],
    "stop_atr": FIFTHS,
}
GRIDS: dict[str, dict[str, Any]] = {
    "donchian_breakout": {
        "entry": range(10, 60, 5),
        "leave": range(5, 55, 5),
        "stop_atr": TENTHS,
    },
    "sma_cross": {"fast": range(5, 30), "slow": range(40, 240, 5)},
    "rising_channel_breakout": {"weeks": WEEKS, "stop_atr": TENTHS, "heights": TENTHS},
    "rising_channel_rebound": {
        "weeks": WEEKS,
        "near": [0.1, 0.2, 0.3, 0.4, 0.5],
        "within": [2, 5],
        "stop_atr": TENTHS,
    },
    "breakdown": {"strength": range(1, 11), "stop_atr": TENTHS, "room_atr": TENTHS},
    "liquidation_imbalance": LIQUIDATIONS,
    "liquidation_fade": LIQUIDATIONS,
    "cluster_sweep": {"share": SHARES, "momentum": range(12, 132, 12), "stop_atr": TENTHS},
    "channel_squeeze": {
        "weeks": WEEKS,
        "imbalance": [0.1, 0.3, 0.5, 0.7, 0.9],
        "rank": [0.5, 0.8],
        "stop_atr": TENTHS,
    },
}


def measure(name: str, market: kanalo.Market) -> None:
    """Print one line."""
    rule = kanalo.find_workspace().load_strategy(name)
    plan = make_plan("decide_speed", rule, market, make_grid(rule, GRIDS[name]), None, None)
    rules = [plan.make(values) for values in plan.find_sets()]
    work = len(rules) * len(market)
    for each in rules:
        each.decide(market)
    sweep_in_memory(plan)
    seconds, sweeps, clocks = [], [], []
    for _ in range(5):
        began = time.thread_time()
        for each in rules:
            each.decide(market)
        seconds.append(time.thread_time() - began)
        began, clock = time.process_time(), time.perf_counter()
        sweep_in_memory(plan)
        sweeps.append(time.process_time() - began)
        clocks.append(time.perf_counter() - clock)
    print(
        f"{name:<26}{len(rules):>6} sets {min(seconds) / work * 1e9:>7.2f} ns decide "
        f"{min(sweeps) / work * 1e9:>7.2f} ns the sweep {min(clocks):>6.2f} s",
        flush=True,
    )


def main() -> None:
    """Print a line for each rule."""
    market = kanalo.load_market("xmr_1h")
    for name in sys.argv[1:] or GRIDS:
        measure(name, market)


if __name__ == "__main__":
    main()
