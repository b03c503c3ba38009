"""``kanalo replay``: the article's hour from the command line."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_hour_of_the_article_as_json(kanalo, tmp_path):
    done = kanalo("replay", "2026-01-31T12:00", "--json", "-", "-o", tmp_path, "--workspace", ROOT)
    assert done.code == 0, done.err
    model = json.loads(done.out)
    assert model["close"] == 485.63
    assert model["facts"]["first_close_below_420"] == "2026-02-01T21:00:00Z"
    assert len(model["known_then"]["strategies"]) >= 10
    assert (tmp_path / "replay.html").read_text().count("<h2>What happened afterwards</h2>") == 1


@pytest.mark.slow
def test_hour_without_article_in_the_terminal(kanalo, tmp_path):
    done = kanalo("replay", "2025-05-12T09:00", "-q", "-o", tmp_path, "--workspace", ROOT)
    assert done.code == 0, done.err
    assert "the article" not in done.out
    assert done.out.index("Known then") < done.out.index("What happened afterwards")


def test_hour_without_a_bar_is_refused(kanalo, tmp_path):
    done = kanalo("replay", "2026-01-31T12:30", "-o", tmp_path, "--workspace", ROOT)
    assert done.code == 1
    assert "no bar opens at 2026-01-31T12:30 UTC" in " ".join(done.err.split())
    assert not list(tmp_path.iterdir())


def test_help_names_the_label(kanalo):
    done = kanalo("replay", "--help")
    assert done.code == 0
    assert "OPEN time of the bar" in done.out
