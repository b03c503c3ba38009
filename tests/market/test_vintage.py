"""A table that only grows can be read as it was; one that was revised cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.market import load_market, make_passport
from kanalo.market.liquidations import EVENTS_KIND, Window
from kanalo.market.manifest import read_manifest
from kanalo.market.readers.reading import BARS_KIND, FUNDING_KIND, Reading
from kanalo.market.store import Target, store_reading
from kanalo.market.vintage import count_same, go_back

ROOT = Path(__file__).parents[2]
START = pd.Timestamp("2026-05-01", tz="UTC").as_unit("ns")
HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def folder(tmp_path):
    manifest = json.loads((ROOT / "data/manifest.json").read_text())
    empty = {"tables": {}, "markets": {}, "documents": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | empty))
    return tmp_path


def make_bars(n_bars):
    close = 100.0 + np.arange(n_bars) % 7
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    times = pd.date_range(START, periods=n_bars, freq="h")
    return pd.DataFrame({"time": times, **columns, "volume": 5.0})


def store(folder, frame, kind=BARS_KIND, name="mine", windows=()):
    target = Target(name, "Mine", "Me", replace=True, symbol="XMRUSDT", venue="binance-perp")
    store_reading(folder, Reading(kind, frame, windows=windows), target)
    return load_market(folder, "mine") if "mine" in read_manifest(folder).markets else None


def test_a_market_is_read_as_it_was(folder):
    before = store(folder, make_bars(50))
    store(folder, make_bars(60))
    after = store(folder, make_bars(80))
    assert len(after) == 80
    again = load_market(folder, "mine", as_of=before.digests)
    assert again.digests == before.digests
    pd.testing.assert_frame_equal(again.bars, before.bars)
    manifest, grown = go_back(read_manifest(folder), before.digests)
    assert [(each.table, each.then, each.now) for each in grown] == [("mine", 50, 80)]
    assert manifest.table("mine").rows == 50


def test_what_joined_later_is_left_out(folder):
    before = store(folder, make_bars(50))
    times = pd.date_range(START, periods=7, freq="8h")
    funding = pd.DataFrame({"time": times, "funding_rate": 1e-4})
    after = store(folder, funding, FUNDING_KIND, "rates")
    assert "funding_rate" in after.context
    again = load_market(folder, "mine", as_of=before.digests)
    assert (list(again.context), again.digests) == (list(before.context), before.digests)
    now = load_market(folder, "mine", as_of=after.digests)
    pd.testing.assert_frame_equal(now.context, after.context)


def test_rows_that_were_revised_end_the_list(folder):
    first = store(folder, make_bars(50))
    second = store(folder, make_bars(60))
    revised = make_bars(70)
    revised.loc[55, "volume"] = 9.0
    store(folder, revised)
    kept = [each["rows"] for each in read_manifest(folder).table("mine").past]
    assert kept == [50]
    assert len(load_market(folder, "mine", as_of=first.digests)) == 50
    assert go_back(read_manifest(folder), second.digests)[1] == ()
    assert len(load_market(folder, "mine", as_of=second.digests)) == 70


def make_events(n_events):
    times = pd.date_range(START, periods=n_events, freq="90min")
    fixed = {"exchange": "bybit", "symbol": "XMRUSDT", "side": "long", "price": 100.0}
    more = {"quantity": 1.0, "notional_usd": 100.0, "price_kind": "mark", "censored": False}
    return pd.DataFrame({"time": times, **fixed, **more, "capture_window": "recorded"})


def test_what_was_covered_goes_back_too(folder):
    store(folder, make_bars(50))
    window = Window("bybit", START, START + 10 * HOUR, "XMRUSDT", censored=False)
    before = store(folder, make_events(6), EVENTS_KIND, "events", (window,))
    longer = replace(window, end=START + 30 * HOUR)
    after = store(folder, make_events(18), EVENTS_KIND, "events", (longer,))
    name = "liquidation_long_usd_bybit"
    assert np.isfinite(after.known(name)).sum() == 30
    again = load_market(folder, "mine", as_of=before.digests)
    np.testing.assert_array_equal(again.known(name), before.known(name))
    assert np.isfinite(again.known(name)).sum() == 10


def test_the_passport_names_the_vintage(folder):
    market = store(folder, make_bars(50))
    finding = make_passport(market).find("vintage")
    assert finding.light == "green"
    assert finding.note.startswith("mine: 50 rows to 2026-05-03T01:00 (")


@pytest.mark.parametrize(("change", "same"), [(None, 5), (3, 3), (0, 0)])
def test_leading_rows_are_counted(change, same):
    old = make_bars(5).assign(volume=[1.0, np.nan, 3, 4, 5])
    new = pd.concat([old, make_bars(8).iloc[5:]], ignore_index=True)
    if change is not None:
        new.loc[change, "low"] = 1.0
    assert count_same(old, new) == same
    assert count_same(old, new.drop(columns="volume")) == 0
