"""Reported liquidations replace the estimate bar by bar, where some venue reported all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kanalo.market.findings import find_liquidations
from kanalo.market.liquidations import Coverage
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.mixed_flow import FEWEST, mixed_flow

N, FIRST = 400, 100


def report(market, coverage, longs=1e6, shorts=3e6, name="bybit"):
    """Let a venue have reported every bar from FIRST on."""
    heard = np.arange(len(market)) >= FIRST
    columns = {
        f"liquidation_long_usd_{name}": np.where(heard, longs, np.nan),
        f"liquidation_short_usd_{name}": np.where(heard, shorts, np.nan),
        f"liquidation_coverage_{name}": np.where(heard, float(coverage), 0.0),
    }
    table = pd.DataFrame(columns, index=market.index)
    context = market.context.join(table) if len(market.context.columns) else table
    return replace(market, context=context)


@pytest.fixture
def market():
    return random_walk_market(N, seed=3)


def test_without_enough_coverage_it_is_the_estimate_to_the_last_bit(market):
    for each in (market, report(market, Coverage.CENSORED), report(market, Coverage.PARTIAL)):
        mixed, own = mixed_flow(each, hours=24), estimated_flow(market, hours=24)
        assert np.array_equal(mixed.longs, own.longs, equal_nan=True)
        assert np.array_equal(mixed.shorts, own.shorts, equal_nan=True)
        assert mixed.origin == "estimated"
        assert not mixed.reported.any()


def test_reported_bars_count_after_the_first_day(market):
    mixed = mixed_flow(report(market, Coverage.REPORTED))
    expected = np.arange(N) >= FIRST + FEWEST - 1
    assert np.array_equal(mixed.reported, expected)
    assert mixed.labels[0] == "estimated"
    assert mixed.labels[-1] == "reported"
    assert mixed.imbalance[expected] == pytest.approx(0.5)
    own = estimated_flow(market)
    assert mixed.longs[~expected] == pytest.approx(own.longs[~expected])


def test_totals_have_the_size_of_the_estimate(market):
    mixed, own = mixed_flow(report(market, Coverage.REPORTED)), estimated_flow(market)
    ratio = np.nanmedian(mixed.total[mixed.reported]) / np.nanmedian(own.total[mixed.reported])
    assert 0.2 < ratio < 5


def test_the_unit_of_the_report_does_not_matter(market):
    one = mixed_flow(report(market, Coverage.REPORTED, 1e6, 3e6))
    other = mixed_flow(report(market, Coverage.REPORTED, 2e6, 6e6))
    assert one.shorts == pytest.approx(other.shorts, nan_ok=True)


def test_throttled_feeds_are_added_where_another_one_is_whole(market):
    both = report(report(market, Coverage.REPORTED, 0.0, 3e6), Coverage.CENSORED, 3e6, 0.0, "okx")
    assert mixed_flow(both).imbalance[-1] == pytest.approx(0.0)


@pytest.mark.parametrize("cut", [90, 130, 250, 399])
def test_a_prefix_knows_nothing_of_what_follows(market, cut):
    whole = report(market, Coverage.REPORTED)
    for hours in (1, 24):
        part, all_of_it = mixed_flow(whole.rows(0, cut), hours), mixed_flow(whole, hours)
        assert np.array_equal(part.shorts, all_of_it.shorts[:cut], equal_nan=True)
        assert np.array_equal(part.reported, all_of_it.reported[:cut])


def test_the_passport_says_the_share(market):
    note = find_liquidations(report(market, Coverage.REPORTED)).note
    assert "Rules read what was reported on 75.0 % of the bars" in note
    assert "Rules read" not in find_liquidations(report(market, Coverage.CENSORED)).note
