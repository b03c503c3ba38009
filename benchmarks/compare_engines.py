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
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from engine_growth import grow, read_once, time_first_results, time_help
from engine_peers import (
    AXES,
    N_BARS,
    N_SETS,
    ONE,
    PEERS,
    Peer,
    call,
    make_environment,
    some,
    write_bars,
)
from engine_report import describe_machine, plot, summarise, tell

RESULTS = Path(__file__).resolve().parent / "results"
SCHEMA = "kanalo.bench/1"
N_CHECKED = 30_000
CHECKED = [ONE, (48, 0.03, 0.05), (480, 0.21, 0.41), (240, 0.05, 0.25)]
TARGETS = {
    "in_process": {"backtrader": 40_000, "backtesting.py": 4_000, "vectorbt": 150},
    "whole_process": {"backtrader": 3_000, "backtesting.py": 350, "vectorbt": 25},
}


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


def time_round(peer: Peer, path: Path, short: Path) -> None:
    """Time a sweep in a fresh process, and its repetitions in the same process, once it is warm.

    The whole process is the time of its life without the repetitions. A short run before it brings
    what the process reads into the system's cache: minutes passed since its last turn.
    """
    call(peer, "trades", short, sets=[ONE])
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
        call(PEERS[0], "sweep", short, grid=some(1, 1, 1), repeats=0)  # compiles, if it must
        for _ in range(1 if arguments.quick else arguments.rounds):
            for peer in PEERS:
                time_round(peer, path, short)
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
        "help_seconds": time_help(PEERS[0]),
        "growth": growth,
        "limit": limit,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    plot(report, arguments.output.with_suffix(".svg"))
    print(tell(report))


if __name__ == "__main__":
    main()
