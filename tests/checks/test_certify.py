"""The certificate names what leaks, with field, bar and cut, and accuses nobody else."""

import dataclasses
import importlib
import inspect
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kanalo.checks import Certificate, certify, certify_all
from kanalo.checks.certificate import CHANGED, TRUNCATED
from kanalo.checks.clean import Interpreters, open_process
from kanalo.errors import ParameterError, StrategyError
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Strategy

oddities = importlib.import_module("tests.checks.rules.oddities")

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "strategies").glob("[a-z]*.py"))
CHEATS = {
    "benchmark_ahead": {"stop"},
    "cached_by_symbol": {"entries", "exit_long"},
    "cached_function": {"entries", "exit_long"},
    "centred_window": {"entries", "exit_long"},
    "early_positioning": {"entries", "exit_long"},
    "global_normalisation": {"entries", "size"},
    "last_bar_aside": {"entries"},
    "next_hour_veto": {"entries"},
    "next_minutes": {"entries"},
    "remembered_closes": {"entries", "exit_long"},
    "same_week_close": {"entries", "exit_long", "target"},
    "shared_default": {"entries", "exit_long"},
    "unconfirmed_pivot": {"entries"},
    "whole_trend": {"guard_long", "overlay trend"},
}
"""Cheats and every field that they may be caught at."""

REMEMBERING = ["cached_by_symbol", "cached_function", "remembered_closes", "shared_default"]
"""Cheats that keep bars between calls."""

HONEST = ["cached_weights", "seeded_draws", "slow_filter"]


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
    honest = (Path(__file__).parent / "honest").glob("*.py")
    assert {path.stem for path in honest} == set(HONEST)


@pytest.mark.parametrize("name", CHEATS)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_cheat_is_caught_and_named(load_cheat, recent, name, seed):
    found = certify(load_cheat(name), recent, seed=seed)
    assert not found.clean
    assert {each.field for each in found.offences} & CHEATS[name]
    assert {each.field for each in found.offences} <= CHEATS[name]
    for each in found.offences:
        assert 0 <= each.bar < each.cut < len(recent)
        assert each.time == recent.index[each.bar].strftime("%Y-%m-%d %H:%M")
        assert each.expected != each.received


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_by_other_futures_alone(load_cheat, recent, name, monkeypatch):
    """Every cut goes on with another future, so nothing depends on where a history ends."""
    monkeypatch.setattr("kanalo.checks.case.CHANGED_EVERY", 1)
    found = certify(load_cheat(name), recent)
    assert {each.test for each in found.offences} == {CHANGED}
    assert {each.field for each in found.offences} <= CHEATS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_by_truncation_alone(load_cheat, recent, name, monkeypatch):
    monkeypatch.setattr("kanalo.checks.case.CHANGED_EVERY", 1_000)
    found = certify(load_cheat(name), recent)
    assert {each.test for each in found.offences} == {TRUNCATED}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEATS)
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
@pytest.mark.parametrize("name", REMEMBERING)
def test_a_cheat_that_has_seen_the_future_before_is_caught_all_the_same(load_cheat, recent, name):
    cheat = load_cheat(name)
    cheat.decide(recent)
    found = certify(cheat, recent)
    assert found.verdict == "leaks"
    assert {each.field for each in found.offences} <= CHEATS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", HONEST)
def test_caches_seeds_and_slow_filters_are_no_look_ahead(load_honest, recent, name):
    found = certify(load_honest(name), recent)
    assert (found.verdict, found.faults) == ("clean", [])


@pytest.mark.slow
def test_rules_that_seed_the_global_generator_do_not_disturb_each_other(load_honest, recent):
    rules = [load_honest("seeded_draws")] * 4
    assert [each.verdict for each in certify_all(rules, recent)] == ["clean"] * 4


def test_too_short_a_history_is_a_note_and_no_fault(load_honest, recent):
    found = certify(load_honest("slow_filter"), recent)
    assert found.note.startswith("1 cut was left out, where the history was too short to decide on")
    assert re.search(r"on the 2 bars from .+: ValueError.+slow_filter.py, line \d+", found.note)
    assert found.n_cuts == 39


def test_a_rule_that_does_not_decide_the_same_twice_is_named(recent):
    found = certify(oddities.Unseeded(), recent)
    assert found.verdict == "failed"
    message = r"Unseeded: does not decide the same twice on the same \d+ bars: 'entries' at bar \d+"
    assert re.match(message, found.error)


def test_a_rule_that_ends_its_process_fails_and_the_others_go_on(recent):
    found = certify_all([oddities.Quitter(), load("donchian_breakout")], recent, cuts=4)
    assert [each.verdict for each in found] == ["failed", "clean"]
    assert found[0].error == "Quitter: the process that decided ended before it answered"


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_a_veto_by_the_next_hours_minutes_is_found_where_there_are_minutes(
    load_cheat, hourly, seed
):
    found = certify(load_cheat("next_hour_veto"), hourly, seed=seed)
    assert found.verdict == "leaks"
    covered = set(hourly.finer.index.floor("1h"))
    times = {hourly.index[each.bar] + hourly.length for each in found.offences}
    assert times <= covered


@pytest.mark.slow
def test_only_one_core_gives_the_same_certificate(load_cheat, recent, monkeypatch):
    rules = [load("donchian_breakout"), load_cheat("whole_trend")]
    several = certify_all(rules, recent, cuts=8)
    monkeypatch.setattr("kanalo.checks.search.count_processors", lambda: 1)
    one = certify_all(rules, recent, cuts=8)
    assert [replace(each, seconds=0) for each in one] == [
        replace(each, seconds=0) for each in several
    ]


@pytest.mark.slow
def test_without_forks_the_certificate_is_the_same(load_cheat, recent, monkeypatch):
    rule = load_cheat("remembered_closes")
    forked = certify(rule, recent, cuts=8)
    monkeypatch.setattr("kanalo.checks.sender.open_process", Interpreters().open)
    assert replace(certify(rule, recent, cuts=8), seconds=0) == replace(forked, seconds=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("NoWarmUp", "looks back further than its warm_up of 0 bars (what a rule says by default)"),
        ("UnboundedAverage", ""),
    ],
)
def test_a_warm_up_of_none_promises_nothing_and_none_stated_promises_zero(recent, name, note):
    found = certify(getattr(oddities, name)(), recent, cuts=12)
    assert found.verdict == "clean"
    assert found.note.startswith(note)
    assert bool(found.note) == bool(note)


@pytest.mark.slow
@pytest.mark.parametrize("bars", ["hourly", "daily"])
def test_no_bundled_strategy_is_accused_on_monero(request, bars):
    market = request.getfixturevalue(bars)
    for found in certify_all([load(name) for name in NAMES], market):
        assert found.offences == (), found.name
        assert found.note == "", found.name
        assert found.n_decisions_checked > 0, found.name


@pytest.mark.slow
def test_rules_audited_together_get_the_certificates_that_they_get_alone(load_cheat, recent):
    rules = [load("sma_cross"), load_cheat("centred_window"), load("breakdown")]
    alone = [certify(rule, recent) for rule in rules]
    together = certify_all(rules, recent)
    assert [replace(each, seconds=0) for each in together] == [
        replace(each, seconds=0) for each in alone
    ]


@pytest.mark.slow
def test_a_memory_longer_than_stated_is_a_note_and_no_look_ahead(recent):
    found = certify(oddities.Forgetful(), recent)
    assert found.clean
    assert found.window is None
    assert found.note.startswith("looks back further than its warm_up of 3 bars: 'entries'")


def test_rounding_beside_zero_is_no_look_ahead(recent):
    found = certify(oddities.Momentum(), recent)
    assert (found.offences, found.note) == ((), "")
    assert (found.verdict, found.clean) == ("no decisions", False)


@pytest.mark.slow
def test_a_rule_that_fails_on_less_history_is_named_with_its_error(recent):
    broken, honest = certify_all([oddities.Fragile(), oddities.Momentum()], recent)
    assert not broken.clean
    assert re.match(
        r"Fragile cannot decide on the \d+ bars from .+ to .+: IndexError.+oddities.py, line \d+",
        broken.error,
    )
    assert broken.faults == [broken.error]
    assert honest.offences == ()
    assert honest.error == ""


def test_a_rule_that_fails_on_the_whole_history_is_not_clean_either(recent, tmp_path):
    found = certify(oddities.Fragile(), recent.rows(0, 4_000), folder=tmp_path)
    assert (found.clean, found.n_cuts) == (False, 0)
    assert "IndexError" in found.error
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_strategies_can_be_certified(recent):
    with pytest.raises(StrategyError, match=r"only a kanalo.Strategy can be certified"):
        certify(object(), recent)


@pytest.mark.parametrize(("n_bars", "cuts"), [(2, 40), (50, 0)])
def test_a_history_that_cannot_be_cut_is_refused(n_bars, cuts):
    with pytest.raises(ParameterError, match="an int of at least 1|must have at least 3 bars"):
        certify(
            oddities.Momentum(),
            random_walk_market(max(n_bars, 2), 1, "1d").rows(0, n_bars),
            cuts=cuts,
        )


def test_a_short_history_has_fewer_cuts():
    market = random_walk_market(10, 1, "1d")
    assert certify(oddities.Forgetful(n=2), market).n_cuts <= 8


@pytest.mark.slow
def test_a_thorough_search_makes_five_times_the_cuts(recent):
    assert certify(oddities.Momentum(), recent, thorough=True).n_cuts == 200


class TestKept:
    """Certificates on disk."""

    @pytest.fixture
    def recent(self, recent):
        """Fewer bars, as only the disk matters."""
        return replace(recent.rows(0, 900), finer=None)

    @pytest.fixture
    def opened(self, monkeypatch):
        """Count the processes that are opened to decide in."""
        calls = []

        def count():
            calls.append(1)
            return open_process()

        monkeypatch.setattr("kanalo.checks.sender.open_process", count)
        return calls

    def test_the_same_case_is_not_tried_twice(self, recent, tmp_path, opened):
        first = certify(oddities.Momentum(), recent, folder=tmp_path)
        n_calls = len(opened)
        assert n_calls >= 2
        assert certify(oddities.Momentum(), recent, folder=tmp_path) == first
        assert len(opened) == n_calls

    def test_an_offence_survives_the_disk(self, recent, tmp_path, load_cheat):
        cheat = load_cheat("whole_trend")
        first = certify(cheat, recent, folder=tmp_path)
        assert first.offences
        assert certify(cheat, recent, folder=tmp_path) == first
        (path,) = tmp_path.iterdir()
        assert Certificate.from_dict(json.loads(path.read_text())) == first

    @pytest.mark.parametrize(
        "what",
        [
            "bars",
            "cuts",
            *(
                pytest.param(what, marks=pytest.mark.slow)
                for what in ("context", "parameters", "seed")
            ),
        ],
    )
    def test_a_changed_case_is_tried_again(self, recent, tmp_path, what):
        market, rule, settings = recent, oddities.Forgetful(), {}
        first = certify(rule, market, folder=tmp_path)
        if what == "bars":
            market = replace(recent, bars=recent.bars * 1.01)
        elif what == "context":
            market = replace(recent, context=recent.context.iloc[:, :2])
        elif what == "parameters":
            rule = oddities.Forgetful(n=60)
        else:
            settings = {what: 7}
        assert certify(rule, market, folder=tmp_path, **settings).key != first.key
        assert len(list(tmp_path.iterdir())) == 2

    @pytest.mark.slow
    def test_a_damaged_file_is_made_anew(self, recent, tmp_path):
        first = certify(oddities.Momentum(), recent, folder=tmp_path)
        (path,) = tmp_path.iterdir()
        path.write_text('{"clean": true}')
        again = certify(oddities.Momentum(), recent, folder=tmp_path)
        assert dataclasses.replace(again, seconds=0) == dataclasses.replace(first, seconds=0)
        assert json.loads(path.read_text())["name"] == "Momentum"
