"""A small workspace, and the command line called in this process or in its own."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kanalo.cli import main

HOLD = '''"""Hold."""
from dataclasses import dataclass
import numpy as np
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Hold(Strategy):
    """Buy after some bars and hold.

    Nothing else happens.
    """

    after_bars: int = param(2, low=1, high=9, unit="bars", help="Bars to wait.")
    share: float = param(1.0, low=0.1, high=1.0, help="Share of equity.")
    really: bool = param(True, help="Whether to buy at all.")

    def decide(self, market):
        entry = np.zeros(len(market), dtype=bool)
        entry[self.after_bars] = self.really
        return Decisions.from_arrays(len(market), long=entry, size=self.share)
'''
WAIT = HOLD.replace("class Hold", "class Wait").replace(
    "        entry = ",
    "        import pathlib, time\n"
    "        pathlib.Path('deciding').touch()\n"
    "        time.sleep(60)\n"
    "        entry = ",
)
PLAIN = '''import backtrader as bt

class Plain(bt.Strategy):
    """Buy at once, in backtrader's own way."""

    params = (("size", 3), ("fraction", 0.5), ("loud", False), ("thing", None))

    def next(self):
        if not self.position:
            self.buy(size=self.p.size)
'''
SPEC = """title = "Two ways to hold"

[[markets]]
data = "bars.csv"

[[strategies]]
name = "hold"

[[strategies]]
name = "hold"
label = "late"
parameters = { after_bars = 9 }
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def fresh_imports(monkeypatch):
    """Forget every `strategies` package before and after a test, and ignore the environment."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("KANALO_WORKSPACE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    with forget_strategies():
        yield


@contextlib.contextmanager
def forget_strategies():
    """Set every imported `strategies` package aside, and bring it back afterwards."""
    forgotten = {name: sys.modules.pop(name) for name in _strategy_modules()}
    yield
    for name in _strategy_modules():
        del sys.modules[name]
    sys.modules.update(forgotten)


def _strategy_modules():
    return [name for name in sys.modules if name.split(".")[0] == "strategies"]


@pytest.fixture(autouse=True)
def page(request, monkeypatch):
    """Leave the page of a comparison blank: drawing it takes most of the time of a command.

    Tests that ask for the fixture `whole_page` get it drawn.
    """
    if "whole_page" not in request.fixturenames:
        monkeypatch.setattr("kanalo.report.compare.write.to_html", lambda *_: "")


@pytest.fixture
def whole_page():
    """Let commands draw the page of a comparison as they do for a user."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Make a workspace with two strategies and forty daily bars, and work in it."""
    root = make_home(tmp_path / "home")
    monkeypatch.chdir(root)
    return root


def make_home(root):
    """Make a workspace with two strategies and forty daily bars."""
    for folder in ("strategies", "data", "backtests"):
        (root / folder).mkdir(parents=True)
    (root / "strategies" / "__init__.py").touch()
    for name, text in (("hold", HOLD), ("plain", PLAIN), ("wait", WAIT)):
        (root / "strategies" / f"{name}.py").write_text(text)
    (root / "backtests" / "article.toml").write_text(SPEC)
    (root / "backtests" / "bars.csv").write_text(write_bars())
    return root


@pytest.fixture(scope="session")
def used_home(tmp_path_factory):
    """Make a workspace with one comparison, two runs of one strategy and one of another."""
    root = make_home(tmp_path_factory.mktemp("used") / "home")
    with pytest.MonkeyPatch.context() as patch, forget_strategies():
        patch.setattr("kanalo.report.compare.write.to_html", lambda *_: "")
        patch.setattr(sys, "path", list(sys.path))
        patch.chdir(root)
        assert main(["compare", "--no-judge", "--no-cross-check", "-q"]) == 0
        for run in ("hold", "hold --after-bars 3", "plain"):
            assert main(f"run {run} --data backtests/bars.csv -q".split()) == 0
    return root


def write_bars(n_bars=40):
    """Write daily bars that rise by one a day."""
    lines = ["time,open,high,low,close,volume"]
    for day in range(n_bars):
        date = f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}"
        lines.append(f"{date},{100 + day},{102 + day},{99 + day},{101 + day},1000")
    return "\n".join(lines) + "\n"


@pytest.fixture
def kanalo(capsys):
    """Return a function that runs the command line in this process."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


def hear_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start_kanalo():
    """Return a function that starts the command line as a process of its own."""
    started = []

    def start(*arguments, **options):
        process = subprocess.Popen(
            (sys.executable, "-m", "kanalo", *map(str, arguments)),
            **{
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                "env": os.environ | {"PYTHONWARNINGS": "default"},
                # Whoever runs the tests in the background has interrupts ignored for its children.
                "preexec_fn": hear_interrupts,
                **options,
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def files_below():
    """Return a function that lists the files below a folder, caches left out."""

    def find(folder):
        paths = (path for path in Path(folder).rglob("*") if path.is_file())
        return sorted(
            str(path.relative_to(folder)) for path in paths if "__pycache__" not in path.parts
        )

    return find
