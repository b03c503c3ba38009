"""Tardis, Bitfinex and Hyperliquid: whose side it is, what counts, and what is refused."""

import gzip
import json

import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market.readers.formats import read_files
from kanalo.market.readers.reading import ReadOptions

TARDIS = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def tardis_row(exchange, symbol, side="sell", amount=2):
    return f"{exchange},{symbol},1714521600123000,1714521600130000,,{side},100,{amount}\n"


def test_a_sale_of_tardis_closed_a_long_and_the_day_was_recorded(tmp_path):
    text = (
        TARDIS
        + tardis_row("binance-futures", "XMRUSDT")
        + tardis_row("binance-futures", "XMRUSDT", "buy", 3)
    )
    path = write(tmp_path / "day.csv.gz", gzip.compress(text.encode()))
    reading = read_files("tardis-liquidations", [path])
    assert reading.frame["side"].tolist() == ["long", "short"]
    assert reading.frame["notional_usd"].tolist() == [200, 300]
    assert reading.frame["censored"].all()
    assert reading.frame["time"].iloc[0] == pd.Timestamp("2024-05-01T00:00:00.123Z")
    (window,) = reading.windows
    assert (window.exchange, window.end - window.start) == ("binance", pd.Timedelta(days=1))


def test_okx_counts_in_contracts(tmp_path):
    path = write(tmp_path / "day.csv", TARDIS + tardis_row("okex-swap", "XMR-USDT-SWAP"))
    with pytest.raises(DataError, match="--contract-value"):
        read_files("tardis-liquidations", [path])
    reading = read_files("tardis-liquidations", [path], ReadOptions(contract_value=0.1))
    assert reading.frame["quantity"].tolist() == [pytest.approx(0.2)]
    assert reading.frame["exchange"].tolist() == ["okx"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (tardis_row("binance-futures", "XMRUSDT", "Buy"), "column 'side': expected buy or sell"),
        (tardis_row("kraken", "XMRUSDT"), "column 'exchange': expected binance-futures"),
        (tardis_row("binance-futures", "XMRBTC"), "a symbol quoted in USD"),
        (tardis_row("binance-futures", "XMRUSDT", amount=0), "a positive number"),
    ],
)
def test_what_tardis_does_not_write_is_refused(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        read_files("tardis-liquidations", [write(tmp_path / "day.csv", TARDIS + row)])


def position(amount, is_match=1, pair="tXMRF0:USTF0", price=95.0):
    return ["pos", 7, 1714521600123, None, pair, amount, 100.0, None, is_match, 1, None, price]


def test_the_sign_of_bitfinex_is_the_position_and_triggers_do_not_count(tmp_path):
    rows = [[position(2.0, 0, price=None)], [position(2.0)], [position(-3.0, price=104.0)]]
    rows.append([position(1.0, pair="tXMRBTC")])
    reading = read_files("bitfinex-liquidations", [write(tmp_path / "a.json", json.dumps(rows))])
    assert reading.frame["side"].tolist() == ["long", "short"]
    assert reading.frame["quantity"].tolist() == [2.0, 3.0]
    assert reading.frame["price"].tolist() == [95.0, 104.0]
    assert reading.frame["entry_price"].tolist() == [100.0, 100.0]
    assert reading.frame["symbol"].tolist() == ["XMRUSDT", "XMRUSDT"]
    assert reading.skipped == 2


def test_frames_of_bitfinex_are_read_like_its_history(tmp_path):
    frames = [
        {"event": "info", "version": 2},
        {"event": "subscribed", "channel": "status", "chanId": 9, "key": "liq:global"},
        [9, "hb"],
        [9, [position(2.0)]],
    ]
    text = "".join(json.dumps(each) + "\n" for each in frames)
    reading = read_files("bitfinex-liquidations", [write(tmp_path / "a.jsonl", text)])
    assert reading.frame["notional_usd"].tolist() == [190.0]


def test_a_position_of_another_form_is_refused(tmp_path):
    path = write(tmp_path / "a.json", json.dumps([[position(2.0)[:-1]]]))
    with pytest.raises(DataError, match="row 1, column 'pos': expected a list of 12 values"):
        read_files("bitfinex-liquidations", [path])


def block(user, liquidated="0xa", side="A"):
    fill = {"coin": "XMR", "px": "95", "sz": "2", "side": side, "time": 1714521600123, "tid": 1}
    fill["liquidation"] = {"liquidatedUser": liquidated, "markPx": "96", "method": "market"}
    return json.dumps({"events": [[user, fill]]}) + "\n"


def test_only_the_liquidated_users_own_fill_counts(tmp_path):
    text = block("0xa") + block("0xb", side="B")
    reading = read_files("hyperliquid-fills", [write(tmp_path / "0.jsonl", text)])
    assert reading.frame["side"].tolist() == ["long"]
    assert reading.frame["symbol"].tolist() == ["XMRUSDC"]
    assert not reading.frame["censored"].any()
    assert reading.windows[0].end == pd.Timestamp("2024-05-01T01:00Z")


def test_fills_without_a_liquidation_are_said(tmp_path):
    with pytest.raises(DataError, match="has no liquidations"):
        read_files("hyperliquid-fills", [write(tmp_path / "0.jsonl", block("0xb"))])
