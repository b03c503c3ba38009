"""Suspect bars are named: from the list, and where slower bars say something else."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kanalo.market import Market, make_passport, to_slower
from kanalo.market.suspect import compare_in_catalog, compare_with_slower, find_suspect
from kanalo.market.synthetic import random_walk_market

PERPETUAL = "binance-usdm-perp"


def hours(start, venue=PERPETUAL, interval="1h", n_bars=72):
    market = random_walk_market(n_bars, 1, interval, symbol="XMRUSDT", venue=venue)
    index = pd.date_range(start, periods=n_bars, freq=market.length, tz="UTC", unit="ns")
    return Market.from_bars(
        market.bars.set_index(index), symbol="XMRUSDT", interval=interval, venue=venue, name="made"
    )


def slow(market, interval="4h"):
    made = to_slower(market, interval).bars
    return Market.from_bars(
        made, symbol="XMRUSDT", interval=interval, venue=PERPETUAL, name="slower"
    )


def test_the_hours_of_the_list_are_named():
    finding = make_passport(hours("2024-10-28")).find("suspect bars")
    assert (finding.value, finding.light) == (2, "amber")
    assert finding.note.startswith("2024-10-28 20:00, 2024-10-28 21:00: the hourly bars disagree")


@pytest.mark.parametrize(
    "market",
    [
        hours("2024-10-29"),
        hours("2024-10-28", venue="binance-spot"),
        hours("2024-10-28", venue="bybit-perp"),
        hours("2024-10-28", interval="4h"),
    ],
    ids=["another day", "spot", "another venue", "the four-hour bars themselves"],
)
def test_other_bars_are_not(market):
    assert find_suspect(market) is None
    assert make_passport(market).find("suspect bars") is None


def test_the_bundled_hours_contradict_the_bundled_day(xmr_1h, xmr_1d):
    finding = compare_with_slower(xmr_1h, xmr_1d)
    assert (finding.value, finding.light) == (1, "amber")
    assert "those of 2024-10-28 00:00" in finding.note


def test_slower_bars_that_agree_are_green():
    market = hours("2025-01-01")
    finding = compare_with_slower(market, slow(market))
    assert (finding.value, finding.light, finding.note) == (
        0,
        "green",
        "18 slower bars say the same.",
    )


def test_a_bar_that_differs_is_placed():
    market = hours("2025-01-01")
    slower = slow(market)
    bars = slower.bars.copy()
    bars.loc["2025-01-02T04:00Z", "low"] *= 0.99
    finding = compare_with_slower(market, replace(slower, bars=bars))
    assert (finding.value, finding.light) == (1, "red")
    assert "2025-01-02 04:00" in finding.note


def test_what_has_gaps_or_is_of_another_coin_is_not_compared():
    market = hours("2025-01-01", n_bars=8)
    slower = slow(market)
    holey = replace(market, bars=market.bars.drop(market.index[[1, 5]]), venue=market.venue[:6])
    assert compare_with_slower(replace(holey, context=pd.DataFrame()), slower) is None
    assert compare_with_slower(market, replace(slower, symbol="BTCUSDT")) is None
    assert compare_with_slower(slower, market) is None


def test_a_catalog_is_searched_for_slower_bars(data_dir, xmr_1h):
    found = compare_in_catalog(data_dir, xmr_1h)
    assert [each.name for each in found] == ["bars against xmr_1d"]
