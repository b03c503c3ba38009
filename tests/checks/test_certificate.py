"""The certificate names what leaks, with field, bar and cut, and accuses nobody else."""

import dataclasses
import importlib
import inspect
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from kanalo.checks import Certificate, certify, certify_all, certify_signal
from kanalo.checks import certify as certify_module
from kanalo.checks.certificate import CHANGED, TRUNCATED
from kanalo.errors import CheckError, ParameterError, StrategyError
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.moving import moving_average
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "strategies").glob("[a-z]*.py"))
CHEATS = {
    "benchmark_ahead": {"stop"},
    "centred_window": {"entries", "exit_long"},
    "early_positioning": {"entries", "exit_long"},
    "global_normalisation": {"entries", "size"},
    "last_bar_aside": {"entries"},
    "next_minutes": {"entries"},
    "same_week_close": {"entries", "exit_long", "target"},
    "unconfirmed_pivot": {"entries"},
    "whole_trend": {"guard_long", "overlay trend"},
}
"""Cheats and every field that they may be caught at."""


def load(name):
    """Return the one strategy that a file of the workspace defines."""
    module = importlib.import_module(f"strategies.{name}")
    classes = (each for each in vars(module).values() if inspect.isclass(each))
    own = (each for each in classes if each.__module__ == module.__name__)
    (found,) = (each for each in own if issubclass(each, Strategy))
    return found()


def test_every_cheat_on_the_shelf_is_tried():
    files = (Path(__file__).parent / "cheats").glob("*.py")
    assert {path.stem for path in files} == set(CHEATS)


@pytest.mark.parametrize("name", CHEATS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_cheat_is_caught_and_named(load_cheat, recent, name, seed):
    found = certify(load_cheat(name), recent, seed=seed)
    assert not found.clean
    assert {each.field for each in found.offences} & CHEATS[name]
    assert {each.field for each in found.offences} <= CHEATS[name]
    for each in found.offences:
        assert 0 <= each.bar < each.cut < len(recent)
        assert each.time == recent.index[each.bar].strftime("%Y-%m-%d %H:%M")
        assert each.expected != each.received


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_by_other_futures_alone(load_cheat, recent, name, monkeypatch):
    """Every cut goes on with another future, so nothing hangs on where a history ends."""
    monkeypatch.setattr("kanalo.checks.search.CHANGED_EVERY", 1)
    found = certify(load_cheat(name), recent)
    assert {each.test for each in found.offences} == {CHANGED}
    assert {each.field for each in found.offences} <= CHEATS[name]


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_by_truncation_alone(load_cheat, recent, name, monkeypatch):
    monkeypatch.setattr("kanalo.checks.search.CHANGED_EVERY", 1_000)
    found = certify(load_cheat(name), recent)
    assert {each.test for each in found.offences} == {TRUNCATED}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(CHEATS) - {"next_minutes"}))
def test_a_cheat_is_caught_on_the_whole_history(load_cheat, hourly, name):
    """Where one bar in eighty has positioning, the cuts still find it."""
    assert not certify(load_cheat(name), hourly).clean


def test_the_first_offence_is_the_bar_before_the_cut_for_a_rule_that_looks_one_bar_ahead(
    load_cheat, recent
):
    first = certify(load_cheat("early_positioning"), recent).offences[0]
    assert first.bar == first.cut - 1
    assert str(first) == (
        f"'{first.field}' at bar {first.bar} ({first.time}) was {first.expected}, "
        f"but without the bars from {first.cut} on it is {first.received}"
    )


def test_faults_name_every_field_once(load_cheat, recent):
    found = certify(load_cheat("whole_trend"), recent)
    assert len(found.offences) == 6
    assert [each.split("'")[1] for each in found.faults] == ["guard_long", "overlay trend"]


def test_a_clear_case_is_not_looked_at_forty_times(load_cheat, recent):
    assert certify(load_cheat("centred_window"), recent).n_cuts == 3


def test_honest_rules_are_not_accused_and_what_was_looked_at_is_told(recent):
    rule = load("donchian_breakout")
    found = certify(rule, recent)
    decisions = rule.decide(recent)
    n_exits = len(decisions.exit_long) + len(decisions.exit_short)
    assert found.clean
    assert found.name == "donchian_breakout"
    assert found.note == ""
    assert found.n_cuts == 40
    assert 5 <= found.n_changed <= 10
    assert found.n_decisions == len(decisions.entries) + n_exits
    assert 0 < found.n_decisions_checked <= found.n_decisions


@pytest.mark.slow
@pytest.mark.parametrize("bars", ["hourly", "daily"])
def test_no_bundled_strategy_is_accused_on_monero(request, bars):
    market = request.getfixturevalue(bars)
    for found in certify_all([load(name) for name in NAMES], market):
        assert found.offences == (), found.name
        assert found.note == "", found.name
        assert found.n_decisions_checked > 0, found.name


def test_rules_audited_together_get_the_certificates_that_they_get_alone(load_cheat, recent):
    rules = [load("sma_cross"), load_cheat("centred_window"), load("breakdown")]
    alone = [certify(rule, recent) for rule in rules]
    together = certify_all(rules, recent)
    assert [replace(each, seconds=0) for each in together] == [
        replace(each, seconds=0) for each in alone
    ]


@dataclass(frozen=True)
class Forgetful(Strategy):
    """Buy above an average of fifty bars and claim to look back three of them."""

    n: int = param(50, low=2, high=500)

    def warm_up(self, market):
        return 3

    def decide(self, market):
        average = moving_average(market.close, self.n)
        return Decisions.from_arrays(
            len(market), long=market.close > average, overlays={"average": average}
        )


def test_a_memory_longer_than_stated_is_a_note_and_no_look_ahead(recent):
    found = certify(Forgetful(), recent)
    assert found.clean
    assert found.window is None
    assert found.note.startswith("looks back further than its warm_up of 3 bars says: 'entries'")


@dataclass(frozen=True)
class Momentum(Strategy):
    """Buy never; draw a line that crosses zero, summed in a window that rounds as it slides."""

    def warm_up(self, market):
        return 100

    def decide(self, market):
        change = np.diff(market.close, prepend=np.nan)
        line = moving_average(change, 50) - moving_average(change, 100)
        return Decisions.from_arrays(len(market), overlays={"momentum": line})


def test_rounding_beside_zero_is_no_look_ahead(recent):
    found = certify(Momentum(), recent)
    assert (found.clean, found.note) == (True, "")


@dataclass(frozen=True)
class Fragile(Strategy):
    """Buy at bar 5,000, which a shorter history does not have, and fall over there."""

    def warm_up(self, market):
        return None

    def decide(self, market):
        market.close[5_000]
        return Decisions.from_arrays(len(market))


def test_a_rule_that_fails_on_less_history_is_named_with_its_error(recent):
    broken, honest = certify_all([Fragile(), Momentum()], recent)
    assert not broken.clean
    assert re.match(r"Fragile cannot decide on the \d+ bars from .+ on: IndexError", broken.error)
    assert broken.faults == [broken.error]
    assert honest.clean


def test_a_rule_that_fails_on_the_whole_history_is_not_clean_either(recent, tmp_path):
    found = certify(Fragile(), recent.rows(0, 4_000), folder=tmp_path)
    assert (found.clean, found.n_cuts) == (False, 0)
    assert "IndexError" in found.error
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_strategies_can_be_certified(recent):
    with pytest.raises(StrategyError, match=r"Only a kanalo.Strategy can be certified"):
        certify(object(), recent)


@pytest.mark.parametrize(("n_bars", "cuts"), [(2, 40), (50, 0)])
def test_a_history_that_cannot_be_cut_is_refused(n_bars, cuts):
    with pytest.raises(ParameterError, match="must be at least 1|has at least 3 bars"):
        certify(Momentum(), random_walk_market(max(n_bars, 2), 1, "1d").rows(0, n_bars), cuts=cuts)


def test_a_short_history_has_fewer_cuts():
    market = random_walk_market(10, 1, "1d")
    assert certify(Forgetful(n=2), market).n_cuts <= 8


def test_a_thorough_search_makes_five_times_the_cuts(recent):
    assert certify(Momentum(), recent, thorough=True).n_cuts == 200


class TestKept:
    """Certificates on disk."""

    @pytest.fixture
    def decided(self, monkeypatch):
        """Count what is decided anew."""
        calls = []
        decide = certify_module.__globals__["decide"]

        def count(strategy, market):
            calls.append(strategy)
            return decide(strategy, market)

        monkeypatch.setitem(certify_module.__globals__, "decide", count)
        return calls

    def test_the_same_case_is_not_tried_twice(self, recent, tmp_path, decided):
        first = certify(Momentum(), recent, folder=tmp_path)
        n_calls = len(decided)
        assert n_calls == 41
        assert certify(Momentum(), recent, folder=tmp_path) == first
        assert len(decided) == n_calls

    def test_an_offence_survives_the_disk(self, recent, tmp_path, load_cheat):
        cheat = load_cheat("whole_trend")
        first = certify(cheat, recent, folder=tmp_path)
        assert first.offences
        assert certify(cheat, recent, folder=tmp_path) == first
        (path,) = tmp_path.iterdir()
        assert Certificate.from_dict(json.loads(path.read_text())) == first

    @pytest.mark.parametrize("what", ["bars", "context", "parameters", "seed", "cuts"])
    def test_a_changed_case_is_tried_again(self, recent, tmp_path, what):
        market, rule, settings = recent, Forgetful(), {}
        first = certify(rule, market, folder=tmp_path)
        if what == "bars":
            market = replace(recent, bars=recent.bars * 1.01)
        elif what == "context":
            market = replace(recent, context=recent.context.iloc[:, :2])
        elif what == "parameters":
            rule = Forgetful(n=60)
        else:
            settings = {what: 7}
        assert certify(rule, market, folder=tmp_path, **settings).key != first.key
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_damaged_file_is_made_anew(self, recent, tmp_path):
        first = certify(Momentum(), recent, folder=tmp_path)
        (path,) = tmp_path.iterdir()
        path.write_text('{"clean": true}')
        again = certify(Momentum(), recent, folder=tmp_path)
        assert dataclasses.replace(again, seconds=0) == dataclasses.replace(first, seconds=0)
        assert json.loads(path.read_text())["name"] == "Momentum"


def centred(market):
    return np.convolve(market.close, np.ones(3) / 3, mode="same")


def test_a_signal_that_leaks_is_named_with_its_column(recent):
    found = certify_signal(lambda market: {"a": atr(market), "b": centred(market)}, recent)
    assert {each.field for each in found.offences} == {"b"}
    assert all(each.bar >= each.cut - 1 for each in found.offences)


@pytest.mark.parametrize(
    "signal",
    [
        atr,
        regression_channel,
        lambda market: market.bars[["open", "close"]],
        lambda market: (market.close, market.volume > 0),
    ],
    ids=["array", "dataclass", "frame", "tuple"],
)
def test_honest_signals_of_every_form_are_clean(recent, signal):
    found = certify_signal(signal, recent, cuts=5)
    assert found.clean
    assert found.n_cuts == 5


@pytest.mark.parametrize("result", [np.ones(3), 7.0])
def test_a_signal_without_a_row_per_bar_is_refused(recent, result):
    with pytest.raises(CheckError, match="must return arrays with one row per bar"):
        certify_signal(lambda market: result, recent)
