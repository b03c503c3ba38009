"""`kanalo sweep` tries a grid, survives kill -9, and says what is wrong with what it was asked."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from kanalo.ledger import Ledger

BARS = ("--data", "backtests/bars.csv")
SLOW = '''"""Hold, after thinking."""
import time
from dataclasses import dataclass
import numpy as np
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Slow(Strategy):
    """Buy after some bars and hold; take a while to decide."""

    after_bars: int = param(2, low=1, high=30, unit="bars", help="Bars to wait.")
    share: float = param(1.0, low=0.1, high=1.0, help="Share of equity.")

    def decide(self, market):
        time.sleep(0.015)
        entry = np.zeros(len(market), dtype=bool)
        entry[self.after_bars] = True
        return Decisions.from_arrays(len(market), long=entry, size=self.share)
'''
GRID = ("--grid", "after-bars=1:30:1", "--grid", "share=0.1:1:0.1")


@pytest.fixture
def slow(home):
    (home / "strategies" / "slow.py").write_text(SLOW)
    return home


def read_ledger(home):
    return Ledger(home / "backtests" / "results" / "ledger.sqlite", read_only=True)


@pytest.mark.slow
def test_sweep_writes_what_it_found(home, kanalo, files_below):
    outcome = kanalo(
        *("sweep", "hold", *BARS, "--grid", "after_bars=1:9:2", "--grid", "share=0.5,1"),
        *("-o", home / "out", "--fee-bps", 0, "--slippage-bps", 0),
    )
    assert outcome.code == 0, outcome.err
    assert files_below(home / "out") == [
        ".lock",
        "daily_returns.npy",
        "days.npy",
        "heatmaps/after_bars-share.png",
        "report.html",
        "report.json",
        "report.md",
        "sweep.json",
        "sweep.parquet",
    ]
    table = pd.read_parquet(home / "out" / "sweep.parquet")
    assert table["after_bars"].tolist() == [1, 1, 3, 3, 5, 5, 7, 7, 9, 9]
    # Bought at the open of the day after, 102; the last close is 140.
    assert table["total_return"][1] == pytest.approx(140 / 102 - 1)
    assert np.load(home / "out" / "daily_returns.npy").shape == (10, 40)


def test_constraint_leaves_sets_out_and_is_refused_with_a_reason(home, kanalo):
    sweep = ("sweep", "hold", *BARS, "--grid", "after_bars=1:3:1", "-o", home / "out")
    done = kanalo(*sweep, "--constraint", "after_bars >= 2")
    assert done.code == 0, done.err
    assert pd.read_parquet(home / "out" / "sweep.parquet")["after_bars"].tolist() == [2, 3]
    sweep = (*sweep[:-1], home / "other")
    unknown = kanalo(*sweep, "--constraint", "after_bar > 2")
    assert unknown.code == 2
    assert "Did you mean 'after_bars'?" in unknown.err
    unmet = kanalo(*sweep, "--constraint", "after_bars > 5")
    assert unmet.code == 2
    assert "No set of the grid meets 'after_bars > 5'" in unmet.err
    assert not (home / "other").exists()


def test_table_lists_the_best_and_warns_of_luck(home, kanalo):
    outcome = kanalo("sweep", "hold", *BARS, "--grid", "after_bars=1:9:2", "--by", "total_return")
    lines = outcome.out.splitlines()
    assert lines[0] == "Sweep of hold on bars"
    assert [line.split()[1] for line in lines if line[:2] in ("1 ", "2 ")] == ["1", "3"]
    assert "Best Sharpe ratio of 5 sets: " in outcome.out
    assert max(map(len, lines)) <= 80
    assert "Report: " in outcome.err


def test_json_goes_to_stdout_alone(home, kanalo):
    outcome = kanalo("sweep", "hold", *BARS, "--grid", "after_bars=1,2", "--json", "-")
    model = json.loads(outcome.out)
    assert model["schema"] == "kanalo.sweep-report/1"
    assert [entry["parameters"]["after_bars"] for entry in model["top"]] == [1, 2]
    assert set(model["plateau"]) >= {"word", "stability", "at_edge"}


@pytest.mark.slow
def test_each_sweep_has_a_folder_of_its_own(home, kanalo):
    for values in ("1,2", "1,3"):
        assert kanalo("sweep", "hold", *BARS, "--grid", f"after_bars={values}").code == 0
    folders = list((home / "backtests" / "results" / "sweeps").iterdir())
    assert sorted(path.name[:5] for path in folders) == ["hold-", "hold-"]


@pytest.mark.slow
def test_finished_sweep_says_so_and_is_not_recorded_again(home, kanalo):
    line = ("sweep", "hold", *BARS, "--grid", "after_bars=1,2")
    first = kanalo(*line)
    again = kanalo(*line)
    assert again.out == first.out
    assert again.err.startswith("This sweep was done before; here is what it found.\n")
    with read_ledger(home) as ledger:
        assert len(ledger.runs()) == 1


@pytest.mark.slow
def test_random_draws_are_the_same_for_a_seed(home, kanalo):
    tables = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        line = ("--grid", "share=0.1:1", "--random", 20, "--seed", seed, "-o", home / folder)
        assert kanalo("sweep", "hold", *BARS, *line).code == 0
        tables.append(pd.read_parquet(home / folder / "sweep.parquet")["share"].tolist())
    assert tables[0] == tables[1] != tables[2]
    assert len(set(tables[0])) == 20


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (("hold",), 2, "The grid is empty: name the parameters to vary. Hold has: after_bars"),
        (("hold", "--grid", "after=1"), 2, "Hold has no parameter 'after'. Did you mean"),
        (("hold", "--grid", "share=0:1:0.5"), 2, "'share' parameter of Hold must be a float in"),
        (("hold", "--grid", "share"), 2, "A grid is written name=low:high:step"),
        (("hold", "--grid", "share=0.1:1:0.000005"), 2, "180,001 share. More than 100,000 are tri"),
        (("plain", "--grid", "size=1"), 1, "Plain is not a kanalo.Strategy"),
        (("holt", "--grid", "share=1"), 2, "There is no strategy 'holt'. Did you mean 'hold'?"),
        (("hold", "--grid", "share=1", "--by", "sharpe"), 2, "There is no statistic 'sharpe'"),
        (("hold", "--grid", "share=1", "--market", "m"), 2, "either --market or --data, not both"),
    ],
)
def test_what_cannot_be_swept_is_refused(home, kanalo, files_below, line, code, message):
    outcome = kanalo("sweep", *line, *BARS)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert not (home / "backtests" / "results").exists()


def test_yes_allows_a_large_grid(home, kanalo, monkeypatch):
    monkeypatch.setattr("kanalo.sweep.MAX_SETS", 3)
    line = ("sweep", "hold", *BARS, "--grid", "after_bars=1:4:1")
    assert "More than 3 are tried only with --yes" in kanalo(*line).err
    assert kanalo(*line, "--yes").code == 0


def test_folder_of_another_sweep_is_left_alone(home, kanalo, files_below):
    line = ("sweep", "hold", *BARS, "-o", home / "out")
    assert kanalo(*line, "--grid", "after_bars=1,2").code == 0
    before = {path: path.read_bytes() for path in (home / "out").rglob("*") if path.is_file()}
    outcome = kanalo(*line, "--grid", "after_bars=1,3")
    assert outcome.code == 1
    assert "holds another sweep, which differs in grid (axes)" in outcome.err
    assert before == {p: p.read_bytes() for p in (home / "out").rglob("*") if p.is_file()}


def wait_for_part(process, folder, n=1):
    """Wait until a running sweep has finished some chunks."""
    deadline = time.monotonic() + 60
    while len(list(folder.glob("parts/[0-9]*.npy"))) < n:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_sweep_resumes_to_the_same_bytes(slow, kanalo, start_kanalo):
    whole, cut = slow / "whole", slow / "cut"
    assert kanalo("sweep", "slow", *BARS, *GRID, "-o", whole).code == 0
    for n in (1, 2):
        process = start_kanalo("sweep", "slow", *BARS, *GRID, "-o", cut)
        wait_for_part(process, cut, n)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert not (cut / "sweep.parquet").exists()
    outcome = kanalo("sweep", "slow", *BARS, *GRID, "-o", cut)
    assert outcome.code == 0
    assert "Resumed after " in outcome.err
    for name in ("sweep.parquet", "daily_returns.npy", "days.npy", "sweep.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    with read_ledger(slow) as ledger:
        assert ledger.count_trials() == 300


@pytest.mark.slow
def test_ctrl_c_says_what_is_kept(slow, start_kanalo):
    folder = slow / "out"
    process = start_kanalo("sweep", "slow", *BARS, *GRID, "-o", folder)
    wait_for_part(process, folder)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f" of 300 sets kept in {folder}; the same command resumes.\ninterrupted" in err


@pytest.mark.slow
def test_two_sweeps_share_a_ledger(slow, start_kanalo):
    processes = [
        start_kanalo("sweep", "slow", *BARS, "--grid", f"after_bars={values}", "--quiet")
        for values in ("1:15:1", "16:30:1")
    ]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    with read_ledger(slow) as ledger:
        assert ledger.count_trials() == 30
        assert [run.status for run in ledger.runs()] == ["finished", "finished"]


@pytest.mark.slow
def test_second_process_keeps_out_of_a_folder_in_use(slow, kanalo, start_kanalo):
    folder = slow / "out"
    process = start_kanalo("sweep", "slow", *BARS, *GRID, "-o", folder)
    wait_for_part(process, folder)
    outcome = kanalo("sweep", "slow", *BARS, *GRID, "-o", folder)
    assert outcome.code == 1
    assert "Another process is sweeping into" in outcome.err


@pytest.mark.parametrize("verb", ["sweep", "walk-forward"])
def test_help_imports_nothing_heavy(verb):
    code = f"""
import sys
from kanalo.cli import main
main({[verb, "--help"]})
print([name for name in ("numpy", "pandas", "rich") if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "--grid NAME=VALUES" in done.stdout


# -- walk-forward ----------------------------------------------------------------------------------


def test_walk_forward_reports_in_every_form(home, kanalo, files_below):
    outcome = kanalo(
        *("walk-forward", "hold", *BARS, "--grid", "after_bars=1:5:2"),
        *("--train", "20d", "--test", "10d", "-o", home / "walk"),
    )
    assert outcome.code == 0, outcome.err
    assert files_below(home / "walk") == ["report.html", "report.json", "report.md"]
    model = json.loads((home / "walk" / "report.json").read_text())
    assert model["schema"] == "kanalo.walk-forward/1"
    assert [each["test_start"][:10] for each in model["windows"]] == ["2024-01-21", "2024-02-01"]
    assert model["windows"][0]["parameters"]["after_bars"] == 1
    assert model["windows"][1]["parameters"] is None  # the rule buys at the start alone
    assert "! In 1 window no set could be chosen" in outcome.out
    assert "hold: out-of-sample Sharpe ratio" in outcome.out
    page = (home / "walk" / "report.html").read_text()
    assert page.count("<svg") == 4
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_walk_forward_prints_json(home, kanalo):
    line = ("--train", "20d", "--test", "10d", "--anchored", "--json", "-")
    outcome = kanalo("walk-forward", "hold", *BARS, "--grid", "share=0.5,1", *line)
    assert json.loads(outcome.out)["anchored"] is True
    with read_ledger(home) as ledger:
        assert [run.kind for run in ledger.runs()] == ["walk_forward"]


def test_walk_forward_needs_room(home, kanalo):
    outcome = kanalo("walk-forward", "hold", *BARS, "--grid", "share=0.5,1")
    assert outcome.code == 1
    assert "days are too few for a training of 730d and at least half a test of 180d" in outcome.err


def test_a_large_sweep_names_its_size_first(home, kanalo, monkeypatch):
    monkeypatch.setattr("kanalo.cli.sweep.LARGE", 1)
    asked = ("sweep", "hold", *BARS, "--grid", "share=0.1:1:0.3", "-o", home / "out")
    assert "4 sets take up to 0 MB in" in kanalo(*asked).err
    assert "take up to" not in kanalo(*asked).err


@pytest.mark.slow
def test_processes_leave_the_same_files(home, kanalo):
    grid = ("--grid", "after-bars=1:9:1", "--grid", "share=0.1:1:0.1")
    asked = ("sweep", "hold", *BARS, *grid)
    here, there = home / "here", home / "there"
    assert kanalo(*asked, "-o", here).code == 0
    assert kanalo(*asked, "-o", there, "--workers", 2).code == 0
    for name in ("sweep.parquet", "daily_returns.npy"):
        assert (here / name).read_bytes() == (there / name).read_bytes()
