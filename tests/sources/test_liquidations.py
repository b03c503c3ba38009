"""Each source of reported liquidations against venues here: what came, what is covered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.market import load_table
from kanalo.market.manifest import read_manifest

DAY = pd.Timedelta(days=1)


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in ("COINALYZE_API_KEY", "COINGLASS_API_KEY"):
        monkeypatch.setenv(name, "right-key")


def test_tardis_gives_the_first_day_of_each_month(fetch, folder, venues):
    outcome = fetch("XMRUSDT", "liquidations", start="2026-04-01")
    assert (outcome.error, outcome.rows) == ("", 2 * 96)
    windows = read_manifest(folder).table("xmrusdt_liquidations_tardis").windows
    assert [window["start"] for window in windows] == [
        "2026-04-01T00:00:00Z",
        "2026-05-01T00:00:00Z",
    ]


def test_tardis_counts_contracts_of_okx(fetch, folder):
    fetch("XMRUSDT", "liquidations", start="2026-04-28")
    fetch("XMRUSDT", "liquidations", venue="okx", start="2026-04-28")
    # The venue's symbol is another one there, and has no file here: nothing is made up.
    assert "xmrusdt_liquidations_tardis_okx" not in read_manifest(folder).tables


def test_bitfinex_pages_through_its_history_with_entry_prices(fetch, folder, venues, pauses):
    outcome = fetch("XMRUSDT", "liquidations", "bitfinex", source="bitfinex")
    frame = load_table(folder, "xmrusdt_liquidations_bitfinex")
    start = int(pd.Timestamp("2026-05-14", tz="UTC").timestamp() * 1000)
    events = venues.world.liquidations("XMRUSDT", start, venues.world.now)
    assert outcome.rows == len(events) == len(frame)
    assert frame["entry_price"].tolist() == [each["entry"] for each in events]
    assert pauses.count(20.0) >= 4  # three requests a minute
    (window,) = read_manifest(folder).table("xmrusdt_liquidations_bitfinex").windows
    assert window["start"] == "2026-05-14T00:00:00Z"


def test_an_update_of_bitfinex_extends_what_is_covered(fetch, folder, venues):
    fetch("XMRUSDT", "liquidations", "bitfinex", source="bitfinex")
    venues.world.now += 3 * 3_600_000
    outcome = fetch("XMRUSDT", "liquidations", "bitfinex", source="bitfinex")
    assert outcome.added == 12
    (window,) = read_manifest(folder).table("xmrusdt_liquidations_bitfinex").windows
    assert window["end"].startswith("2026-05-20T15:34:5")


@pytest.mark.parametrize("source", ["coinalyze", "coinglass"])
def test_aggregators_give_sums_of_whole_hours(fetch, folder, source):
    outcome = fetch("XMRUSDT", "liquidations", source=source)
    frame = load_table(folder, f"xmrusdt_liquidations_{source}")
    assert outcome.error == ""
    assert frame.index[-1] == pd.Timestamp("2026-05-20T11:00Z")
    assert np.isfinite(frame["long_usd"]).all()
    assert frame["censored"].all()


def test_both_aggregators_say_the_same(fetch, folder):
    frames = []
    for source in ("coinalyze", "coinglass"):
        fetch("XMRUSDT", "liquidations", source=source)
        frames.append(load_table(folder, f"xmrusdt_liquidations_{source}"))
    assert frames[0]["short_usd"].equals(frames[1]["short_usd"])


def test_an_unknown_symbol_of_an_aggregator_is_refused(fetch):
    error = fetch("ETCUSDT", "liquidations", source="coinalyze").error
    assert error == "Coinalyze has no ETCUSDT of binance. Did you mean 'ETHUSDT'?"


def test_hyperliquid_gives_hours_of_fills(fetch, folder, venues):
    fields = {"source": "hyperliquid", "start": "2026-05-20"}
    outcome = fetch("XMRUSDT", "liquidations", "hyperliquid", **fields)
    assert (outcome.error, outcome.rows) == ("", 48)
    frame = load_table(folder, "xmrusdt_liquidations_hyperliquid")
    assert set(frame["price_kind"]) == {"fill"}
