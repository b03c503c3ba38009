"""How kanalo's time and memory grow, when a first result is there, and what reading bars costs."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from engine_peers import AXES, N_BARS, ONE, Peer, call, some, write_bars

STOPS = np.round(np.linspace(0.02, 0.22, 100), 4).tolist()


def grow(kanalo: Peer, folder: Path, quick: bool) -> dict[str, list[dict[str, float]]]:
    """Time kanalo over more sets, over more bars, and over more sets of very many bars."""
    base = folder / f"{N_BARS}.parquet"
    many = [(n, {**AXES, "stop": STOPS[:: 100 // n]}) for n in (1, 10, 100)]
    sets = [measure_growth(kanalo, base, N_BARS, grid) for n, grid in many[: 2 if quick else 3]]
    bars = []
    sizes = (
        (10_000, AXES),
        (100_000, AXES),
        (1_000_000, some(4, 5, 5)),
        (4_000_000, some(2, 5, 5)),
    )
    for n_bars, grid in sizes[: 2 if quick else 4]:
        path = folder / f"{n_bars}.parquet"
        if not path.exists():
            write_bars(path, n_bars)
        bars.append(measure_growth(kanalo, path, n_bars, grid))
    on_disk = [] if quick else grow_on_disk(kanalo, path, n_bars)
    return {"sets": sets, "bars": bars, "on_disk": on_disk}


def grow_on_disk(kanalo: Peer, path: Path, n_bars: int) -> list[dict[str, float]]:
    """Time sweeps that keep their results in a folder: memory does not grow with the sets."""
    grids = (some(2, 5, 5), some(10, 10, 10), {**AXES, "stop": STOPS})
    return [measure_growth(kanalo, path, n_bars, grid, repeats=0, keep=True) for grid in grids]


def measure_growth(
    kanalo: Peer,
    path: Path,
    n_bars: int,
    grid: dict[str, list[Any]],
    repeats: int = 2,
    keep: bool = False,
) -> dict[str, float]:
    """Time one size in a process of its own."""
    report = call(kanalo, "sweep", path, grid=grid, repeats=repeats, keep=keep)
    n_sets = int(np.prod([len(each) for each in grid.values()]))
    seconds = statistics.median(report["outcome"]["warm"] or [report["outcome"]["first"]])
    row = {
        "bars": n_bars,
        "sets": n_sets,
        "seconds": seconds,
        "ns_per_bar_and_set": seconds / n_bars / n_sets * 1e9,
        "trades_per_set": report["outcome"]["outcome"],
        "peak_mb": report["peak_mb"]["process"],
    }
    print(
        f"{n_bars:>9,} bars x {n_sets:>6,} sets {seconds:>8.3f} s "
        f"{row['ns_per_bar_and_set']:>6.2f} ns a bar and set {row['peak_mb']:>6.0f} MB"
        f"{' on disk' if keep else ''}",
        flush=True,
    )
    return row


def read_once(open_: npt.NDArray[Any], *others: npt.NDArray[Any]) -> dict[str, float]:
    """Return the ns a bar to add up four columns once, on one thread and on two."""
    import numba

    @numba.njit(parallel=True, fastmath=True)
    def read(o: Any, h: Any, l: Any, c: Any, parts: int) -> float:  # noqa: E741
        total, n = 0.0, len(o) // parts
        for part in numba.prange(parts):
            inside = 0.0
            for i in range(part * n, part * n + n):
                inside += o[i] + h[i] + l[i] + c[i]
            total += inside
        return total

    limits = {}
    for threads in (1, 2):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        read(open_, *others, threads)
        seconds = []
        for _ in range(200):
            began = time.perf_counter()
            read(open_, *others, threads)
            seconds.append(time.perf_counter() - began)
        limits[f"threads_{threads}"] = min(seconds) / len(open_) * 1e9
    return limits


def time_help(kanalo: Peer) -> float:
    """Return the seconds of ``kanalo --help``."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(
            [str(kanalo.python), "-m", "kanalo", "--help"], check=True, capture_output=True
        )
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def time_first_results(path: Path, peers: dict[str, Peer]) -> dict[str, dict[str, float]]:
    """Time one run from a cold process to its end, and in a warm one."""
    found = {}
    for name in ("kanalo", "backtesting.py"):
        cold = [call(peers[name], "run", path, values=ONE, repeats=0) for _ in range(3)]
        warm = call(peers[name], "run", path, values=ONE, repeats=20 if name == "kanalo" else 2)
        found[name] = {
            "cold_process": statistics.median(each["seconds"] for each in cold),
            "warm": statistics.median(warm["outcome"]["warm"]),
            "warm_cpu": statistics.median(warm["outcome"]["cpu"][1:]),
            "fastest": min(warm["outcome"]["warm"]),
        }
        print(f"one run, {name}: {found[name]}", flush=True)
    return found
