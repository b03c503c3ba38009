"""The guard against slower verbs: what it compares, and when it fails."""

import importlib.util
from contextlib import nullcontext
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "guard.py"


@pytest.fixture(scope="module")
def guard():
    spec = importlib.util.spec_from_file_location("guard", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_median_ratio_counts(guard):
    pairs = {"run": [(1.0, 1.0), (1.0, 1.2), (1.0, 9.0)], "help": [(2.0, 2.2)]}
    assert guard.find_slower(pairs, 1.15) == {"run": 1.2}


def test_sides_take_turns_and_the_first_round_does_not_count(guard, monkeypatch):
    asked = []

    def time_verb(code, arguments):
        asked.append((code.name, arguments[0]))
        return 5.0 if len(asked) <= 2 else 1.0

    monkeypatch.setattr(guard, "time_verb", time_verb)
    pairs = guard.measure(Path("before"), Path("now"), ["run"], 2)
    assert asked == [("before", "run"), ("now", "run")] * 3
    assert pairs == {"run": [(1.0, 1.0)] * 2}


def test_it_fails_above_the_limit_and_names_the_verb(guard, monkeypatch, capsys):
    monkeypatch.setattr(guard, "measure", lambda *_: {"run": [(1.0, 1.3)], "help": [(1.0, 1.0)]})
    monkeypatch.setattr(guard, "check_out", nullcontext)
    assert guard.main(["HEAD"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("1.30  above 1.15")
    assert lines[2].endswith("1.00")
