"""Time the main verbs of this code and of another commit side by side; fail where one got slower.

Each verb runs as a whole process in a folder of each code, in turns, so that a machine whose speed
changes by the minute changes both alike. What counts is CPU time, all children included, and the
median over the rounds of the ratio of two neighbours. The first round compiles and fills the caches
and is thrown away.

    python tools/guard.py BASE [--rounds 3] [--limit 1.15] [--only compare ...]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 1.15
ROUNDS = 3

VERBS: Mapping[str, tuple[str, ...]] = {
    "help": ("--help",),
    "run": ("run", "donchian_breakout"),
    "compare": ("compare", "donchian_breakout", "sma_cross", "--market", "xmr_1d"),
    "sweep": ("sweep", "donchian_breakout", "--market", "xmr_1d", "--grid", "entry=10:80:5"),
    "walk-forward": (
        *("walk-forward", "donchian_breakout", "--market", "xmr_1d"),
        *("--grid", "entry=20,40,55"),
    ),
    "liquidations map": ("liquidations", "map"),
}
"""What is timed: arguments of ``kanalo``; nothing that needs a network."""


def find_slower(
    pairs: Mapping[str, Sequence[tuple[float, float]]], limit: float
) -> dict[str, float]:
    """Return the verbs whose median ratio of now to before is above a limit.

    Parameters
    ----------
    pairs : mapping of str to sequence of (float, float)
        Seconds before and now of each round, by verb; before > 0.
    limit : float
        Largest ratio that passes.

    Returns
    -------
    dict of str to float
        Ratios by verb.

    Examples
    --------
    >>> find_slower({"run": [(1.0, 1.3), (1.0, 1.2)], "help": [(1.0, 1.1)]}, 1.15)
    {'run': 1.25}
    """
    ratios = {verb: to_ratio(rounds) for verb, rounds in pairs.items()}
    return {verb: ratio for verb, ratio in ratios.items() if ratio > limit}


def to_ratio(rounds: Sequence[tuple[float, float]]) -> float:
    """Return the median ratio of now to before over the rounds."""
    return statistics.median(now / before for before, now in rounds)


def time_verb(code: Path, arguments: Sequence[str]) -> float:
    """Run ``kanalo`` from a folder of its code and return its CPU seconds.

    Parameters
    ----------
    code : Path
        A checkout: its package, strategies and data are used.
    arguments : sequence of str
        Of the command line.

    Returns
    -------
    float
        User and system time of the process and its children.

    Raises
    ------
    SystemExit
        If the command fails; its last lines are shown.
    """
    environment = {**os.environ, "PYTHONPATH": str(code), "NO_COLOR": "1"}
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "kanalo", *arguments],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"kanalo {' '.join(arguments)} failed in {code}:\n{done.stderr[-800:]}")
    return (ended.ru_utime - began.ru_utime) + (ended.ru_stime - began.ru_stime)


@contextmanager
def check_out(commit: str) -> Iterator[Path]:
    """Give a commit's files in a folder of their own, which is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "base"
        subprocess.run(["git", "worktree", "add", "--detach", place, commit], cwd=ROOT, check=True)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)


def measure(
    before: Path, now: Path, verbs: Sequence[str], rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Time verbs of two codes in turns, the first round for nothing.

    Parameters
    ----------
    before, now : Path
        Two checkouts.
    verbs : sequence of str
        Keys of `VERBS`.
    rounds : int
        How many count, at least 1.

    Returns
    -------
    dict of str to list of (float, float)
        Seconds before and now, by verb.
    """
    pairs: dict[str, list[tuple[float, float]]] = {verb: [] for verb in verbs}
    for number in range(rounds + 1):
        for verb in verbs:
            seconds = time_verb(before, VERBS[verb]), time_verb(now, VERBS[verb])
            if number:
                pairs[verb].append(seconds)
    return pairs


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of ratios; return 1 where one is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--only", nargs="+", choices=VERBS, default=list(VERBS))
    given = parser.parse_args(arguments)
    with check_out(given.base) as before:
        pairs = measure(before, ROOT, given.only, given.rounds)
    slower = find_slower(pairs, given.limit)
    print(f"{'verb':18} {'before':>8} {'now':>8} {'ratio':>6}")
    for verb, rounds in pairs.items():
        middle = [statistics.median(each) for each in zip(*rounds, strict=True)]
        mark = f"  above {given.limit:g}" if verb in slower else ""
        print(f"{verb:18} {middle[0]:7.2f}s {middle[1]:7.2f}s {to_ratio(rounds):6.2f}{mark}")
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
