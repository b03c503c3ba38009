"""What the page's scripts read: compact, complete, harmless."""

import base64
import json

import numpy as np

from kanalo.report import page_data


def decode(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def test_a_script_block_cannot_be_closed_from_inside():
    text = page_data.to_script({"name": "</script><!--\u2028"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><!-- "}


def test_bars_come_back_within_a_pixel(build_market):
    market = build_market(500, interval="1h")
    stored = page_data.to_bars(market)
    minutes = decode(stored["minutes"], "<u4")
    np.testing.assert_array_equal(minutes * 60, market.index.as_unit("s").asi8)
    levels = decode(stored["prices"], "<u2").reshape(4, -1)
    span = stored["high"] - stored["low"]
    prices = np.exp(stored["low"] + span * levels / 65_535)
    np.testing.assert_allclose(prices[3], market.close, rtol=2e-5)
    np.testing.assert_allclose(prices[1], market.high, rtol=2e-5)
    assert stored["step"] == 3_600_000


def test_daily_prices_come_back(model):
    market = model["markets"][0]
    stored = page_data.to_prices(market)
    close = decode(stored["close"], "<f4")
    np.testing.assert_allclose(close, market["prices"]["close"], rtol=1e-6)
    assert decode(stored["time"], "<f8")[0] == np.datetime64("2020-01-01", "ms").astype(int)
    assert len(stored["rising"]) == len(close)


def test_trades_are_columns_of_the_latest(model):
    entry = model["results"][0]
    stored = page_data.to_trades(entry, 2)
    assert stored["total"] == len(entry["trades"]) == 6
    assert stored["columns"]["entry_price"] == [
        float(f"{trade['entry_price']:.6g}") for trade in entry["trades"][-2:]
    ]
    assert {len(column) for column in stored["columns"].values()} == {2}


def test_a_crowded_page_shares_its_room_fairly(monkeypatch):
    monkeypatch.setattr(page_data, "MAX_TRADES", 100)
    results = [{"trades": [None] * n} for n in (5, 500, 80)]
    limit = page_data.to_limit(results)
    assert limit == 47
    assert sum(min(limit, len(each["trades"])) for each in results) <= 100
    assert page_data.to_limit([{"trades": [None] * 7}]) == 7
    assert page_data.to_limit([]) == 0
