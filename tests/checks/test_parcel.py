"""Code travels with its meaning and without its memory."""

import importlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kanalo.checks import worker
from kanalo.checks.clean import open_process
from kanalo.checks.parcel import OtherCodeError, digest_memory, find_memory, pack, unpack
from kanalo.checks.sender import Sender, to_bytes
from kanalo.errors import CheckError
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.volatility import atr

ROOT = Path(__file__).parents[2]
variants = importlib.import_module("tests.checks.rules.variants")

SCRIPT = '''
import functools
from dataclasses import dataclass
import numpy as np
from kanalo import Decisions, Strategy, certify, param
from kanalo.market.synthetic import random_walk_market

SEEN = {{}}

@functools.cache
def double(n):
    return 2 * n

@dataclass(frozen=True)
class Typed(Strategy):
    """Buy above an average."""
    n: int = param(5, low=2, high=50)
    def warm_up(self, market):
        return double(self.n)
    def decide(self, market):
        close = market.bars["close"]
        above = (close > close.rolling(double(self.n)).mean()).to_numpy()
        {peek}
        return Decisions.from_arrays(len(market), long=above, exit_long=~above)

market = random_walk_market(3_000, 1, "1h")
rule = Typed(7)
rule.decide(market)
found = certify(rule, market, cuts=8)
print(found.verdict, found.n_cuts, *found.faults, sep="|")
'''

PEEK = """SEEN.update(zip(market.index, market.close))
        above = np.array([SEEN.get(t + market.length, 0) for t in market.index]) > market.close"""


def run_script(peek):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(peek=peek)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=120,
    )
    return done.stdout.strip().split("|")


@pytest.mark.slow
def test_a_rule_typed_in_a_session_is_certified():
    assert run_script("pass") == ["clean", "8"]


@pytest.mark.slow
def test_a_rule_typed_in_a_session_that_has_seen_the_future_is_not():
    verdict, _, fault = run_script(PEEK)
    assert verdict == "failed"
    assert fault.startswith("Typed: keeps bars between calls in SEEN, which may hold the future")


def test_a_rule_of_a_module_travels_by_its_source():
    parcel = pack(variants.Honest(days=12))
    assert (parcel.module, parcel.qualname) == ("tests.checks.rules.variants", "Honest")
    assert parcel.value == b""
    assert unpack(parcel) == variants.Honest(days=12)


def test_what_the_module_has_remembered_stays_behind(load_cheat):
    rule = load_cheat("remembered_closes")
    memory = sys.modules[type(rule).__module__].CLOSES
    rule.decide(random_walk_market(50, 1, "1d"))
    assert len(memory) >= 50
    market = to_bytes(random_walk_market(40, 2, "1d"))
    with Sender(rule, market).open() as process:
        code = f"len(__import__('sys').modules[{type(rule).__module__!r}].CLOSES)"
        assert process.call(eval, code) == 0


def test_a_class_that_its_module_no_longer_holds_travels_by_value(monkeypatch):
    old = variants.Honest
    monkeypatch.setattr(variants, "Honest", variants.Endless)
    parcel = pack(old(days=20))
    assert parcel.module == ""
    with open_process() as process:
        market = random_walk_market(100, 1, "1d")
        process.call(worker.set_up, parcel, to_bytes(market), 0)
        found = process.call(worker.decide_part, 0, 100)["entries"].bars
    assert found.tolist() == old(days=20).decide(market).entries.tolist()


def test_other_code_than_what_runs_is_not_taken(monkeypatch):
    monkeypatch.setattr("kanalo.checks.parcel.digest_source", lambda _: "older")
    parcel = pack(variants.Honest())
    monkeypatch.undo()
    with open_process() as process, pytest.raises(OtherCodeError, match="is not what its file"):
        process.call(worker.set_up, parcel, to_bytes(random_walk_market(40, 2, "1d")), 0)
    # ... but the sender tries again, by value
    monkeypatch.setattr("kanalo.checks.parcel.digest_source", lambda _: "older")
    with Sender(variants.Honest(), to_bytes(random_walk_market(90, 2, "1d"))).open() as process:
        assert "entries" in process.call(worker.decide_part, 0, 90)


def test_functions_travel_by_name_and_lambdas_by_value():
    assert pack(atr).module == "kanalo.signals.volatility"
    market = random_walk_market(60, 2, "1d")
    with Sender(lambda each: 2 * each.close, to_bytes(market)).open() as process:
        values = process.call(worker.decide_part, 0, 60)["value"].values
    assert values.tolist() == (2 * market.close).tolist()


def test_what_cannot_be_pickled_is_a_sentence():
    lock = threading.Lock()
    with pytest.raises(CheckError, match="cannot be sent to a clean process, as a part of it"):
        pack(lambda market: (market.close, lock))


def test_memory_is_found_where_code_can_keep_it(load_cheat):
    assert set(find_memory(load_cheat("remembered_closes"))) == {"CLOSES"}
    assert set(find_memory(load_cheat("cached_by_symbol"))) == {"KEPT"}
    assert set(find_memory(load_cheat("shared_default"))) == {"a default of find_following()"}
    assert find_memory(variants.Honest()) == {}


def test_memory_in_attributes_closures_and_classes_is_found():
    kept = []

    def signal(market):
        signal.cache.append(len(market))
        return kept

    signal.cache = []
    memory = find_memory(signal)
    assert set(memory) == {"kept", "signal.cache"}
    before = digest_memory(memory)
    kept.append(1)
    after = digest_memory(memory)
    assert [name for name in memory if before[name] != after[name]] == ["kept"]
