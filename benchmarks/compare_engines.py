"""Time kanalo beside backtrader, backtesting.py and vectorbt: ``make bench``.

Every engine gets the same seeded hourly bars, the same rule (buy a close above the highest high of
N bars; stop and target at fractions of that close; half of equity) and the same parameter sets, and
runs in processes and an environment of its own. First the trades are compared; where they differ
nothing is timed. Then rounds alternate between the engines, and medians are reported: a machine
that others use slows all of them alike.

The slow engines run fewer sets, and their time for the whole grid is extrapolated: the time in
process grows with the sets, what a process needs before and after does not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = ROOT / ".venv-bench"
RESULTS = HERE / "results"
SCHEMA = "kanalo.bench/1"

AXES: dict[str, list[Any]] = {
    "lookback": list(range(48, 481, 48)),
    "stop": [0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19, 0.21],
    "target": [0.05, 0.09, 0.13, 0.17, 0.21, 0.25, 0.29, 0.33, 0.37, 0.41],
}
N_BARS, N_SETS = 100_000, 1_000
ONE = (96, 0.07, 0.13)
N_CHECKED = 30_000
CHECKED = [ONE, (48, 0.03, 0.05), (480, 0.21, 0.41), (240, 0.05, 0.25)]
TARGETS = {
    "in_process": {"backtrader": 40_000, "backtesting.py": 4_000, "vectorbt": 150},
    "whole_process": {"backtrader": 3_000, "backtesting.py": 350, "vectorbt": 25},
}


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
        """The interpreter of its environment; kanalo's is the one that runs this."""
        if not self.packages:
            return Path(sys.executable)
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
    Peer("kanalo", "kanalo_rule.py", (), AXES, 5),
    Peer("backtrader", "backtrader_rule.py", ("backtrader", "pandas", "pyarrow"), some(1, 2, 1), 0),
    Peer(
        "backtesting.py",
        "backtesting_rule.py",
        ("backtesting", "pandas", "pyarrow"),
        some(2, 2, 4),
        0,
    ),
    Peer("vectorbt", "vectorbt_rule.py", ("vectorbt", "pyarrow"), some(10, 5, 5), 1),
]


# -- data and environments -------------------------------------------------------------------------


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
    """Install a peer from PyPI into an environment of its own, once."""
    done = ENVIRONMENTS / peer.name / ".done"
    if not peer.packages or done.exists():
        return
    print(f"installing {peer.name} into {done.parent.relative_to(ROOT)} ...", flush=True)
    venv.create(done.parent, with_pip=True)
    pip = [str(peer.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *peer.packages], check=True)
    done.touch()


# -- processes -------------------------------------------------------------------------------------


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


def check_trades(path: Path, peers: list[Peer]) -> dict[str, dict[str, Any]]:
    """Compare the bars of every entry and exit; refuse to time engines that trade differently."""
    ours = call(peers[0], "trades", path, sets=CHECKED)["outcome"]
    agreed = {}
    for peer in peers[1:]:
        for rule, theirs in call(peer, "trades", path, sets=CHECKED)["outcome"].items():
            pairs = zip(ours[rule], theirs, strict=True)
            same = [[tuple(each) for each in a] == [tuple(each) for each in b] for a, b in pairs]
            n_trades = [len(each) for each in theirs]
            print(f"trades of {peer.name}: {n_trades} in 4 sets, equal: {all(same)}", flush=True)
            if not all(same):
                raise SystemExit(f"{peer.name} trades differently: nothing is timed.")
            agreed[peer.name] = {"entry_bar_exits": rule == "live", "n_trades": n_trades}
    return agreed


def time_round(peer: Peer, path: Path) -> None:
    """Time a sweep in a fresh process, and its repetitions in the same process, once it is warm.

    The whole process is the time of its life without the repetitions.
    """
    report = call(peer, "sweep", path, grid=peer.grid, repeats=peer.warm)
    inside, warm = report["outcome"]["first"], report["outcome"]["warm"]
    process = report["seconds"] - sum(warm)
    scale = N_SETS / peer.n_sets
    peer.rounds.append(
        {
            "in_process": statistics.median(warm or [inside]) * scale,
            "cpu": statistics.median(report["outcome"]["cpu"][1:] or report["outcome"]["cpu"])
            * scale,
            "fastest": min(warm or [inside]) * scale,
            "whole_process": process + inside * (scale - 1),
            "measured": {"sets": peer.n_sets, "inside": inside, "process": process},
            "mean_trades": report["outcome"]["outcome"],
            "peak_mb": report["peak_mb"],
            "versions": report["versions"],
        }
    )
    last = peer.rounds[-1]
    print(
        f"{peer.name:<15} {last['in_process']:>9.3f} s in process "
        f"{last['whole_process']:>9.3f} s as a whole   ({peer.n_sets} sets, load {load():.1f})",
        flush=True,
    )


def load() -> float:
    """Return how many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


# -- growth and limits -----------------------------------------------------------------------------


def grow(kanalo: Peer, folder: Path, quick: bool) -> dict[str, list[dict[str, float]]]:
    """Time kanalo over more sets and over more bars."""
    stops = np.round(np.linspace(0.02, 0.22, 100), 4).tolist()
    base = folder / f"{N_BARS}.parquet"
    sets = [
        measure_growth(kanalo, base, N_BARS, {**AXES, "stop": stops[:: 100 // n]})
        for n in ((1, 10) if quick else (1, 10, 100))
    ]
    bars = []
    for n_bars, grid in (
        (10_000, AXES),
        (100_000, AXES),
        (1_000_000, some(4, 5, 5)),
        (4_000_000, some(2, 5, 5)),
    )[: 2 if quick else 4]:
        path = folder / f"{n_bars}.parquet"
        if not path.exists():
            write_bars(path, n_bars)
        bars.append(measure_growth(kanalo, path, n_bars, grid))
    return {"sets": sets, "bars": bars}


def measure_growth(
    kanalo: Peer, path: Path, n_bars: int, grid: dict[str, list[Any]]
) -> dict[str, float]:
    """Time one size in a process of its own."""
    report = call(kanalo, "sweep", path, grid=grid, repeats=2)
    n_sets = int(np.prod([len(each) for each in grid.values()]))
    seconds = statistics.median(report["outcome"]["warm"])
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
        f"{row['ns_per_bar_and_set']:>6.2f} ns a bar and set {row['peak_mb']:>6.0f} MB",
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


def time_help() -> float:
    """Return the seconds of ``kanalo --help``."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "kanalo", "--help"], check=True, capture_output=True)
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


# -- the report ------------------------------------------------------------------------------------


def summarise(peers: list[Peer]) -> dict[str, Any]:
    """Return each engine's medians, and the median over rounds of its ratio to kanalo."""
    engines, ratios = {}, {}
    ours = peers[0]
    for peer in peers:
        last = peer.rounds[-1]
        engines[peer.name] = {
            **{
                key: statistics.median(each[key] for each in peer.rounds)
                for key in ("in_process", "whole_process", "cpu")
            },
            "fastest": min(each["fastest"] for each in peer.rounds),
            "extrapolated_from_sets": peer.n_sets if peer.n_sets < N_SETS else None,
            "peak_mb": last["peak_mb"],
            "mean_trades": last["mean_trades"],
            "versions": last["versions"],
            "rounds": [
                {key: each[key] for key in ("in_process", "whole_process", "cpu", "measured")}
                for each in peer.rounds
            ],
        }
        if peer is not ours:
            ratios[peer.name] = {
                key: statistics.median(
                    theirs[key] / mine[key]
                    for theirs, mine in zip(peer.rounds, ours.rounds, strict=True)
                )
                for key in ("in_process", "whole_process", "cpu")
            }
    return {"engines": engines, "ratios": ratios}


def describe_machine() -> dict[str, Any]:
    """Return what the machine is, without its name."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "")
    return {"cores": os.cpu_count(), "model": model, "python": sys.version.split()[0]}


def tell(report: dict[str, Any]) -> str:
    """Write the table of the terminal."""
    lines = [
        f"{N_SETS:,} sets x {N_BARS:,} bars; load {report['load']['before']:.1f} before and "
        f"{report['load']['after']:.1f} after on {report['machine']['cores']} cores",
        f"{'engine':<16}{'in process':>12}{'kanalo is':>12}{'whole':>12}{'kanalo is':>12}"
        f"{'by CPU':>12}{'peak MB':>10}  measured",
    ]
    for name, engine in report["engines"].items():
        ratio = report["ratios"].get(name)
        inside, whole, cpu = (
            (f"{ratio[key]:,.0f}x" if ratio else "")
            for key in ("in_process", "whole_process", "cpu")
        )
        sets = engine["extrapolated_from_sets"]
        lines.append(
            f"{name:<16}{engine['in_process']:>10.3f} s{inside:>12}"
            f"{engine['whole_process']:>10.3f} s{whole:>12}{cpu:>12}"
            f"{max(engine['peak_mb'].values()):>10.0f}  "
            f"{f'extrapolated from {sets} sets' if sets else 'all sets'}"
        )
    one = report["one_run"]
    lines += [
        f"one run of kanalo, warm: {one['kanalo']['warm'] * 1e3:.1f} ms "
        f"({one['kanalo']['warm_cpu'] * 1e3:.1f} ms of CPU); as a process "
        f"{one['kanalo']['cold_process']:.2f} s (backtesting.py "
        f"{one['backtesting.py']['cold_process']:.2f} s); --help {report['help_seconds']:.2f} s",
        f"reading OHLC once: {report['limit']['threads_1']:.2f} ns a bar on one thread, "
        f"{report['limit']['threads_2']:.2f} on two",
    ]
    return "\n".join(lines)


def plot(report: dict[str, Any], path: Path) -> None:
    """Draw the times of all engines, and how kanalo's grow."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "kanalo"
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    names = list(report["engines"])
    places = np.arange(len(names))
    for shift, key, colour in ((-0.2, "in_process", "#1f5fa8"), (0.2, "whole_process", "#9bbbdc")):
        seconds = [report["engines"][name][key] for name in names]
        left.barh(places + shift, seconds, 0.38, color=colour, label=key.replace("_", " "))
    left.set(xscale="log", xlabel="seconds", title=f"{N_SETS:,} sets × {N_BARS:,} bars")
    left.set_yticks(places, names)
    left.invert_yaxis()
    left.legend(frameon=False, fontsize=8)
    for kind, label, marker in (("sets", "more sets", "o"), ("bars", "more bars", "s")):
        rows = report["growth"][kind]
        work = [row["bars"] * row["sets"] for row in rows]
        right.plot(work, [row["seconds"] for row in rows], marker=marker, label=label)
    right.set(xscale="log", yscale="log", xlabel="bars × sets", ylabel="seconds", title="kanalo")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Check, time, tell and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round, little growth")
    parser.add_argument("-o", type=Path, default=RESULTS / "latest.json", dest="output")
    arguments = parser.parse_args()
    before = load()
    for peer in PEERS:
        make_environment(peer)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, short = folder / f"{N_BARS}.parquet", folder / "short.parquet"
        write_bars(path, N_BARS)
        write_bars(short, N_CHECKED)
        agreement = check_trades(short, PEERS)
        for _ in range(1 if arguments.quick else arguments.rounds):
            for peer in PEERS:
                time_round(peer, path)
        one_run = time_first_results(path, {each.name: each for each in PEERS})
        growth = grow(PEERS[0], folder, arguments.quick)
        bars = pd.read_parquet(path)
        columns = [bars[each].to_numpy() for each in ("open", "high", "low", "close")]
        limit = read_once(*columns)
    report = {
        "schema": SCHEMA,
        "rule": "bracket breakout, long only, half of equity, 5 bps a fill",
        "grid": AXES,
        "bars": N_BARS,
        "sets": N_SETS,
        "machine": describe_machine(),
        "load": {"before": before, "after": load()},
        "agreement": agreement,
        "targets": TARGETS,
        **summarise(PEERS),
        "one_run": one_run,
        "help_seconds": time_help(),
        "growth": growth,
        "limit": limit,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    plot(report, arguments.output.with_suffix(".svg"))
    print(tell(report))


if __name__ == "__main__":
    main()
