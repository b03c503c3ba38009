"""The committed figures of the benchmarks are whole and tell nothing of the machine's place."""

import json
import re
from pathlib import Path

import pytest

LATEST = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "latest.json"
PEERS = ("backtrader", "backtesting.py", "vectorbt")
pytestmark = pytest.mark.skipif(not LATEST.exists(), reason="the benchmarks are not installed")


@pytest.fixture(scope="module")
def latest():
    return json.loads(LATEST.read_text(encoding="utf-8"))


def test_latest_has_a_ratio_to_every_peer_by_each_measure(latest):
    assert latest["schema"] == "kanalo.bench/1"
    assert set(latest["ratios"]) == set(PEERS)
    for ratio in latest["ratios"].values():
        assert set(ratio) == {"in_process", "whole_process", "cpu"}
        assert all(value > 1 for value in ratio.values())


def test_latest_names_versions_and_what_was_extrapolated(latest):
    for name in (*PEERS, "kanalo"):
        engine = latest["engines"][name]
        assert name.split(".")[0] in " ".join(engine["versions"])
        measured = engine["rounds"][0]["measured"]["sets"]
        extrapolated = engine["extrapolated_from_sets"]
        assert extrapolated == (None if measured == latest["sets"] else measured)


def test_latest_was_timed_only_after_trades_agreed(latest):
    assert set(latest["agreement"]) == set(PEERS)
    assert all(min(each["n_trades"]) > 0 for each in latest["agreement"].values())


def test_latest_ratios_follow_from_its_times(latest):
    rounds = {name: each["rounds"] for name, each in latest["engines"].items()}
    for name in PEERS:
        ratios = [
            theirs["in_process"] / ours["in_process"]
            for theirs, ours in zip(rounds[name], rounds["kanalo"], strict=True)
        ]
        assert min(ratios) <= latest["ratios"][name]["in_process"] <= max(ratios)


def test_latest_says_nothing_of_hosts_and_paths(latest):
    assert set(latest["machine"]) == {"cores", "model", "python"}
    assert not re.search(r"/(home|root|tmp|work|Users)/", json.dumps(latest))
