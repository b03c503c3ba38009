"""An hour counts only where it was listened to from end to end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.market import Market
from kanalo.market.liquidation_bars import align_events
from kanalo.market.liquidations import EVENTS, Coverage
from kanalo.recording.coverage import find_windows
from kanalo.recording.journal import Line


@pytest.fixture
def lines(hours):
    """Listened to from 00:00 to 02:00, lost, back at 02:30, killed after a heartbeat at 05:00."""
    rows = [(0, "connected", "XMRUSDT,ETHUSDT"), (60, "frame", ""), (120, "heartbeat", "")]
    rows += [(125, "lost", ""), (150, "connected", "XMRUSDT"), (300, "heartbeat", "")]
    rows += [(400, "connected", "ETHUSDT"), (500, "heartbeat", "")]
    return [Line(hours(minute), kind, text) for minute, kind, text in rows]


def test_spans_end_at_the_last_sign_of_life(lines):
    windows = find_windows(lines, "binance", "XMRUSDT", censored=True)
    assert [(f"{w.start:%H:%M}", f"{w.end:%H:%M}") for w in windows] == [
        ("00:00", "02:00"),
        ("02:30", "05:00"),
    ]


def test_other_symbols_have_their_own_spans(lines):
    windows = find_windows(lines, "binance", "ETHUSDT", censored=True)
    assert [f"{w.start:%H:%M}" for w in windows] == ["00:00", "06:40"]
    assert find_windows(lines, "binance", "BTCUSDT", censored=True) == ()


def test_an_hour_that_was_heard_without_an_event_is_zero_and_others_are_unknown(lines):
    times = pd.date_range("2026-05-01", periods=6, freq="1h", tz="UTC", unit="ns")
    bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), 100.0), times)
    market = Market.from_bars(bars, symbol="XMRUSDT")
    windows = find_windows(lines, "bybit", "XMRUSDT", censored=False)
    events = pd.DataFrame({name: pd.Series(dtype=object) for name in EVENTS})
    aligned = align_events(market, events, windows)
    sums = aligned["liquidation_long_usd_bybit"].to_numpy()
    assert np.array_equal(sums, [0, 0, np.nan, 0, 0, np.nan], equal_nan=True)
    states = aligned["liquidation_coverage_bybit"].astype(int).tolist()
    whole, part = Coverage.REPORTED, Coverage.PARTIAL
    assert states == [whole, whole, part, whole, whole, Coverage.UNKNOWN]
