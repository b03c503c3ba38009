"""`kanalo run` has a command for each strategy, with the options that the strategy declares."""

import json

import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution

BARS = ("--data", "backtests/bars.csv")


def read_run(outcome):
    """Return the one result that a run printed as JSON."""
    assert outcome.code == 0, outcome.err
    (result,) = json.loads(outcome.out)["results"]
    return result


def test_help_lists_the_strategies_without_importing_them(home, kanalo):
    (home / "strategies" / "broken.py").write_text("import nothing\nclass Broken:\n    'No.'\n")
    outcome = kanalo("run", "--help")
    assert outcome.code == 0
    assert "  broken  No." in outcome.out
    assert "  hold    Buy after some bars and hold." in outcome.out


def test_help_of_a_strategy_shows_rule_parameters_and_defaults(home, kanalo):
    out = kanalo("run", "hold", "--help").out
    assert "  Nothing else happens." in out
    assert "--after-bars INT " in out
    assert "Bars to wait.  [bars; 1 to 9; default 2]" in out
    assert "--really / --no-really" in out
    assert "[default xmr_1h]" in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_defaults_are_those_of_the_library(home, kanalo):
    result = read_run(kanalo("run", "hold", *BARS, "--json", "-"))
    assert result["parameters"] == {"after_bars": 2, "share": 1.0, "really": True}
    report = json.loads((home / "backtests/results/hold/report.json").read_text())
    (costs,) = report["spec"]["costs"]
    assert {key: costs[key] for key in costs if key != "name"} == Costs().to_dict()
    assert report["spec"]["execution"] == Execution().to_dict()


def test_parameters_and_costs_reach_the_run(home, kanalo):
    outcome = kanalo(
        *("run", "hold", *BARS, "--after-bars", "5", "--share", "0.5", "--json", "-"),
        *("--fee-bps", "10", "--no-funding", "--cash", "500", "--both-touched", "target"),
    )
    assert read_run(outcome)["parameters"] == {"after_bars": 5, "share": 0.5, "really": True}
    spec = json.loads(outcome.out)["spec"]
    assert spec["costs"][0]["fee_bps"] == 10
    assert spec["costs"][0]["funding"] is False
    assert spec["execution"]["cash"] == 500
    assert spec["execution"]["both_touched"] == "target"


def test_flag_switches_a_bool_parameter_off(home, kanalo):
    result = read_run(kanalo("run", "hold", *BARS, "--no-really", "--json", "-"))
    assert result["parameters"]["really"] is False


def test_backtrader_strategy_takes_its_params(home, kanalo):
    result = read_run(kanalo("run", "plain", *BARS, "--size", "7", "--json", "-"))
    assert result["parameters"]["size"] == 7


def test_window_is_traded_and_no_more(home, kanalo):
    outcome = kanalo(
        *("run", "hold", *BARS, "--from", "2024-01-10", "--to", "2024-01-20", "--json", "-")
    )
    assert read_run(outcome)
    assert "2024-01-20" not in json.dumps(json.loads(outcome.out)["results"])


def test_a_pdf_without_a_browser_is_refused_before_anything_runs(home, kanalo, monkeypatch):
    monkeypatch.setenv("PATH", str(home))
    outcome = kanalo("run", "hold", *BARS, "--pdf")
    assert outcome.code == 1
    assert outcome.out == ""
    assert "A PDF needs Chromium" in outcome.err


def test_table_is_on_stdout_and_notes_are_on_stderr(home, kanalo):
    outcome = kanalo("run", "hold", *BARS)
    assert outcome.code == 0
    assert "hold" in outcome.out
    assert outcome.err == "Report: backtests/results/hold/report.html\n"


@pytest.mark.slow
def test_quiet_leaves_the_notes_out(home, kanalo, whole_page):
    assert kanalo("run", "hold", *BARS, "--quiet").err == ""


def test_json_on_stdout_is_the_written_report(home, kanalo):
    outcome = kanalo("run", "hold", *BARS, "--json", "-")
    assert outcome.out == (home / "backtests/results/hold/report.json").read_text()


def test_json_file_is_written_beside_the_report(home, kanalo):
    assert kanalo("run", "hold", *BARS, "--json", "out/x.json", "-o", "here").code == 0
    assert (home / "out/x.json").read_text() == (home / "here/report.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hodl"], "There is no strategy 'hodl'. Did you mean 'hold'?"),
        (
            ["hold", "--after-bars", "0"],
            "The 'after_bars' parameter of Hold must be an int in [1, 9]; received 0.",
        ),
        (
            ["hold", "--after-bars", "2.5"],
            "The 'after_bars' parameter of Hold must be an int in [1, 9]; received '2.5'.",
        ),
        (
            ["hold", "--fee-bps", "-1"],
            "Costs(): 'fee_bps' must be a number of basis points in [0, 10000); received -1.0.",
        ),
        (
            ["hold", "--cash", "0"],
            "'cash' must be a number above 0 and at most 1",
        ),
        (["hold", "--both-touched", "stpo"], "Did you mean 'stop'?"),
        (["hold", "--after", "3"], "No such option: --after (Possible options: --after-bars,"),
        (["hold", "--market", "xmr_1h", *BARS], "give either --market or --data, not both."),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_wrong_usage_is_refused_with_2(home, kanalo, arguments, message):
    outcome = kanalo("run", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert not (home / "backtests" / "results").exists()


def test_missing_file_is_named(home, kanalo):
    outcome = kanalo("run", "hold", "--data", "nothing.csv")
    assert outcome.code == 1
    assert "nothing.csv" in outcome.err
    assert "Traceback" not in outcome.err


def test_broken_strategy_is_named_with_its_line(home, kanalo):
    (home / "strategies" / "broken.py").write_text("\nimport nothing\n")
    outcome = kanalo("run", "broken")
    assert outcome.code == 1
    assert outcome.err == (
        f"error: {home / 'strategies' / 'broken.py'}:2: the strategy cannot be imported: "
        "ModuleNotFoundError: No module named 'nothing'\n"
    )


def test_parameter_named_like_an_option_is_refused(home, kanalo):
    text = (home / "strategies" / "hold.py").read_text().replace("share", "cash")
    (home / "strategies" / "rich.py").write_text(text.replace("class Hold", "class Rich"))
    outcome = kanalo("run", "rich", *BARS)
    assert outcome.code == 1
    assert "'cash' of Rich has the name of an option of `kanalo run`" in outcome.err


def test_unwritable_folder_is_refused_before_the_run(home, kanalo):
    (home / "taken").touch()
    outcome = kanalo("run", "wait", *BARS, "-o", "taken")
    assert outcome.code == 1
    assert outcome.err == f"error: Cannot write to taken: {home / 'taken'} is not a folder.\n"
    assert not (home / "deciding").exists()


def test_engine_can_be_chosen_and_is_named(home, kanalo):
    found = {}
    for engine in ("compiled", "reference"):
        outcome = kanalo("run", "hold", *BARS, "--engine", engine, "--json", "-")
        found[engine] = read_run(outcome)["statistics"]["equity_final"]
        assert f"{engine} (" in json.loads(outcome.out)["provenance"]["engine"]
    assert found["compiled"] == pytest.approx(found["reference"], rel=1e-9)


def test_unknown_engine_is_a_usage_error(home, kanalo):
    outcome = kanalo("run", "hold", *BARS, "--engine", "compield")
    assert outcome.code == 2
    assert "'engine' must be one of compiled, reference; received 'compield'" in outcome.err
