"""`kanalo note` and `kanalo ledger new` leave what `kanalo ledger` shows."""

import json
import shutil

import pytest


@pytest.fixture
def used(used_home, tmp_path, monkeypatch):
    """Work in a copy of a workspace with four runs."""
    root = tmp_path / "home"
    shutil.copytree(used_home, root)
    monkeypatch.chdir(root)
    return root


def list_runs(kanalo, *flags):
    outcome = kanalo("ledger", *flags, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_a_note_is_listed_with_its_run(used, kanalo):
    assert kanalo("note", "2", "too good to be true").out == "Run 2: note 1 kept.\n"
    runs = list_runs(kanalo)
    assert [each["text"] for each in runs[1]["notes"]] == ["too good to be true"]
    assert len(runs) == 4  # a note is no run
    assert [each["run"] for each in list_runs(kanalo, "--find", "GOOD")] == [2]
    assert "note:" in kanalo("runs").out


def test_a_note_on_no_run_is_refused(used, kanalo):
    outcome = kanalo("note", "77", "lost")
    assert outcome.code == 2
    assert "has no run 77" in outcome.err


def test_a_note_without_a_ledger_makes_none(home, kanalo):
    outcome = kanalo("note", "1", "lost")
    assert outcome.code == 1
    assert not (home / "backtests" / "results").exists()


def test_runs_are_sorted_by_their_figures(used, kanalo):
    runs = list_runs(kanalo, "--sort", "return")
    returns = [each["total_return"] for each in runs]
    assert returns == sorted(returns)
    assert list_runs(kanalo, "--light", "green") == []


def test_the_page_is_written_beside_the_ledger(used, kanalo):
    outcome = kanalo("ledger", "--page")
    assert outcome.err.endswith("ledger.html\n")
    assert "<table data-sortable>" in (used / "backtests/results/ledger.html").read_text()


def test_a_question_counts_afresh(used, kanalo):
    outcome = kanalo("ledger", "new", "winter", "--because", "another market")
    assert outcome.out.startswith("Question 'winter' counts trials from now on; the 4 trials made")
    kanalo("run", "hold", "--after-bars", "7", "--data", "backtests/bars.csv", "-q")
    asked = json.loads(kanalo("ledger", "questions", "--json").out)
    assert [(each["name"], each["trials"]) for each in asked] == [("first", 4), ("winter", 1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new"], 'write: ledger new NAME --because "..."'),
        (["new", "winter"], 'write: ledger new NAME --because "..."'),
        (["list", "winter"], "belong to `ledger new`"),
        (["--light", "blue"], "--light must be one of green, amber, red"),
    ],
)
def test_words_that_do_not_go_together_are_refused(used, kanalo, arguments, message):
    outcome = kanalo("ledger", *arguments)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
