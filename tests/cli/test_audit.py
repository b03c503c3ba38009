"""`kanalo audit` names what leaks with field, bar and cut, and exits with 1."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CHEATS = Path(__file__).parents[1] / "checks" / "cheats"
BARS = ("--data", "backtests/bars.csv")

BREAKS = '''"""Break."""
from dataclasses import dataclass
from kanalo.strategy import Decisions, Strategy

@dataclass(frozen=True)
class Breaks(Strategy):
    """Buy never and fail on every history."""

    def decide(self, market):
        raise ZeroDivisionError
'''


@pytest.fixture
def shelf(home):
    """Put a cheat beside the honest strategy of the workspace, and take away the slow one."""
    (home / "strategies" / "wait.py").unlink()
    text = (CHEATS / "whole_trend.py").read_text()
    (home / "strategies" / "whole_trend.py").write_text(text)
    return home


def test_an_honest_rule_is_clean(home, kanalo):
    outcome = kanalo("audit", "hold", *BARS)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Look-ahead on bars: 40 1d bars\n")
    assert "hold       clean" in outcome.out
    assert "1 of 1" in outcome.out


def test_a_leak_is_named_with_field_bar_and_cut(shelf, kanalo):
    outcome = kanalo("audit", "whole-trend", *BARS)
    assert outcome.code == 1
    assert "whole_trend   leaks" in outcome.out
    text = " ".join(outcome.out.split())
    assert "whole_trend: 'guard_long' at bar 0 (2024-01-01 00:00) was " in text
    assert "but without the bars from " in text
    assert "whole_trend: 'overlay trend' at bar 0" in text
    assert "Traceback" not in outcome.err


def test_table_fits_eighty_columns(shelf, kanalo):
    outcome = kanalo("audit", "all", *BARS)
    assert max(len(line) for line in outcome.out.splitlines()) <= 80


def test_all_audits_what_can_be_and_says_what_cannot(shelf, kanalo):
    (shelf / "strategies" / "broken.py").write_text("import nothing\n")
    (shelf / "strategies" / "breaks.py").write_text(BREAKS)
    outcome = kanalo("audit", "all", *BARS, "--json", "-")
    assert outcome.code == 1
    model = json.loads(outcome.out)
    assert model["schema"] == "kanalo.audit/2"
    assert model["clean"] is False
    assert {each["name"]: each["verdict"] for each in model["strategies"]} == {
        "breaks": "failed",
        "broken": "failed",
        "hold": "clean",
        "plain": "clean",
        "whole_trend": "leaks",
    }
    leaking = model["strategies"][-1]
    first = leaking["offences"][0]
    assert set(first) == {"field", "bar", "time", "cut", "expected", "received", "test"}
    assert len(leaking["faults"]) == 2


def test_all_includes_classes_for_backtrader(shelf, kanalo):
    (shelf / "strategies" / "whole_trend.py").unlink()
    outcome = kanalo("audit", "all", *BARS)
    assert outcome.code == 0
    assert "plain      clean" in outcome.out


PEEKING_CLASS = """import backtrader as bt

class Peeking(bt.Strategy):
    def next(self):
        if len(self) < self.data.buflen() and self.data.close[1] > self.data.close[0]:
            self.buy(size=1)
"""

FUNCTIONS = """import numpy as np

def above_mean(bars):
    return bars["close"] > bars["close"].rolling(5).mean()

def populate_entry_trend(dataframe, metadata):
    dataframe["enter_long"] = dataframe["close"].shift(-1) > dataframe["close"]
    return dataframe

LEVEL = 3
"""


@pytest.fixture
def signals(home, monkeypatch):
    """Write functions beside the strategies, and bars that rise and fall."""
    (home / "signals_of_mine.py").write_text(FUNCTIONS)
    monkeypatch.delitem(sys.modules, "signals_of_mine", raising=False)
    times = pd.date_range("2024-01-01", periods=120, freq="1D").astype(str)
    closes = 100 + 10 * np.sin(np.arange(120) / 3)
    rows = [f"{time},{c},{c + 1},{c - 1},{c},1000" for time, c in zip(times, closes, strict=True)]
    (home / "waves.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    return home


WAVES = ("--data", "waves.csv")


def test_functions_are_audited_as_rules_are(signals, kanalo):
    outcome = kanalo(
        "audit", "hold", "--function", "signals_of_mine:above_mean", *WAVES, "--json", "-"
    )
    model = json.loads(outcome.out)
    verdicts = {each["name"]: each["verdict"] for each in model["strategies"]}
    assert verdicts == {"hold": "clean", "above_mean": "clean"}
    assert outcome.code == 0


def test_a_function_in_the_shape_of_freqtrade_leaks_by_column_bar_and_cut(signals, kanalo):
    outcome = kanalo("audit", "--function", "signals_of_mine.py:populate_entry_trend", *WAVES)
    text = " ".join(outcome.out.split())
    assert outcome.code == 1
    assert "populate_entry_trend: 'enter_long' at bar " in text
    assert "was decided, but without the bars from " in text
    (run,) = json.loads(kanalo("ledger", "--json").out)
    assert run["what"] == "signals_of_mine.py:populate_entry_trend"


def test_a_class_for_backtrader_leaks_by_its_orders(signals, kanalo):
    (signals / "strategies" / "peeking.py").write_text(PEEKING_CLASS)
    outcome = kanalo("audit", "peeking", *WAVES)
    assert outcome.code == 1
    assert "peeking: 'orders' at bar " in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("above_mean", "must be MODULE:NAME"),
        ("nothing_here:f", "nothing_here cannot be imported: ModuleNotFoundError"),
        ("signals_of_mine:above_men", "Did you mean 'above_mean'?"),
        ("signals_of_mine:LEVEL", "is a int; name a function of a DataFrame"),
        ("missing.py:f", "missing.py cannot be imported: FileNotFoundError"),
    ],
)
def test_a_function_that_is_not_there_is_named(signals, kanalo, named, message):
    outcome = kanalo("audit", "--function", named, *WAVES)
    assert outcome.code != 0
    assert message in " ".join(outcome.err.split())


@pytest.mark.slow
def test_certificates_are_kept_unless_a_fresh_search_is_asked_for(home, kanalo):
    kept = home / "backtests" / "results" / "certificates"
    assert kanalo("audit", "hold", *BARS, "--fresh").code == 0
    assert not kept.exists()
    first = kanalo("audit", "hold", *BARS, "--json", "one.json")
    (path,) = kept.iterdir()
    stamp = path.stat().st_mtime_ns
    again = kanalo("audit", "hold", *BARS, "--json", "two.json")
    assert again == first
    assert path.stat().st_mtime_ns == stamp
    assert (home / "one.json").read_text() == (home / "two.json").read_text()


@pytest.mark.slow
def test_a_changed_strategy_is_searched_again(home, kanalo):
    kept = home / "backtests" / "results" / "certificates"
    kanalo("audit", "hold", *BARS)
    path = home / "strategies" / "hold.py"
    path.write_text(path.read_text() + "\n# changed\n")
    kanalo("audit", "hold", *BARS)
    assert len(list(kept.iterdir())) == 2


@pytest.mark.slow
def test_thorough_cuts_more_often(home, kanalo):
    times = pd.date_range("2024-01-01", periods=150, freq="1D").astype(str)
    rows = [f"{time},100,102,99,101,1000" for time in times]
    path = home / "long.csv"
    path.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")

    def count(*options):
        outcome = kanalo("audit", "hold", "--data", path, "--json", "-", *options)
        return json.loads(outcome.out)["strategies"][0]["n_cuts"]

    assert count() == 40
    assert count("--thorough") == 136  # every length from 15 bars on, and the entry's own


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hodl"], "There is no strategy 'hodl'. Did you mean 'hold'?"),
        (["hold", "--market", "xmr_1h", *BARS], "name --market or --data, not both"),
        ([], "name a strategy, 'all' or --function MODULE:NAME"),
    ],
    ids=["name", "two markets", "none"],
)
def test_wrong_usage_is_refused_with_2(home, kanalo, arguments, message):
    outcome = kanalo("audit", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err


@pytest.mark.slow
def test_an_audit_is_listed_with_its_digests_and_is_no_trial(shelf, kanalo):
    assert kanalo("audit", "hold", *BARS).code == 0
    assert (
        kanalo("audit", "hold", "whole-trend", *BARS).code == 1
    )  # a leak is a finding, no failure
    first, second = json.loads(kanalo("ledger", "--json").out)
    assert (first["kind"], first["status"], first["what"]) == ("audit", "finished", "hold")
    assert (second["status"], second["what"]) == ("finished", "hold, whole-trend")
    details = first["details"]
    assert len(details["data"]["bars.csv"]) == len(details["strategies"]["hold"]["source"]) == 64
    assert details["strategies"]["hold"]["parameters"]["after_bars"] == 2
    assert first["versions"]["numpy"]
    assert "2 runs; 0 distinct trials in all." in kanalo("ledger").out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--strategy", "whole_trend"), [2]),
        (("--strategy", "hold", "--market", "bars"), [1]),
        (("--market", "bars"), [1, 2]),
        (("--kind", "run"), []),
    ],
)
def test_audits_are_filtered_by_what_they_looked_at(shelf, kanalo, flags, expected):
    kanalo("audit", "hold", *BARS)
    kanalo("audit", "whole_trend", *BARS)
    assert [each["run"] for each in json.loads(kanalo("ledger", *flags, "--json").out)] == expected


def test_an_audit_that_breaks_off_is_listed_as_aborted(home, kanalo, monkeypatch):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("kanalo.cli.audited.certify_all", fail)
    assert kanalo("audit", "hold", *BARS).code != 0
    (found,) = json.loads(kanalo("ledger", "--json").out)
    assert (found["kind"], found["status"]) == ("audit", "aborted")


def test_a_ledger_that_cannot_be_written_costs_no_audit(home, kanalo):
    results = home / "backtests" / "results"
    results.mkdir()
    (results / "ledger.sqlite").mkdir()
    outcome = kanalo("audit", "hold", *BARS)
    assert outcome.code == 0
    assert "hold       clean" in outcome.out
    assert outcome.err.count("Nothing was recorded: ") == 1
