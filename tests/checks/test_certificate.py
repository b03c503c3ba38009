"""A certificate says clean only of what was looked at."""

from dataclasses import replace

import pytest

from kanalo.checks.certificate import CHANGED, SIGNAL, TRUNCATED, Certificate, Offence

OFFENCE = Offence("stop", 7, "2024-01-08 00:00", 8, "1.0", "2.0", TRUNCATED)
CLEAN = Certificate("rule", "xmr_1d", (), 40, 10, 12, 11, 2_100, "", "", 1.0, "")


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "clean"),
        ({"offences": (OFFENCE,)}, "leaks"),
        ({"error": "rule: cannot decide"}, "failed"),
        ({"offences": (OFFENCE,), "error": "rule: cannot decide"}, "leaks"),
        ({"n_decisions": 0, "n_decisions_checked": 0}, "no decisions"),
        ({"n_decisions_checked": 0}, "no decisions"),
        ({"n_decisions": 0, "n_decisions_checked": 0, "kind": SIGNAL}, "clean"),
    ],
)
def test_the_verdict_follows_from_what_was_found_and_looked_at(change, verdict):
    found = replace(CLEAN, **change)
    assert found.verdict == verdict
    assert found.clean == (verdict == "clean")
    assert found.to_dict()["verdict"] == verdict
    assert Certificate.from_dict(found.to_dict()) == found


def test_an_offence_is_a_sentence():
    sentence = "'stop' at bar 7 (2024-01-08 00:00) was 1.0, but {} from 8 on it is 2.0"
    assert str(OFFENCE) == sentence.format("without the bars")
    assert str(replace(OFFENCE, test=CHANGED)) == sentence.format("with other bars")
