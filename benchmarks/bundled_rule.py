"""Time a bundled rule beside backtrader and vectorbt: ``python benchmarks/bundled_rule.py``.

``donchian_breakout`` as it stands in ``strategies/`` on ``xmr_1h``: kanalo under its default costs,
the peers under those of them that they can charge. The bars of all entries and exits of some sets
are compared first, under the peers' costs; where one differs nothing is timed. Then the engines
take turns. Slow engines run fewer sets, and their time for the whole grid is extrapolated,
without what a sweep does once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from engine_peers import PEERS, ROOT, Peer, call, make_environment
from engine_report import describe_machine

import kanalo

SCHEMA = "kanalo.bench_bundled/1"
RESULT = Path(__file__).resolve().parent / "results" / "bundled_rule.json"
GRID: dict[str, list[Any]] = {
    "entry": list(range(20, 70, 5)),
    "leave": list(range(2, 22, 2)),  # no more than the entry: an opposite entry is then an exit
    "stop_atr": [0.5 * i for i in range(1, 11)],
}
N_SETS = len(GRID["entry"]) * len(GRID["leave"]) * len(GRID["stop_atr"])
NOTHING = {"first": 0.0, "cpu": [0.0]}
CHECKED = [(20, 10, 2.0), (20, 2, 0.5), (45, 20, 1.0), (65, 12, 5.0)]
FEW = {"entry": [30, 55], "leave": [12], "stop_atr": [1.5, 4.0]}
SOME = {"entry": [20, 30, 40, 50, 65], "leave": [4, 8, 14, 18], "stop_atr": [0.5, 1.5, 2.5, 4, 5]}
NOT_CHARGED = {
    "backtrader": ["funding", "margin tiers and liquidation", "market impact"],
    "vectorbt": ["funding", "margin tiers and liquidation", "market impact"],
}
PACKAGES = {each.name: each.packages for each in PEERS}


def make_peers() -> list[Peer]:
    """Return the three engines, each with the sets that it runs."""
    return [
        Peer("kanalo", "kanalo_donchian.py", (str(ROOT),), GRID, 10),
        Peer("backtrader", "backtrader_donchian.py", PACKAGES["backtrader"], FEW, 0),
        Peer("vectorbt", "vectorbt_donchian.py", PACKAGES["vectorbt"], SOME, 1),
    ]


def check_trades(peers: list[Peer], path: Path) -> dict[str, list[int]]:
    """Compare the bars of all entries and exits; refuse to time engines that trade differently."""
    ours = call(peers[0], "trades", path, sets=CHECKED)["outcome"]
    agreed = {}
    for peer in peers[1:]:
        theirs = call(peer, "trades", path, sets=CHECKED)["outcome"]
        for values, a, b in zip(CHECKED, ours, theirs, strict=True):
            different = sorted(set(map(tuple, a)) ^ set(map(tuple, b)))
            print(f"{peer.name} {values}: {len(a)} trades, {len(b)} of it", flush=True)
            if different:
                raise SystemExit(f"{peer.name} trades differently: {different[:6]}; nothing timed.")
        agreed[peer.name] = [len(each) for each in theirs]
    return agreed


def extrapolate(peer: Peer, found: dict[str, Any], once: dict[str, Any]) -> dict[str, float]:
    """Return the seconds of the whole grid: what is done ``once``, and the rest times the sets."""
    scale = N_SETS / peer.n_sets
    inside = statistics.median(found["warm"] or [found["first"]])
    cpu = statistics.median(found["cpu"][1:] or found["cpu"])
    loads = {"in_process": (inside, once["first"]), "cpu": (cpu, once["cpu"][0])}
    return {name: load + (total - load) * scale for name, (total, load) in loads.items()}


def time_round(peer: Peer, path: Path) -> None:
    """Time a sweep in a fresh process: its repetitions after the first, where there are some."""
    before = os.getloadavg()[0]
    report = call(peer, "sweep", path, grid=peer.grid, repeats=peer.warm)
    once = NOTHING if peer.n_sets == N_SETS else call(peer, "load", path)["outcome"]
    found = report["outcome"]
    peer.rounds.append(
        {
            **extrapolate(peer, found, once),
            "measured": found,
            "once": once,
            "load": before,
            "peak_mb": report["peak_mb"],
            "versions": report["versions"],
        }
    )
    last = peer.rounds[-1]
    print(
        f"{peer.name:<12}{last['in_process']:>10.3f} s in process {last['cpu']:>10.3f} s CPU "
        f"({peer.n_sets} sets, {found['outcome']:.0f} trades each, load {before:.1f})",
        flush=True,
    )


def summarise(peers: list[Peer]) -> dict[str, Any]:
    """Return medians over the rounds, and the ratios to kanalo of each round."""
    ours, rows = peers[0].rounds, {}
    for peer in peers:
        row: dict[str, Any] = {"sets_run": peer.n_sets, "rounds": peer.rounds}
        for key in ("in_process", "cpu"):
            row[key] = statistics.median(each[key] for each in peer.rounds)
            ratios = [each[key] / own[key] for each, own in zip(peer.rounds, ours, strict=True)]
            row[f"{key}_ratios"] = ratios
            row[f"{key}_ratio"] = statistics.median(ratios)
        rows[peer.name] = row
    return rows


def main() -> None:
    """Check, time, tell and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", type=Path, default=RESULT, dest="output")
    arguments = parser.parse_args()
    peers = make_peers()
    for peer in peers:
        make_environment(peer)
    market = kanalo.load_market("xmr_1h")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "xmr_1h.parquet"
        market.bars.reset_index().to_parquet(path, index=False)
        agreement = check_trades(peers, path)
        for _ in range(arguments.rounds):
            for peer in peers:
                time_round(peer, path)
    report = {
        "schema": SCHEMA,
        "rule": "donchian_breakout",
        "market": "xmr_1h",
        "bars": len(market),
        "grid": GRID,
        "sets": N_SETS,
        "machine": describe_machine(),
        "agreement": {"sets": CHECKED, "n_trades": agreement},
        "not_charged": NOT_CHARGED,
        "engines": summarise(peers),
    }
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, row in report["engines"].items():
        print(
            f"{name:<12}{row['in_process']:>10.3f} s {row['in_process_ratio']:>8.0f} x"
            f"{row['cpu']:>10.3f} s CPU {row['cpu_ratio']:>8.0f} x"
        )


if __name__ == "__main__":
    main()
