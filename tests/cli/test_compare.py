"""`kanalo compare` runs a spec, the workspace's article by default."""

import json
import re

import pytest

from kanalo.cli.compare import compare
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution


def results(outcome):
    """Return the results that a comparison printed as JSON."""
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["results"]


def test_article_of_the_workspace_is_the_default(home, kanalo):
    found = results(kanalo("compare", "--json", "-"))
    assert [each["market"] for each in found] == ["bars", "bars"]
    written = sorted(each.name for each in (home / "backtests/results/article").iterdir())
    assert written == ["report.html", "report.json", "report.md"]


def test_same_spec_twice_gives_the_same_report_apart_from_run(home, kanalo):
    first, second = (json.loads(kanalo("compare", "--json", "-").out) for _ in range(2))
    assert first.pop("run") is not None
    assert second.pop("run") is not None
    assert json.dumps(first) == json.dumps(second)


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


def test_compare_cross_checks_unless_told_otherwise(home, kanalo):
    for flags, expected in (((), True), (("--no-cross-check",), False)):
        report = json.loads(kanalo("compare", *flags, "--json", "-").out)
        assert ("cross-checked with" in report["provenance"]["engine"]) is expected
