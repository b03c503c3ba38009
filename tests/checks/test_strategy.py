"""`check_strategy` passes honest rules and names what a cheat does."""

import importlib
import re
from dataclasses import dataclass, replace

import pytest

from kanalo.checks import check_strategy
from kanalo.errors import CheckError, KanaloError
from kanalo.market.synthetic import random_walk_market

variants = importlib.import_module("tests.checks.rules.variants")


@pytest.mark.slow
def test_an_honest_rule_passes_and_the_check_says_what_it_saw():
    found = check_strategy(variants.Honest)
    assert found.strategy == "Honest"
    assert found.n_entries > 500
    assert found.n_exits > 500
    assert found.n_cuts >= 3 * 12


def test_a_market_of_ones_own_is_checked_instead():
    market = random_walk_market(300, 5, "1d")
    assert check_strategy(variants.Honest, market).n_entries < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cheat", "field"),
    [
        (variants.CentredWindow, "entries"),
        (variants.GlobalScale, "entries"),
        (variants.NextClose, "entries|exit_long"),
        (variants.FutureStop, "stop"),
        (variants.FutureGuard, "guard_long"),
        (variants.FutureOverlay, "overlay trend"),
        (variants.FutureTag, "tag"),
        (variants.LastDrawn, "overlay average"),
    ],
)
def test_a_look_ahead_is_caught_and_named(cheat, field):
    message = rf"^{cheat.__name__} decides otherwise on bars 0 to \d+ alone: '({field})' at bar \d+"
    with pytest.raises(CheckError, match=message):
        check_strategy(cheat)


@pytest.mark.slow
@pytest.mark.parametrize("cheat", [variants.ShortMemory, variants.Endless])
def test_a_longer_memory_than_stated_is_caught(cheat):
    with pytest.raises(CheckError, match=r"alone, after a warm-up of \d+: '.+' at bar \d+"):
        check_strategy(cheat)


@pytest.mark.slow
def test_a_rule_that_claims_no_bound_is_not_held_to_one():
    check_strategy(variants.Unbounded)


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (variants.Moody, "Moody decides otherwise on the same bars once more: '.+' at bar"),
        (variants.Forgetful, "Forgetful changes the bars that it looks at."),
        (variants.Lax, "Lax accepts days=1, which lies outside its bounds"),
        (
            variants.WrongWarmUp,
            "WrongWarmUp.warm_up must return a number of bars or None; received 1.5.",
        ),
        (variants.NoDecisions, r"NoDecisions.decide\(\) must return Decisions; received None"),
        (variants.OtherLength, r"OtherLength.decide\(\) decided on 499 bars; the market has 500."),
    ],
)
def test_other_faults_are_named(cheat, message):
    with pytest.raises(CheckError, match=message):
        check_strategy(cheat)


@pytest.mark.parametrize("cls", [variants.Undocumented, variants.Terse])
def test_a_rule_without_words_is_refused(cls):
    with pytest.raises(CheckError, match=f"docstring of {cls.__name__} must say the rule"):
        check_strategy(cls)


def test_a_class_that_cannot_be_pickled_is_refused():
    @dataclass(frozen=True)
    class Local(variants.Honest):
        """Buy as an honest rule would, from inside a function that no worker can import."""

    with pytest.raises(CheckError, match=re.escape("Local cannot be pickled")):
        check_strategy(Local)


def test_bounds_are_tried_and_must_decide():
    message = r"Brittle cannot decide on the 500 bars from .+ to .+: ZeroDivisionError\(\)"
    with pytest.raises(CheckError, match=message):
        check_strategy(variants.Brittle)


def test_the_error_is_an_assertion_and_one_of_ours():
    assert issubclass(CheckError, AssertionError)
    assert issubclass(CheckError, KanaloError)


def test_the_cache_of_the_whole_history_does_not_help_a_cheat():
    market = random_walk_market(300, 6, "1d")
    market.cached(variants.moving_whole)
    with pytest.raises(CheckError, match="'entries'"):
        check_strategy(variants.Cached, market)
    assert replace(market).cached(variants.moving_whole) is not market.cached(variants.moving_whole)
