"""`kanalo compare` runs a spec, the workspace's article by default."""

import json
import re
import subprocess
import sys

import pytest

from kanalo.cli.compare import compare
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution


def results(outcome):
    """Return the results that a comparison printed as JSON."""
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["results"]


@pytest.mark.slow
def test_article_of_the_workspace_is_the_default(home, kanalo, whole_page):
    found = results(kanalo("compare", "--json", "-"))
    assert [each["market"] for each in found] == ["bars", "bars"]
    written = sorted(each.name for each in (home / "backtests/results/article").iterdir())
    assert written == ["report.html", "report.json", "report.md"]


@pytest.mark.slow
def test_same_spec_twice_gives_the_same_report_apart_from_run(home, kanalo):
    first, second = (json.loads(kanalo("compare", "--json", "-").out) for _ in range(2))
    assert first.pop("run") is not None
    assert second.pop("run") is not None
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.slow
def test_other_file_takes_the_place_of_the_markets(home, kanalo):
    text = (home / "backtests" / "bars.csv").read_text()
    (home / "mine.csv").write_text(text.replace("2024-", "2023-"))
    found = results(kanalo("compare", "--data", "mine.csv", "--json", "-"))
    assert {each["market"] for each in found} == {"mine"}


def test_two_files_of_one_name_are_refused(home, kanalo):
    (home / "bars.csv").touch()
    outcome = kanalo("compare", "--data", "bars.csv", "--data", "backtests/bars.csv")
    assert outcome.code == 2
    assert "--data names two files called 'bars'" in outcome.err


def test_window_applies_to_every_market(home, kanalo):
    outcome = kanalo("compare", "--from", "2024-01-10", "--to", "2024-01-20", "--json", "-")
    assert results(outcome)
    assert json.loads(outcome.out)["spec"]["markets"][0]["start"] == "2024-01-10"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[strategies]]", "[[strategie]]", "unknown key 'strategie'. Did you mean 'strategies'?"),
        ("after_bars = 9", "after_bar = 9", "Hold has no parameter 'after_bar'. Did you mean"),
        ("after_bars = 9", "after_bars = 99", "must be an int in [1, 9]; received 99."),
        ('name = "hold"', 'name = "hodl"', "There is no strategy 'hodl'. Did you mean 'hold'?"),
        ("[[markets]]", "[[markets", "article.toml: not TOML"),
    ],
    ids=["key", "parameter", "bound", "strategy", "syntax"],
)
def test_wrong_spec_is_refused_with_2(home, kanalo, old, new, message):
    spec = home / "backtests" / "article.toml"
    spec.write_text(spec.read_text().replace(old, new))
    outcome = kanalo("compare")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert not (home / "backtests" / "results").exists()


def test_missing_spec_is_named(home, kanalo):
    outcome = kanalo("compare", "nothing.toml")
    assert outcome.code == 2
    assert outcome.err == "error: nothing.toml: cannot be read (No such file or directory).\n"


@pytest.mark.slow
def test_second_strategies_package_is_refused_naming_both(home, kanalo, tmp_path):
    other = tmp_path / "other" / "strategies"
    other.mkdir(parents=True)
    for path in (home / "strategies").glob("*.py"):
        (other / path.name).write_text(path.read_text())
    assert kanalo("compare", "--quiet").code == 0
    spec = home / "backtests" / "article.toml"
    outcome = kanalo("compare", spec, "--workspace", tmp_path / "other")
    assert outcome.code == 1
    assert str(home) in outcome.err
    assert str(tmp_path / "other") in outcome.err


def test_help_states_the_defaults_of_the_library():
    cash, fee, slippage = re.findall(r"\d[\d,]*", compare.__doc__.partition("defaults")[2])
    assert float(cash.replace(",", "")) == Execution().cash
    assert (float(fee), float(slippage)) == (Costs().fee_bps, Costs().slippage_bps)
    assert Costs().funding
    assert re.search(r"funding\s+on", compare.__doc__)


@pytest.mark.slow
def test_compare_cross_checks_unless_told_otherwise(home, kanalo):
    for flags, expected in (((), True), (("--no-cross-check",), False)):
        report = json.loads(kanalo("compare", *flags, "--json", "-").out)
        assert ("cross-checked with" in report["provenance"]["engine"]) is expected


# -- names instead of a spec -----------------------------------------------------------------------

BARS = ("--data", "backtests/bars.csv")


@pytest.mark.slow
def test_names_are_compared_without_a_spec(home, kanalo):
    outcome = kanalo("compare", "hold", "plain", *BARS, "--fee-bps", "10", "--json", "-")
    assert [each["label"] for each in results(outcome)] == ["hold", "plain"]
    spec = json.loads(outcome.out)["spec"]
    assert [each["fee_bps"] for each in spec["costs"]] == [10]
    assert spec["execution"]["cash"] == 100_000
    assert (home / "backtests/results/hold-plain/report.html").exists()


def test_account_and_window_reach_the_run(home, kanalo):
    line = ("hold", *BARS, "--cash", "500", "--from", "2024-01-10", "--no-funding", "--json", "-")
    outcome = kanalo("compare", *line)
    (result,) = results(outcome)
    spec = json.loads(outcome.out)["spec"]
    assert result["cash"] == 500
    assert spec["costs"][0]["funding"] is False
    assert spec["markets"][0]["start"] == "2024-01-10"


@pytest.mark.slow
def test_dashes_in_names_stand_for_underscores(home, kanalo):
    text = (home / "strategies" / "hold.py").read_text()
    (home / "strategies" / "hold_on.py").write_text(text)
    assert results(kanalo("compare", "hold-on", *BARS, "--json", "-"))[0]["label"] == "hold_on"


@pytest.mark.slow
def test_several_markets_may_be_named(kanalo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    markets = ("--market", "xmr_1d", "--market", "btc_1d", "--from", "2026-01-01")
    flags = ("--no-judge", "--no-cross-check", "--json", "-")
    outcome = kanalo("compare", "sma_cross", *markets, *flags)
    assert [each["market"] for each in results(outcome)] == ["xmr_1d", "btc_1d"]


def test_a_comparison_of_names_can_be_verified(home, kanalo):
    assert kanalo("compare", "hold", *BARS, "--no-judge").code == 0
    assert kanalo("verify", "1").code == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("hodl",), "There is no strategy 'hodl'. Did you mean 'hold'?"),
        (("a.toml", "hold"), "give one spec, or names of strategies; received 'a.toml'"),
        (("hold", "hold"), "the label 'hold' is used twice"),
        (("--fee-bps", "-3"), "'fee_bps' must be a number of basis points"),
        (("hold", *BARS, "--market", "xmr_1d"), "give either --market or --data, not both"),
        (("hold", "--timezone", "UTC"), "--timezone says how to read --data"),
        (("hold", "--from", "13.06.2025"), "--from "),
        (("hold", *BARS, "--to", "never"), "--to must be a time"),
        (("hold", *BARS, "--funding-missing", "nan"), "'funding_missing' must be a fraction"),
        (("hold", *BARS, "--json", "/"), "/ is a folder; name a file, or -"),
    ],
)
def test_wrong_lines_are_refused_with_2_before_anything_runs(home, kanalo, line, message):
    outcome = kanalo("compare", *line)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert not (home / "backtests" / "results").exists()


@pytest.mark.slow
def test_a_spec_needs_no_markets_where_files_take_their_place(home, kanalo):
    spec = home / "backtests" / "article.toml"
    spec.write_text(spec.read_text().replace('[[markets]]\ndata = "bars.csv"\n', ""))
    assert {each["market"] for each in results(kanalo("compare", *BARS, "--json", "-"))} == {"bars"}


def test_a_name_that_is_a_path_writes_nowhere(home, kanalo):
    spec = home / "backtests" / "article.toml"
    spec.write_text('name = "../../../escaped"\n' + spec.read_text())
    outcome = kanalo("compare")
    assert outcome.code == 2
    assert "'name' names a folder of the results" in outcome.err
    assert list(home.parent.glob("escaped*")) == []


# -- nowhere to write ------------------------------------------------------------------------------

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
from kanalo.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_on_a_full_disk(home, *line):
    """Run a command in a process whose files may not grow beyond four kilobytes."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *line],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("verb", [("compare", "hold", "--no-judge"), ("run", "hold")])
def test_a_full_disk_costs_no_result(home, verb):
    code, out, err = run_on_a_full_disk(home, *verb, *BARS)
    assert code == 0, err
    assert "hold" in out
    assert "Nothing was recorded: " in err
    assert "No report was written: " in err
    assert len(err.splitlines()) == 2


@pytest.mark.slow
def test_a_report_that_was_asked_for_and_cannot_be_written_is_an_error(home):
    code, out, err = run_on_a_full_disk(home, "run", "hold", *BARS, "-o", "mine")
    assert code == 1
    assert "hold" in out
    assert "error: The report: mine/report.html cannot be written" in err
