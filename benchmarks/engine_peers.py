"""The engines that are compared: bars, parameter sets, environments and processes of each."""

from __future__ import annotations

import json
import subprocess
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = ROOT / ".venv-bench"

AXES: dict[str, list[Any]] = {
    "lookback": list(range(48, 481, 48)),
    "stop": [0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19, 0.21],
    "target": [0.05, 0.09, 0.13, 0.17, 0.21, 0.25, 0.29, 0.33, 0.37, 0.41],
}
N_BARS, N_SETS = 100_000, 1_000
ONE = (96, 0.07, 0.13)


@dataclass
class Peer:
    """An engine: its packages, its script, and the part of the grid that it runs in a round."""

    name: str
    script: str
    packages: tuple[str, ...]
    grid: dict[str, list[Any]]
    warm: int  # repetitions in a process after the first; 0 where nothing is compiled
    rounds: list[dict[str, Any]] = field(default_factory=list)

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.name / "bin" / "python"

    @property
    def n_sets(self) -> int:
        """Sets in a round."""
        return int(np.prod([len(each) for each in self.grid.values()]))


def some(lookback: int, stop: int, target: int) -> dict[str, list[Any]]:
    """Take so many values of each axis, spread evenly, so that few sets trade like all of them."""
    counts = {"lookback": lookback, "stop": stop, "target": target}
    return {
        name: [axis[int((i + 0.5) * len(axis) / counts[name])] for i in range(counts[name])]
        for name, axis in AXES.items()
    }


PEERS = [
    Peer("kanalo", "kanalo_rule.py", (str(ROOT),), AXES, 25),
    Peer("backtrader", "backtrader_rule.py", ("backtrader", "pandas", "pyarrow"), some(2, 2, 2), 0),
    Peer(
        "backtesting.py",
        "backtesting_rule.py",
        ("backtesting", "pandas", "pyarrow"),
        some(2, 2, 4),
        0,
    ),
    Peer("vectorbt", "vectorbt_rule.py", ("vectorbt", "pyarrow"), some(10, 5, 5), 1),
]


def write_bars(path: Path, n_bars: int) -> None:
    """Write a seeded random walk as parquet; each bar opens where the one before closed.

    Without gaps a stop below the signal's close is one below the entry, which is how vectorbt
    places it, so that all engines can trade alike. More than 400,000 bars are minutes.
    """
    rng = np.random.default_rng(7)
    step = 0.008 if n_bars <= 400_000 else 0.001
    close = 100 * np.exp(np.cumsum(rng.normal(0, step, n_bars)))
    opening = np.r_[100.0, close[:-1]]
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, step * 0.4, n_bars)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, step * 0.4, n_bars)))
    times = pd.date_range(
        "2013-01-01", periods=n_bars, freq="h" if n_bars <= 400_000 else "min", tz="UTC"
    )
    columns = {"time": times, "open": opening, "high": high, "low": low, "close": close}
    pd.DataFrame({**columns, "volume": 1.0}).to_parquet(path, index=False)


def make_environment(peer: Peer) -> None:
    """Install a peer from PyPI into an environment of its own, once; kanalo as it stands now."""
    done = ENVIRONMENTS / peer.name / ".done"
    pip = [str(peer.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not done.exists():
        print(f"installing {peer.name} into {done.parent.relative_to(ROOT)} ...", flush=True)
        venv.create(done.parent, with_pip=True)
        subprocess.run([*pip, *peer.packages], check=True)
        done.touch()
    elif str(ROOT) in peer.packages:
        subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True)


def call(peer: Peer, task: str, path: Path, **arguments: Any) -> dict[str, Any]:
    """Let a peer do one task in a process of its own, and measure that from outside."""
    command = [str(peer.python), str(HERE / "peers" / peer.script), task, str(path)]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, json.dumps(arguments)], check=False, capture_output=True, text=True, cwd=ROOT
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{peer.name} failed at '{task}':\n{done.stderr[-3000:]}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**report, "seconds": seconds}
