"""`kanalo ledger` lists what every command left, in 80 columns."""

import json
import shutil

import pytest

from kanalo.ledger import Ledger


@pytest.fixture
def used(used_home, tmp_path, monkeypatch):
    """Work in a copy of a workspace with four runs."""
    root = tmp_path / "home"
    shutil.copytree(used_home, root)
    monkeypatch.chdir(root)
    return root


def rows(outcome):
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_runs_are_listed_within_80_columns(used, kanalo):
    outcome = kanalo("ledger")
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "4 runs; 4 distinct trials in all." in outcome.out


def test_same_trial_twice_counts_once(used, kanalo):
    before = len(rows(kanalo("ledger", "trials", "--json")))
    assert kanalo("run", "hold", "--data", "backtests/bars.csv", "-q").code == 0
    assert len(rows(kanalo("ledger", "trials", "--json"))) == before
    assert len(rows(kanalo("ledger", "--json"))) == 5


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--kind", "compare"), [1]),
        (("--strategy", "plain"), [4]),
        (("--market", "bars", "--kind", "run"), [2, 3, 4]),
        (("--status", "aborted"), []),
    ],
)
def test_runs_are_filtered(used, kanalo, flags, expected):
    assert [each["run"] for each in rows(kanalo("ledger", *flags, "--json"))] == expected


def test_trials_hold_digests_and_figures(used, kanalo):
    (found,) = rows(kanalo("ledger", "trials", "--strategy", "plain", "--json"))
    assert len(found["source"]) == 64
    assert set(found["data"]) == {"bars.csv"}
    assert found["n_days"] == 40
    assert found["sharpe_ratio"] > 0


@pytest.mark.slow
def test_aborted_run_is_listed(home, kanalo):
    (home / "strategies" / "broken.py").write_text(
        "from kanalo.strategy import Strategy\n\nclass Broken(Strategy):\n    '''Break.'''\n"
        "    def decide(self, market):\n        return None\n"
    )
    assert kanalo("run", "broken", "--data", "backtests/bars.csv").code == 1
    (found,) = rows(kanalo("ledger", "--status", "aborted", "--json"))
    assert (found["kind"], found["what"]) == ("run", "broken")


def test_without_a_ledger_it_says_so(home, kanalo):
    outcome = kanalo("ledger")
    assert outcome.code == 1
    assert "There is no ledger" in outcome.err


def test_ledger_that_cannot_be_written_costs_no_results(home, kanalo):
    results = home / "backtests" / "results"
    results.mkdir()
    (results / "ledger.sqlite").mkdir()
    outcome = kanalo("run", "hold", "--data", "backtests/bars.csv")
    assert outcome.code == 0
    assert "hold" in outcome.out
    assert outcome.err.count("Nothing was recorded: ") == 1


def test_yardsticks_are_no_trials(home, kanalo):
    text = (home / "strategies" / "hold.py").read_text().replace("class Hold", "class BuyAndHold")
    text = text.replace("entry[self.after_bars]", "entry[0]")
    (home / "strategies" / "buy_and_hold.py").write_text(text)
    assert kanalo("run", "buy_and_hold", "--data", "backtests/bars.csv", "-q").code == 0
    with Ledger(home / "backtests" / "results" / "ledger.sqlite") as ledger:
        assert (len(ledger.runs()), ledger.count_trials()) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "name", "near"), [("market", "barz", "bars"), ("strategy", "hodl", "hold")]
)
@pytest.mark.parametrize("what", ["list", "trials"])
def test_a_name_that_nothing_was_tried_with_is_refused(home, kanalo, option, name, near, what):
    assert kanalo("run", "hold", "--data", "backtests/bars.csv").code == 0
    done = kanalo("ledger", what, f"--{option}", name)
    assert done.code == 2
    assert f"There is no {option} in the ledger '{name}'. Did you mean '{near}'?" in done.err
