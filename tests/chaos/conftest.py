"""A workspace to disturb, and commands in forks, for ``CHAOS_SECONDS`` (60 by default)."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

SHARE = {"killed": 0.4, "full": 0.2, "damaged": 0.2, "together": 0.2}
"""Each test's share of the time."""

BARS = ["--data", "backtests/bars.csv"]
STATED = ["--symbol", "XMRUSDT", "--name", "mine", "--quiet"]
GRID = ["hold", "--grid", "wait=1:6:1", *BARS]
COMMANDS = {
    "run": ["run", "hold", *BARS],
    "compare": ["compare", "backtests/two.toml", "--no-judge"],
    "sweep": ["sweep", *GRID, "-o", "swept"],
    "walk-forward": ["walk-forward", *GRID, "--train", "20d", "--test", "10d"],
    "audit": ["audit", "hold", *BARS],
    "import": ["data", "import", "bars", "backtests/bars.csv", "--replace", *STATED],
}
RULE = '''"""Hold."""
from dataclasses import dataclass
import numpy as np
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Hold(Strategy):
    """Buy after some bars and hold."""

    wait: int = param(2, low=1, high=9, unit="bars", help="Bars to wait.")

    def decide(self, market):
        phase = np.arange(len(market)) % 20
        entry, leave = phase == self.wait, phase == self.wait + 5
        return Decisions.from_arrays(len(market), long=entry, exit_long=leave)
'''
SPEC = """title = "Two ways to hold"

[[markets]]
data = "bars.csv"

[[strategies]]
name = "hold"

[[strategies]]
name = "hold"
label = "late"
parameters = { wait = 6 }
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left: code (negative: the signal), what it printed, its writes and renames."""

    code: int
    out: str
    err: str
    steps: list[str]


class Forks:
    """Runs commands side by side in forks of one process; see ``forks.py``."""

    def __init__(self, folder):
        script = Path(__file__).with_name("forks.py")
        lines = json.dumps(list(COMMANDS.values()))
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(folder), lines],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if key != "KANALO_WORKSPACE"},
        )
        assert self._process.stdout.readline() == "ready\n"

    def run_all(self, folder, *commands):
        """Run commands, each a dict for ``forks.py``, side by side in a folder."""
        text = json.dumps([{"folder": str(folder), **each} for each in commands])
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        return [Outcome(**each) for each in json.loads(self._process.stdout.readline())]

    def run(self, folder, arguments, **disturbance):
        """Run one command in a folder."""
        return self.run_all(folder, {"arguments": arguments, **disturbance})[0]

    def close(self):
        """End the process."""
        self._process.communicate()


def write_bars(n_bars=60):
    """Write daily bars that go up and down."""
    lines = ["time,open,high,low,close,volume"]
    for day in range(n_bars):
        date = f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}"
        price = 100 + day + 9 * (day % 7)
        lines.append(f"{date},{price},{price + 3},{price - 3},{price + 1},1000")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory):
    """Make a workspace in which nothing has been run."""
    root = tmp_path_factory.mktemp("fresh") / "home"
    for folder in ("strategies", "data", "backtests"):
        (root / folder).mkdir(parents=True)
    (root / "strategies" / "__init__.py").touch()
    (root / "strategies" / "hold.py").write_text(RULE)
    (root / "backtests" / "two.toml").write_text(SPEC)
    manifest = {"version": 1, "tables": {}, "markets": {}}
    (root / "data" / "manifest.json").write_text(json.dumps(manifest))
    (root / "backtests" / "bars.csv").write_text(write_bars())
    return root


@pytest.fixture(scope="session")
def done_home(fresh_home, tmp_path_factory):
    """Name the workspace in which every command has been run once."""
    root = tmp_path_factory.mktemp("done") / "home"
    shutil.copytree(fresh_home, root)
    return root


@pytest.fixture(scope="session")
def forks(done_home):
    """Run commands in forks; warming them up runs each command once in `done_home`."""
    server = Forks(done_home)
    yield server
    server.close()


@pytest.fixture(scope="session")
def commands():
    """Return the commands that are disturbed, by verb."""
    return COMMANDS


@pytest.fixture
def copy_home(tmp_path):
    """Return a function that copies a workspace into an empty folder of the test."""

    def copy(home):
        root = tmp_path / "home"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(home, root)
        return root

    return copy


@pytest.fixture
def draw():
    """Return the generator of random numbers; ``CHAOS_SEED`` chooses another course."""
    return random.Random(int(os.environ.get("CHAOS_SEED", "0")))


@pytest.fixture
def rounds(request, forks):
    """Return a function that counts rounds until the test's share of the time is over."""
    seconds = float(os.environ.get("CHAOS_SECONDS", "60"))
    share = seconds * SHARE[request.node.name.rpartition("_")[2]]

    def count():
        end, number = time.monotonic() + share, 0
        while time.monotonic() < end or not number:
            yield number
            number += 1

    return count
