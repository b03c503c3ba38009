"""What every peer's script shares: the rule's numbers, its command line and how it measures.

The scripts run in environments of their own that have no kanalo, so this needs the standard library
alone. A script prints one JSON object as its last line.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

CASH, SIZE, FEE = 10_000_000.0, 0.5, 0.0005
"""Much cash, since backtesting.py buys whole coins only; half of it a trade; 5 bps a fill."""

Set = tuple[int, float, float]
Axes = dict[str, list[Any]]
Timing = dict[str, Any]


def expand(axes: Axes) -> list[Set]:
    """Return all sets of a grid, the last axis fastest."""
    return [
        (lookback, stop, target)
        for lookback in axes["lookback"]
        for stop in axes["stop"]
        for target in axes["target"]
    ]


def measure(work: Callable[[], float], repeats: int) -> Timing:
    """Time some work: the first call of the process, and the calls after it.

    ``cpu`` counts the seconds of all cores, those of worker processes included: on a machine that
    others use too it tells more than the clock.
    """
    seconds, cpu, outcome = [], [], 0.0
    for _ in range(repeats + 1):
        began, used = time.perf_counter(), _count_cpu()
        outcome = work()
        seconds.append(time.perf_counter() - began)
        for child in multiprocessing.active_children():
            child.join()  # only then its time is known
        cpu.append(_count_cpu() - used)
    return {"first": seconds[0], "warm": seconds[1:], "cpu": cpu, "outcome": outcome}


def _count_cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(packages: tuple[str, ...], **tasks: Callable[..., Any]) -> None:
    """Do one task of the command line, ``TASK BARS JSON-OF-ARGUMENTS``, and print what it gave."""
    name, path, arguments = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    outcome = tasks[name](path, **arguments)
    report = {
        "outcome": outcome,
        "versions": {each: metadata.version(each) for each in packages},
        "peak_mb": find_peak(),
    }
    print(json.dumps(report))


def find_peak() -> dict[str, float]:
    """Return the most memory that this process and the largest of its children had, in MB."""
    who = {"process": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(each).ru_maxrss / 1024 for name, each in who.items()}
