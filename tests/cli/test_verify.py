"""`kanalo verify` finds the last digit that is not as it was."""

import json
import sqlite3
import sys
from contextlib import closing

import pytest

from kanalo.file_formats import DATA_MANIFEST
from kanalo.ledger import find_record

WINDOWS = ("--train", "20d", "--test", "10d")


@pytest.fixture
def results(home):
    return home / "backtests" / "results"


def change(path, edit):
    record = json.loads(path.read_text())
    edit(record["results"][0])
    path.write_text(json.dumps(record))


@pytest.mark.slow
def test_judged_comparison_is_the_same_even_after_more_trials(home, kanalo):
    assert kanalo("compare", "-q").code == 0
    assert kanalo("run", "hold", "--after-bars", "5", "--data", "backtests/bars.csv").code == 0
    outcome = kanalo("verify", 1)
    assert outcome.code == 0, outcome.out + outcome.err
    assert "all the same" in outcome.out


def test_last_digit_is_found_and_named(home, kanalo, results):
    assert kanalo("compare", "--no-judge", "-q").code == 0

    def edit(result):
        result["statistics"]["total_return"] *= 1 + 2e-16

    change(find_record(results, 1), edit)
    outcome = kanalo("verify", 1)
    assert outcome.code == 1
    assert ": 1 difference." in outcome.out
    assert "bars / standard / hold / statistics / total_return was 0." in outcome.out


def test_changed_source_and_data_are_named_first(home, kanalo):
    assert kanalo("compare", "--no-judge", "-q").code == 0
    bars = home / "backtests" / "bars.csv"
    bars.write_text(bars.read_text().replace("1000", "1001"))
    outcome = kanalo("verify", 1)
    assert outcome.code == 1
    assert outcome.out.splitlines()[1].startswith("- data / bars.csv was ")


def test_verification_is_logged_and_is_no_trial(home, kanalo):
    assert kanalo("compare", "--no-judge", "-q").code == 0
    assert kanalo("verify", 1).code == 0
    runs = json.loads(kanalo("ledger", "--json").out)
    assert [each["kind"] for each in runs] == ["compare", "verify"]
    assert len(json.loads(kanalo("ledger", "trials", "--json").out)) == 2


def test_unknown_run_is_refused(home, kanalo):
    assert kanalo("compare", "--no-judge", "-q").code == 0
    outcome = kanalo("verify", 77)
    assert outcome.code == 2
    assert "has no run 77" in outcome.err


@pytest.mark.slow
def test_sweep_is_verified_set_by_set(home, kanalo, results):
    sweep = ("sweep", "hold", "--grid", "after_bars=1:6:1", "--data", "backtests/bars.csv", "-q")
    assert kanalo(*sweep).code == 0
    verify = ("verify", 1, "--data", "backtests/bars.csv")
    outcome = kanalo(*verify)
    assert outcome.code == 0, outcome.out + outcome.err
    with closing(sqlite3.connect(results / "ledger.sqlite")) as file, file:
        file.execute("UPDATE outcomes SET sharpe = sharpe * 1.000001 WHERE id = 3")
    outcome = kanalo(*verify)
    assert outcome.code == 1
    assert '"after_bars": 3' in outcome.out


@pytest.mark.slow
def test_daily_returns_of_a_sweep_that_are_gone_are_a_difference(home, kanalo, results):
    sweep = ("sweep", "hold", "--grid", "after_bars=1:3:1", "--data", "backtests/bars.csv", "-q")
    assert kanalo(*sweep).code == 0
    verify = ("verify", 1, "--data", "backtests/bars.csv")
    assert "6 figures, all the same." in kanalo(*verify).out  # three ratios, three series
    for path in results.rglob("daily_returns*"):
        path.unlink()
    outcome = kanalo(*verify)
    assert outcome.code == 1
    assert "are missing or cut" in outcome.out


@pytest.fixture
def walked(home, kanalo, results):
    """Test forward on the bars of the workspace, and return how to change an outcome of it."""
    walk = ("walk-forward", "hold", "--grid", "after_bars=1:3:1", *WINDOWS)
    outcome = kanalo(*walk, "--data", "backtests/bars.csv", "-q")
    assert outcome.code == 0, outcome.out + outcome.err

    def edit(change):
        with closing(sqlite3.connect(results / "ledger.sqlite")) as file, file:
            assert file.execute(f"UPDATE outcomes SET {change}").rowcount == 1

    return edit


def test_walk_forward_is_verified_window_by_window(walked, kanalo):
    verify = ("verify", 1, "--data", "backtests/bars.csv")
    outcome = kanalo(*verify)
    assert outcome.code == 0, outcome.out + outcome.err
    n_sets = len(json.loads(kanalo("ledger", "trials", "--json").out))
    assert n_sets >= 6  # three sets in at least two windows
    assert "(walk_forward of 20" in outcome.out
    assert f": {n_sets} figures, all the same." in outcome.out
    walked("sharpe = sharpe + 1e-9 WHERE id = (SELECT max(id) FROM outcomes WHERE sharpe)")
    outcome = kanalo(*verify)
    assert outcome.code == 1, outcome.out
    assert ": 1 difference." in outcome.out
    assert "/ sharpe_ratio was " in outcome.out


def test_source_of_a_walk_forward_that_changed_is_named(walked, home, kanalo):
    rule = home / "strategies" / "hold.py"
    rule.write_text(rule.read_text().replace("self.after_bars]", "self.after_bars + 1]"))
    for name in [name for name in sys.modules if name.split(".")[0] == "strategies"]:
        del sys.modules[name]
    outcome = kanalo("verify", 1, "--data", "backtests/bars.csv")
    assert outcome.code == 1
    assert "The source of hold has changed." in outcome.out


@pytest.mark.slow
def test_monte_carlo_is_done_again_and_its_last_digit_compared(home, kanalo, results):
    bars = ("--data", "backtests/bars.csv")
    asked = ("monte-carlo", "hold", *bars, "--paths", 3, "--model", "signs", "--set", "share=0.5")
    done = kanalo(*asked, "-o", home / "out", "--json", "-")
    assert done.code == 0, done.err
    model = json.loads(done.out)
    assert (model["n_paths"], model["manifest"]["parameters"]["share"]) == (3, 0.5)
    assert {"report.html", "fans.png", "paths.csv"} <= {
        each.name for each in (home / "out").iterdir()
    }
    again = kanalo("verify", "last", *bars)
    assert again.code == 0, again.out + again.err
    assert "Run 1 (monte_carlo of" in again.out
    assert "all the same" in again.out
    path = find_record(results, 1)
    record = json.loads(path.read_text())
    record["places"]["total_return"]["actual"] *= 1 + 4e-16
    path.write_text(json.dumps(record))
    assert "paths / places / total_return / actual was" in kanalo("verify", 1, *bars).out


def test_monte_carlo_names_a_wrong_model_and_a_second_value(home, kanalo):
    asked = ("monte-carlo", "hold", "--data", "backtests/bars.csv")
    wrong = kanalo(*asked, "--model", "sings")
    assert wrong.code == 2
    assert "Did you mean 'signs'?" in wrong.err
    twice = kanalo(*asked, "--set", "share=0.5,1")
    assert twice.code == 2
    assert "--set share takes one value; received 2" in twice.err


def import_bars(home, kanalo, n_bars):
    lines = (home / "backtests" / "bars.csv").read_text().splitlines()[: 1 + n_bars]
    (home / "own.csv").write_text("\n".join(lines) + "\n")
    line = ("data", "import", "bars", str(home / "own.csv"), "--name", "own", "--replace")
    outcome = kanalo(*line, "--symbol", "ABCUSDT", "--exchange", "abc-spot")
    assert outcome.code == 0, outcome.err


def make_catalog(home):
    (home / "data").mkdir(exist_ok=True)
    empty = {"version": DATA_MANIFEST.version, "tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(empty))


def test_data_that_have_grown_are_said_and_the_run_is_repeated_on_the_old_rows(home, kanalo):
    make_catalog(home)
    n_bars = len((home / "backtests" / "bars.csv").read_text().splitlines()) - 1
    import_bars(home, kanalo, n_bars - 10)
    outcome = kanalo("compare", "hold", "--market", "own", "--no-judge", "--json", "-")
    findings = json.loads(outcome.out)["markets"][0]["passport"]["findings"]
    (vintage,) = (each["note"] for each in findings if each["name"] == "vintage")
    assert vintage.startswith(f"own: {n_bars - 10:,} rows to ")
    assert kanalo("sweep", "hold", "--market", "own", "--grid", "after_bars=2:4:1").code == 0
    import_bars(home, kanalo, n_bars)
    for run in (1, "last"):
        outcome = kanalo("verify", run)
        assert (outcome.code, "all the same" in outcome.out) == (0, True), outcome.out
        said = f"The data have grown since: own from {n_bars - 10:,} to {n_bars:,} rows."
        assert said in outcome.err
