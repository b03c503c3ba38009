"""`kanalo study` prints, writes and explains event studies and measured moves."""

import json

import pytest

from kanalo.market.synthetic import random_bars


@pytest.fixture
def hourly(home):
    """Write a year and a half of hourly bars into the workspace."""
    path = home / "hourly.csv"
    bars = random_bars(13_000, 4, volatility=0.004, drift=0.0001)
    bars.rename_axis("time").to_csv(path, date_format="%Y-%m-%dT%H:%M:%SZ")
    return path


def study(kanalo, path, *arguments):
    outcome = kanalo("study", "--data", path, *arguments)
    assert outcome.code == 0, outcome.err
    return outcome


@pytest.mark.slow
def test_event_study_prints_effects_and_writes_a_report(home, hourly, kanalo):
    outcome = study(
        kanalo, hourly, "--event", "return_6h > 0.02", "--horizons", "1h,1d", "-o", "out"
    )
    assert "After return_6h > 0.02 on hourly" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "Report: out/report.html" in outcome.err
    written = sorted(path.name for path in (home / "out").iterdir())
    assert written == ["report.html", "report.json", "report.md"]
    page = (home / "out/report.html").read_text()
    assert page.count("<svg") == 8  # four figures, each for desks and for telephones
    assert ">nan" not in page
    model = json.loads((home / "out/report.json").read_text())
    assert [each["horizon"] for each in model["effects"]["raw"]] == ["1h", "1d"]


@pytest.mark.slow
def test_json_takes_the_place_of_the_table(hourly, kanalo):
    outcome = study(
        kanalo, hourly, "--event", "return_1h > 0.01", "--horizons", "1h,6h", "--json", "-"
    )
    model = json.loads(outcome.out)
    assert model["schema"] == "kanalo.event-study/1"
    assert model["settings"]["spacing"] == 6
    assert model["counts"]["events"] > 20
    assert {each["name"] for each in model["balance"]} >= {"bar_return", "day_volume"}


@pytest.mark.slow
def test_options_reach_the_study(hourly, kanalo):
    options = ("--horizons", "6h", "--spacing", "1d", "--controls", "2", "--caliper", "0.5")
    outcome = study(
        kanalo, hourly, "--event", "hour == 12", *options, "--every-bar", "--seed", "3",
        "--wake", "2h", "--draws", "200", "--from", "2020-06-01", "--json", "-",
    )  # fmt: skip
    model = json.loads(outcome.out)
    assert model["settings"] == {
        "spacing": 24, "onset": False, "n_controls": 2, "caliper": 0.5, "wake": 2,
        "n_draws": 200, "seed": 3,
    }  # fmt: skip
    assert model["market"]["start"] == "2020-06-01T00:00:00Z"


def test_condition_that_never_holds_is_answered(hourly, kanalo):
    outcome = study(kanalo, hourly, "--event", "return_1h > 9", "--horizons", "1h")
    assert "No event" in outcome.out


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["channel", "zone"])
def test_measured_moves_are_calibrated(home, hourly, kanalo, pattern):
    outcome = study(kanalo, hourly, "--measured-move", pattern)
    assert "Walk" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    folder = home / f"backtests/results/measured-move-{pattern}"
    model = json.loads((folder / "report.json").read_text())
    assert model["groups"][0]["n"] == model["counts"]["setups"] > 0
    assert (folder / "report.html").read_text().count("<svg") == 4


def test_variables_are_listed(home, kanalo):
    outcome = kanalo("study", "--variables")
    assert outcome.code == 0
    assert "short_imbalance" in outcome.out
    assert "estimated" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either --event or --measured-move"),
        (("--event", "hour > 1", "--measured-move", "zone"), "either --event or --measured-move"),
        (("--event", "huor > 1"), "Did you mean 'hour'"),
        (("--event", "hour = 1"), "compare with =="),
        (("--event", "__import__('os').system('true')"), "There is no variable '__import__'"),
        (("--event", "hour > 1", "--horizons", "1x"), "received '1x'"),
        (("--measured-move", "chanel"), "Did you mean 'channel'"),
    ],
)
def test_wrong_usage_is_explained(home, kanalo, arguments, message):
    outcome = kanalo("study", "--data", "backtests/bars.csv", *arguments)
    assert outcome.code != 0
    assert message in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
