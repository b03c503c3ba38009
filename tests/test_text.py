"""Numbers with their nouns, and characters that terminals obey."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.text import count, count_trades, escape_json, to_visible

SPOKEN = "a\x1b[31mred\u202e\u2066\x07\x9b\rb"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 sets"), (1, "1 set"), (2, "2 sets"), (1_000, "1,000 sets")]
)
def test_one_is_singular(number, words):
    assert count(number, "set") == words


def test_a_plural_of_its_own():
    assert [count(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


def test_an_open_trade_is_named_apart():
    assert count_trades(0, 1) == "0 trades and 1 open"
    assert count_trades(3, 0) == "3 trades"


def test_what_a_terminal_obeys_is_shown():
    shown = to_visible(SPOKEN)
    assert shown == r"a\x1b[31mred\u202e\u2066\x07\x9b\rb"
    assert to_visible("naïve — 東京\n\t") == "naïve — 東京\n\t"


@given(st.text())
def test_json_keeps_its_value_and_shows_nothing_to_obey(text):
    written = escape_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert to_visible(written) == written
