"""p-values of equal coins come from null panels."""

import math

import pytest

from kanalo.panel import equal_coins
from kanalo.panel.equal_coins import calc_differ_p


@pytest.fixture
def nulls(monkeypatch):
    known = {"many": [i / 200 for i in range(200)], "few": [0.5]}
    monkeypatch.setattr(equal_coins, "_read", lambda: known)


@pytest.mark.usefixtures("nulls")
def test_the_share_of_null_panels_as_extreme_is_the_p_value():
    assert calc_differ_p("many", 0.0975) == pytest.approx(21 / 201)
    assert calc_differ_p("many", -1.0) == pytest.approx(1 / 201)


@pytest.mark.usefixtures("nulls")
def test_a_claim_with_few_null_panels_has_those_of_all():
    assert calc_differ_p("few", 1.0) == calc_differ_p("unheard", 1.0) == 1.0
    assert calc_differ_p("few", 0.0) == pytest.approx(2 / 202)


def test_what_is_unknown_stays_unknown(monkeypatch):
    assert math.isnan(calc_differ_p("clusters", float("nan")))
    monkeypatch.setattr(equal_coins, "_read", dict)
    assert math.isnan(calc_differ_p("clusters", 0.5))


def test_the_bundled_null_panels_are_read():
    assert 0 < calc_differ_p("clusters", 0.5) <= 1
