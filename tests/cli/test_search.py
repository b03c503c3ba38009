"""`kanalo search` finds sets, resumes, and is repeated by `kanalo verify`."""

import json

import pytest

from kanalo.ledger import Ledger, find_record

BARS = ("--data", "backtests/bars.csv")
SPACE = ("--space", "share=0.1:1")


@pytest.mark.slow
def test_a_search_is_written_resumed_and_verified(home, kanalo):
    results = home / "backtests" / "results"
    asked = ("search", "hold", *BARS, *SPACE, "--by", "total_return", "-o", home / "out")
    done = kanalo(*asked, "--trials", 20, "--json", "-")
    assert done.code == 0, done.err
    model = json.loads(done.out)
    assert model["n_sets"] == 20
    assert model["top"][0]["parameters"]["share"] > 0.8
    assert {"study.db", "report.html", "sets.csv"} <= {
        each.name for each in (home / "out").iterdir()
    }
    more = kanalo(*asked, "--trials", 25)
    assert more.code == 0, more.err
    assert "Resumed after 20 of 25 sets." in more.err
    with Ledger(results / "ledger.sqlite", read_only=True) as ledger:
        assert len(ledger.trials(kinds=("search",))) == 25
    again = kanalo("verify", "last", *BARS)
    assert again.code == 0, again.out + again.err
    assert "Run 2 (search of" in again.out
    assert "all the same" in again.out
    path = find_record(results, 2)
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "sets": "other"}))
    assert "search / sets was" in kanalo("verify", 2, *BARS).out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--space", "share=0.1:7"), "The 'share' parameter of Hold must be a float in"),
        (("--space", "shares=0.1:1"), "Did you mean 'share'?"),
        ((), "The grid is empty"),
        ((*SPACE, "--by", "sharp_ratio"), "Did you mean 'sharpe_ratio'?"),
        ((*SPACE, "--sampler", "tpo"), "Did you mean 'tpe'?"),
        ((*SPACE, "--cluster", "tcp://far:8786"), "is not encrypted"),
        ((*SPACE, "--workers", "2", "--cluster", "tls://far:8786"), "not both"),
    ],
)
def test_wrong_input_is_one_line(home, kanalo, options, message):
    answer = kanalo("search", "hold", *BARS, *options, "-o", home / "out")
    assert answer.code == 2
    assert message in " ".join(answer.err.split())
