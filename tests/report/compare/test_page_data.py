"""What the page's scripts read: compact, complete, harmless."""

import base64
import json
import zlib

import numpy as np

from kanalo.report.compare import page_data


def decode(text, dtype):
    if not text.startswith("~"):
        return np.frombuffer(base64.b64decode(text), dtype)
    planes = zlib.decompress(base64.b64decode(text[1:]), -zlib.MAX_WBITS)
    bytes_ = np.frombuffer(planes, np.uint8).reshape(np.dtype(dtype).itemsize, -1)
    return np.ascontiguousarray(bytes_.T).view(dtype).ravel()


def decode_bars(stored):
    """Undo the steps between prices as the page's script does."""
    gap, above, below, body = (decode(each, "<u2").astype(int) for each in stored["prices"])
    closes = np.cumsum(gap + body) % 65_536
    opens = (np.concatenate([[0], closes[:-1]]) + gap) % 65_536
    return opens, np.maximum(opens, closes) + above, np.minimum(opens, closes) - below, closes


def test_a_script_block_cannot_be_closed_from_inside():
    text = page_data.to_script({"name": "</script><!--\u2028"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><!-- "}


def test_bars_come_back_within_a_pixel(build_market):
    market = build_market(500, interval="1h")
    stored = page_data.to_bars(market)
    minutes = np.cumsum(decode(stored["minutes"], "<u4"), dtype=np.int64)
    np.testing.assert_array_equal(minutes * 60, market.index.as_unit("s").asi8)
    span = stored["high"] - stored["low"]
    for levels, name in zip(decode_bars(stored), ("open", "high", "low", "close"), strict=True):
        prices = np.exp(stored["low"] + span * levels / stored["levels"])
        np.testing.assert_allclose(prices, getattr(market, name), rtol=4e-5)
    assert stored["step"] == 3_600_000


def test_daily_prices_come_back(model):
    market = model["markets"][0]
    stored = page_data.to_prices(market)
    close = decode(stored["close"], "<f4")
    np.testing.assert_allclose(close, market["prices"]["close"], rtol=2e-5)
    assert decode(stored["time"], "<f8")[0] == np.datetime64("2020-01-01", "ms").astype(int)
    opens = np.array(market["prices"]["open"])
    rising = decode(stored["rising"], "u1")
    np.testing.assert_array_equal(rising, np.array(market["prices"]["close"]) >= opens)


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
