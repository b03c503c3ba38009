"""Tell how a sweep scales over processes: ``python benchmarks/worker_scaling.py [WORKERS ...]``.

4,000 sets of ``donchian_breakout`` on ``xmr_1h`` in memory, on one thread of this process and then
on pools of 1, 2 and 4 workers, whose start is not timed. Signals of this process are known, those
of workers for the most part not. Tables must be equal.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import kanalo
from kanalo.cluster import open_pool

FIRST = {"entry": range(10, 50), "leave": [10]}
GRID = {"entry": range(10, 50), "leave": range(5, 30), "stop_atr": [1.0, 2.0, 3.0, 4.0]}


def main() -> None:
    """Print a line for each number of workers."""
    market = kanalo.load_market("xmr_1h")
    kanalo.run_sweep("donchian_breakout", market, GRID, threads=1)  # signals
    began = time.perf_counter()
    whole = kanalo.run_sweep("donchian_breakout", market, GRID, threads=1).table.to_numpy(float)
    print(f"one thread {time.perf_counter() - began:>8.2f} s", flush=True)
    for n_workers in map(int, sys.argv[1:] or ("1", "2", "4")):
        with open_pool(workers=n_workers) as pool:
            kanalo.run_sweep("donchian_breakout", market, FIRST, pool=pool)
            began = time.perf_counter()
            swept = kanalo.run_sweep("donchian_breakout", market, GRID, pool=pool)
            seconds = time.perf_counter() - began
        same = np.array_equal(swept.table.to_numpy(float), whole, equal_nan=True)
        print(f"{n_workers:>2} workers {seconds:>8.2f} s   equal: {same}", flush=True)


if __name__ == "__main__":
    main()
