"""No verb prints a sealed value, `kanalo unseal` looks once, and a second look is called so."""

import json
import re
from pathlib import Path

import pytest
import typer

from kanalo.cli.app import app

ROOT = Path(__file__).parents[2]

LOW, HIGH = 71_000.0, 72_999.0
"""Every price and volume after the seal lies between them, and nothing else does."""

N_OPEN, N_SEALED = 50, 30


@pytest.fixture
def sealed(home, kanalo):
    """Make a market whose last thirty days are sealed and hold prices found nowhere else."""
    lines = ["time,open,high,low,close,volume"]
    for day in range(N_OPEN + N_SEALED):
        price = 100 + day if day < N_OPEN else LOW + 200 + 7 * (day - N_OPEN)
        date = f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}"
        lines.append(f"{date},{price},{price + 2},{price - 1},{price + 1},{price + 3}")
    (home / "bars.csv").write_text("\n".join(lines) + "\n")
    bundled = json.loads((ROOT / "data" / "manifest.json").read_text())
    empty = {"tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(bundled | empty))
    assert kanalo("data", "import", "bars", "bars.csv", "--name", "coin", "--symbol", "C").code == 0
    (home / "kanalo.toml").write_text("[holdout]\nfrom = 2024-02-23\n")
    (home / "trades.csv").write_text(
        "EntryTime,ExitTime,Size,EntryPrice,ExitPrice,PnL,ReturnPct\n"
        "2024-01-03,2024-01-05,1,103,105,2,0.0194\n"
    )
    return home


VERBS = {
    "run": ["run hold --market coin", "run hold --data bars.csv", "run plain --market coin"],
    "compare": ["compare hold --market coin --no-judge"],
    "sweep": ["sweep hold --grid after_bars=1:4 --market coin"],
    "walk-forward": [
        "walk-forward hold --grid after_bars=1:4 --market coin --train 20d --test 10d",
        "walk-forward hold --grid after_bars=1:4 --market coin --scheme cpcv --groups 4 --test 1",
    ],
    "monte-carlo": ["monte-carlo hold --market coin --paths 3"],
    "audit": ["audit hold plain --market coin", "audit hold --data bars.csv"],
    "judge": ["judge trades.csv --market coin --cash 1000", "judge trades.csv --data bars.csv"],
    "ledger": ["ledger", "ledger trials --json", "ledger --json", "ledger --page"],
    "runs": ["runs"],
    "note": ['note 2 "a hunch"'],
    "diff": ["diff 2 3"],
    "verify": ["verify 2"],
    "data": ["data list", "data check", "data check coin", "data check --data bars.csv"],
    "now": ["now hold --market coin", "now hold --market coin --json -"],
    "settings": ["settings"],
    "study": ['study --event "close > 101" --market coin'],
    "replay": ["replay 2024-02-20T00:00 --market coin", "replay 2024-03-01T00:00 --market coin"],
    "strategies": ["strategies"],
    "clean": ["clean"],
}
"""Commands by verb; each may fail, and none may tell."""

BLIND = {
    "claims": "reads the plan and the market of the bundled workspace by the same road",
    "liquidations": "reads markets and tables by the same road",
    "new-strategy": "reads no data",
    "init": "reads no data",
    "unseal": "is for looking",
}
"""Verbs that are not called here, and why."""

_NUMBER = re.compile(r"(?<![0-9a-fA-F.])\d[\d,]*(?:\.\d+)?(?![0-9a-fA-F])")


def find_sealed(text):
    """Return the numbers of a text that only sealed bars hold."""
    numbers = (float(each.replace(",", "")) for each in _NUMBER.findall(text))
    return [each for each in numbers if LOW <= each <= HIGH]


def test_verbs_that_are_called_or_excused_exist():
    verbs = set(typer.main.get_command(app).commands)
    assert set(VERBS) | set(BLIND) <= verbs


def test_the_detector_sees_what_it_looks_for():
    assert find_sealed("close 71,203.00, or 71207") == [71_203.0, 71_207.0]
    assert find_sealed("sha 71203af 2024-02-23 100") == []


def test_a_sealed_value_is_found_where_nothing_is_sealed(sealed, kanalo):
    (sealed / "kanalo.toml").unlink()
    kanalo("run", "hold", "--market", "coin", "-o", "open")
    assert find_sealed((sealed / "open" / "report.json").read_text())


@pytest.mark.slow
def test_no_verb_tells_a_sealed_value(sealed, kanalo):
    for verb in VERBS:
        for line in VERBS[verb]:
            words = [each.strip('"') for each in re.findall(r'"[^"]*"|\S+', line)]
            outcome = kanalo(*words)
            assert find_sealed(outcome.out + outcome.err) == [], line
            assert outcome.code in (0, 1, 2), line
            assert "Traceback" not in outcome.err
    written = [
        path
        for path in (sealed / "backtests" / "results").rglob("*")
        if path.suffix in (".json", ".md", ".csv", ".html", ".svg")
    ]
    assert len(written) > 5
    for path in written:
        assert find_sealed(path.read_text()) == [], path


def test_results_end_where_the_seal_begins(sealed, kanalo):
    assert kanalo("run", "hold", "--market", "coin", "-o", "here").code == 0
    report = json.loads((sealed / "here" / "report.json").read_text())
    assert "2024-02-22" in json.dumps(report)
    assert "2024-02-23T" not in json.dumps(report["results"])


def test_now_says_position_and_next_order_alone(sealed, kanalo):
    (state,) = json.loads(kanalo("now", "hold", "--market", "coin", "--json", "-").out)["states"]
    assert (state["side"], state["position"], state["next"], state["sealed"]) == (
        "long",
        1.0,
        "hold",
        True,
    )
    assert state["close"] is state["entry_price"] is state["profit"] is None


def looks(kanalo):
    runs = json.loads(kanalo("ledger", "--json").out)
    return [each["kind"] for each in runs if each["kind"] in ("unseal", "second_look")]


def test_unsealing_looks_once_and_a_second_look_counts_as_a_trial(sealed, kanalo):
    first = kanalo("unseal", "hold", "--because", "all is decided", "--market", "coin")
    assert first.code == 0, first.err
    assert looks(kanalo) == ["unseal"]
    assert "0 distinct trials in all" in kanalo("ledger").out
    again = kanalo("unseal", "hold", "--because", "to be sure", "--market", "coin")
    assert "this look counts as a trial" in again.err
    assert looks(kanalo) == ["unseal", "second_look"]
    assert "1 distinct trial in all" in kanalo("ledger").out
    runs = json.loads(kanalo("ledger", "--json").out)
    assert runs[0]["details"]["spec"]["question"] == "all is decided"
    judged = json.loads(kanalo("compare", "hold", "--market", "coin", "--json", "-").out)
    (result,) = [each for each in judged["results"] if each["judgement"]]
    assert "second look at sealed bars" in result["judgement"]["sentence"]


def test_unsealed_bars_stay_sealed_for_other_verbs(sealed, kanalo):
    kanalo("unseal", "hold", "--because", "all is decided", "--market", "coin")
    outcome = kanalo("run", "hold", "--market", "coin")
    assert find_sealed(outcome.out + outcome.err) == []
    refused = kanalo("verify", 1)
    assert refused.code == 1
    assert "doing it again would be another look" in refused.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hodl", "--because", "x"], "Did you mean 'hold'?"),
        (["hold", "--because", " "], "must not be empty"),
        (["hold"], "Missing option '--because'"),
    ],
)
def test_a_look_that_is_not_meant_is_refused(sealed, kanalo, arguments, message):
    outcome = kanalo("unseal", *arguments, "--market", "coin")
    assert outcome.code == 2
    assert message in outcome.err
    assert not (sealed / "backtests" / "results" / "ledger.sqlite").exists()


def test_a_look_takes_the_market_of_the_settings(sealed, kanalo):
    with (sealed / "kanalo.toml").open("a") as file:
        file.write('[defaults]\nmarket = "coin"\n')
    assert kanalo("unseal", "hold", "--because", "all is decided").code == 0
    (look,) = json.loads(kanalo("ledger", "--json").out)
    assert [each["name"] for each in look["details"]["spec"]["markets"]] == ["coin"]


def test_the_passport_of_a_file_ends_at_the_seal(sealed, kanalo):
    shown = json.loads(kanalo("data", "check", "--data", "bars.csv", "--json", "-").out)
    assert shown["n_bars"] == N_OPEN


def test_without_a_seal_there_is_nothing_to_unseal(home, kanalo):
    outcome = kanalo("unseal", "hold", "--because", "curious")
    assert outcome.code == 1
    assert "No bar is sealed" in outcome.err
