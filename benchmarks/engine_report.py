"""What the comparison of engines found: medians and ratios, a table, a plot."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from engine_peers import N_BARS, N_SETS, Peer


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
    kinds = (("sets", "more sets", "o"), ("bars", "more bars", "s"), ("on_disk", "on disk", "^"))
    for kind, label, marker in kinds:
        rows = report["growth"][kind]
        work = [row["bars"] * row["sets"] for row in rows]
        right.plot(work, [row["seconds"] for row in rows], marker=marker, label=label)
    right.set(xscale="log", yscale="log", xlabel="bars × sets", ylabel="seconds", title="kanalo")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
