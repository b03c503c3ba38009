"""Functions of a frame that look ahead are caught by name, and honest ones are not accused."""

import importlib

import numpy as np
import pytest

from kanalo.checks.functions import certify_function, count_arguments
from kanalo.errors import ParameterError
from kanalo.market.synthetic import random_walk_market

cheats = importlib.import_module("tests.checks.functions.cheats")
honest = importlib.import_module("tests.checks.functions.honest")

CHEATS = {
    "next_close": {"signal"},
    "centred_mean": {"signal"},
    "normalised": {"score", "enter_long"},
    "week_close": {"signal"},
    "filled_back": {"signal"},
    "kept_by_name": {"signal"},
    "Freqtrade": {"rise", "enter_long", "enter_tag", "exit_long"},
}
"""Cheats and every column that they may be caught at."""

HONEST = [
    "cached_weights",
    "seeded_draws",
    "two_draws",
    "slow_filter",
    "needs_a_month",
    "missing_text",
    "populate_entry_trend",
    "Freqtrade",
]


@pytest.fixture(scope="module")
def market():
    return random_walk_market(900, 5, "1d")


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught_at_a_column_of_its_own(name, market):
    certificate = certify_function(getattr(cheats, name), market, cuts=12)
    assert certificate.verdict == "leaks", certificate
    assert {each.field for each in certificate.offences} <= CHEATS[name]
    assert certificate.name == name
    sentence = certificate.faults[0]
    assert " at bar " in sentence
    assert "without the bars" in sentence or "other bars" in sentence


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_function_is_not_accused(name, market):
    certificate = certify_function(getattr(honest, name), market, cuts=12)
    assert certificate.verdict == "clean", certificate.faults
    assert certificate.n_cuts >= 5


def test_what_depends_on_the_number_of_bars_alone_is_a_note(market):
    certificate = certify_function(honest.two_draws, market, cuts=12)
    assert certificate.note.startswith("depends on how many bars there are")
    assert "'exit_long'" in certificate.note


def test_a_column_that_says_yes_or_no_is_counted_as_decisions(market):
    certificate = certify_function(honest.slow_filter, market, cuts=8)
    expected = honest.slow_filter(market.bars).sum()
    assert (certificate.kind, certificate.n_decisions) == ("rule", expected)


def test_a_function_that_never_signals_gets_no_verdict(market):
    certificate = certify_function(lambda bars: bars["close"] < 0, market, cuts=4)
    assert certificate.verdict == "no decisions"


def test_a_function_that_returns_no_signals_is_named(market):
    certificate = certify_function(lambda bars: 3, market, cuts=4)
    assert certificate.verdict == "failed"
    assert "must return a Series or a DataFrame of signals" in certificate.faults[0]


def test_rows_that_are_no_bars_are_refused(market):
    certificate = certify_function(lambda bars: bars["close"].resample("8h").mean(), market, cuts=4)
    assert "must return one row per bar; received 2,698 rows" in certificate.faults[0]


def test_an_unseeded_draw_is_named_as_such(market):
    certificate = certify_function(lambda bars: np.random.default_rng().random(len(bars)), market)
    assert certificate.verdict == "failed"
    assert "does not decide the same twice" in certificate.faults[0]


def test_a_function_that_fails_is_named_with_its_error(market):
    certificate = certify_function(lambda bars: bars["Close"], market, cuts=4)
    assert "KeyError('Close')" in certificate.faults[0]


def test_wrong_arguments_are_named(market):
    with pytest.raises(ParameterError, match="'function'"):
        certify_function(3, market)
    with pytest.raises(ParameterError, match="'market'"):
        certify_function(honest.slow_filter, None)


def test_arguments_with_a_default_do_not_count():
    assert count_arguments(lambda bars, period=20: bars) == 1
