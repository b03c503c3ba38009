"""The committed figures of the benchmarks are whole and tell nothing of the machine's place."""

import importlib
import json
import re
import statistics
from pathlib import Path

import numpy as np
import pytest

import kanalo
from kanalo.signals.volatility import atr

LATEST = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "latest.json"
BUNDLED = LATEST.with_name("bundled_rule.json")
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


@pytest.fixture(scope="module")
def bundled():
    return json.loads(BUNDLED.read_text(encoding="utf-8"))


def test_bundled_rule_was_timed_only_after_trades_agreed(bundled):
    assert bundled["schema"] == "kanalo.bench_bundled/1"
    agreement = bundled["agreement"]["n_trades"]
    assert set(agreement) == set(bundled["not_charged"]) == {"backtrader", "vectorbt"}
    assert agreement["backtrader"] == agreement["vectorbt"]
    assert min(agreement["backtrader"]) > 0
    assert len(agreement["backtrader"]) == len(bundled["agreement"]["sets"])


@pytest.mark.parametrize("measure", ["in_process", "cpu"])
def test_bundled_ratios_follow_from_the_times_of_each_round(bundled, measure):
    engines = bundled["engines"]
    for name in bundled["not_charged"]:
        pairs = zip(engines[name]["rounds"], engines["kanalo"]["rounds"], strict=True)
        ratios = [theirs[measure] / ours[measure] for theirs, ours in pairs]
        assert engines[name][f"{measure}_ratios"] == pytest.approx(ratios)
        assert min(ratios) <= engines[name][f"{measure}_ratio"] <= max(ratios)


def test_bundled_times_of_the_whole_grid_are_those_of_the_sets_that_ran(bundled):
    for engine in bundled["engines"].values():
        for each in engine["rounds"]:
            measured = each["measured"]
            seconds = statistics.median(measured["warm"] or [measured["first"]])
            once, scale = each["once"]["first"], bundled["sets"] / engine["sets_run"]
            assert each["in_process"] == pytest.approx(once + (seconds - once) * scale)


def test_bundled_rule_says_nothing_of_hosts_and_paths(bundled):
    assert set(bundled["machine"]) == {"cores", "model", "python"}
    assert not re.search(r"/(home|root|tmp|work|Users)/", json.dumps(bundled))


def test_peers_measure_the_daily_range_as_kanalo_does(monkeypatch):
    monkeypatch.syspath_prepend(str(LATEST.parents[1] / "peers"))
    donchian = importlib.import_module("donchian")
    market = kanalo.load_market("xmr_1h")
    theirs = donchian.find_daily_range(market.bars.tz_localize(None))
    np.testing.assert_array_equal(theirs, atr(market, length=20))
