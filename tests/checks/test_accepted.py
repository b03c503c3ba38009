"""Wrong arguments: each message names the function, the argument, the value and what is taken."""

import importlib

import numpy as np
import pytest

from kanalo.checks import certify, certify_all, certify_detector, certify_signal, check_strategy
from kanalo.errors import KanaloError
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.volatility import atr
from kanalo.strategy import Strategy

oddities = importlib.import_module("tests.checks.rules.oddities")
MARKET = random_walk_market(300, 1, "1d")
RULE = oddities.NoWarmUp()

SETTINGS = [
    ({"cuts": 0}, r"\(\): 'cuts' must be an int of at least 1; received 0\."),
    ({"cuts": 2.5}, r"\(\): 'cuts' must be an int of at least 1; received 2\.5\."),
    ({"cuts": True}, r"\(\): 'cuts' must be an int of at least 1; received True\."),
    ({"cuts": "40"}, r"\(\): 'cuts' must be an int of at least 1; received '40'\."),
    ({"seed": -1}, r"\(\): 'seed' must be an int of at least 0; received -1\."),
    ({"seed": None}, r"\(\): 'seed' must be an int of at least 0; received None\."),
    ({"thorough": 1}, r"\(\): 'thorough' must be True or False; received 1\."),
]
MARKETS = [
    ("xmr_1d", r"\(\): 'market' must be a kanalo\.Market .+; received 'xmr_1d'\."),
    (MARKET.bars, r"\(\): 'market' must be a kanalo\.Market .+ a DataFrame of shape \(300, 5\)\."),
    (MARKET.rows(0, 2), r"\(\): 'market' must have at least 3 bars, .+ received 2\."),
]
FUNCTIONS = {
    "certify": (certify, RULE),
    "certify_all": (certify_all, [RULE]),
    "certify_signal": (certify_signal, atr),
    "certify_detector": (certify_detector, atr),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("settings", "message"), SETTINGS)
def test_wrong_settings_are_named(name, settings, message):
    function, subject = FUNCTIONS[name]
    with pytest.raises(KanaloError, match=f"^{name}{message}$"):
        function(subject, MARKET, **settings)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("market", "message"), MARKETS)
def test_wrong_markets_are_named(name, market, message):
    function, subject = FUNCTIONS[name]
    with pytest.raises(KanaloError, match=f"^{name}{message}$"):
        function(subject, market)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: certify(object(), MARKET), r"certify\(\): only a kanalo.Strategy can be cert"),
        (lambda: certify(type(RULE), MARKET), r"class NoWarmUp\. Did you mean NoWarmUp\(\)\?"),
        (lambda: certify_all(RULE, MARKET), r"certify_all\(\): 'strategies' must be a list of"),
        (lambda: certify(RULE, MARKET, folder=3), r"'folder' must be a path or None; received 3"),
        (lambda: certify_all([RULE], MARKET, progress=3), r"'progress' must be a function; rec"),
        (lambda: certify_signal(3, MARKET), r"certify_signal\(\): 'function' must be a function"),
        (lambda: certify_signal(atr, MARKET, name=3), r"'name' must be a str; received 3\."),
        (lambda: certify_signal(atr, MARKET, warm_up=-1), r"'warm_up' must be an int of at least"),
        (lambda: certify_detector(None, MARKET), r"'detector' must be a function; received None"),
        (lambda: check_strategy(3), r"check_strategy\(\): 'cls' must be a subclass of kanalo"),
        (lambda: check_strategy(RULE), r"received NoWarmUp\(\)\. Did you mean NoWarmUp\?"),
        (lambda: check_strategy(type(RULE), "x"), r"check_strategy\(\): 'market' must be a kan"),
    ],
)
def test_other_wrong_arguments_are_named(call, message):
    with pytest.raises(KanaloError, match=message):
        call()


@pytest.mark.slow
def test_numbers_of_numpy_are_numbers(tmp_path):
    plain = certify(RULE, MARKET, cuts=4, seed=1)
    found = certify(RULE, MARKET, cuts=np.int64(4), seed=np.int32(1), folder=str(tmp_path))
    assert (found.n_cuts, found.verdict) == (plain.n_cuts, plain.verdict)
    assert certify_signal(atr, MARKET, cuts=np.int64(3), warm_up=np.int64(200)).clean


def test_nothing_that_is_abstract_is_decided():
    with pytest.raises(KanaloError, match="docstring|rule in words"):
        check_strategy(type("Odd", (Strategy,), {"decide": lambda self, market: None}))
