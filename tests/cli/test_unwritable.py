"""Where nothing can be written, results are printed all the same, each with its notes."""

import pytest

BARS = ["--data", "bars.csv"]
GRID = ["hold", "--grid", "after_bars=1:4:1", *BARS]
COMMANDS = {
    "run": ["run", "hold", *BARS],
    "compare": ["compare", "hold", *BARS, "--no-judge"],
    "sweep": ["sweep", *GRID],
    "walk-forward": ["walk-forward", *GRID, "--train", "20d", "--test", "10d"],
    "audit": ["audit", "hold", *BARS],
    "study": ["study", "--event", "return_24h > 0.001", *BARS, "--draws", "100"],
}


@pytest.fixture
def blocked(home):
    """Put a file where the folder of results would be: not even root can write below it."""
    results = home / "backtests" / "results"
    results.parent.mkdir(exist_ok=True)
    results.write_text("not a folder")
    rows = [f"{1_700_006_400 + 86_400 * i},{9 + i},{12 + i},{8 + i},{10 + i},1" for i in range(60)]
    header = "time,open,high,low,close,volume"
    (home / "bars.csv").write_text("\n".join([header, *rows]))
    return results


@pytest.mark.slow
@pytest.mark.parametrize("verb", COMMANDS)
def test_results_come_with_notes(verb, blocked, kanalo):
    done = kanalo(*COMMANDS[verb])
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) > 3
    assert "Traceback" not in done.err
    assert "error" not in done.err
    notes = done.err.strip().splitlines()
    assert len(notes) == len(set(notes)) <= 2, notes
    assert notes
    assert blocked.read_text() == "not a folder"


def test_a_folder_that_was_asked_for_is_an_error(blocked, kanalo):
    done = kanalo("run", "hold", *BARS, "-o", str(blocked / "mine"))
    assert done.code == 1
    assert "is not a folder" in done.err
