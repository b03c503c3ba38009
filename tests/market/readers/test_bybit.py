"""Bybit: Buy means that a LONG was liquidated, the opposite of Binance's spelling."""

import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market.readers.bybit import read_liquidations
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()


def entry(side="Sell", symbol="ROSEUSDT", size="20000", price="0.04499", time=1739502302929):
    return {"T": time, "s": symbol, "S": side, "v": size, "p": price}


def message(*entries, topic="allLiquidation.ROSEUSDT"):
    """The documented message."""
    return {"topic": topic, "type": "snapshot", "ts": 1739502303204, "data": list(entries)}


def test_the_documented_message(save):
    reading = read_liquidations(save((message(entry()),)), PLAIN)
    row = reading.frame.iloc[0]
    assert row["time"] == pd.Timestamp("2025-02-14T03:05:02.929Z")
    assert (row["exchange"], row["symbol"], row["side"]) == ("bybit", "ROSEUSDT", "short")
    assert (row["quantity"], row["price"]) == (20000, 0.04499)
    assert row["notional_usd"] == pytest.approx(899.8)
    assert (row["price_kind"], row["censored"]) == ("bankruptcy", False)


def test_buy_is_a_liquidated_long(save):
    assert read_liquidations(save((message(entry("Buy")),)), PLAIN).frame["side"][0] == "long"


def test_the_old_topic_is_censored_and_has_the_same_sides(save):
    data = {"updatedTime": 1703485237953, "symbol": "BTCUSDT", "side": "Buy"}
    old = message(topic="liquidation.BTCUSDT")
    old["data"] = {**data, "size": "0.003", "price": "43511.70"}
    row = read_liquidations(save((old,)), PLAIN).frame.iloc[0]
    assert (row["side"], row["quantity"], row["censored"]) == ("long", 0.003, True)


def test_several_entries_answers_and_repetitions(save):
    answer = {"success": True, "ret_msg": "", "conn_id": "x", "op": "subscribe"}
    path = save((answer, message(entry(), entry("Buy")), message(entry())))
    reading = read_liquidations(path, PLAIN)
    assert sorted(reading.frame["side"]) == ["long", "short"]
    assert reading.duplicates == 1


def test_an_inverse_contract_needs_its_value(save):
    path = save((message(entry("Buy", "BTCUSD", "5000", "50000")),))
    with pytest.raises(DataError, match=r"column 's': expected a contract of known size"):
        read_liquidations(path, PLAIN)
    row = read_liquidations(path, ReadOptions(contract_value=1)).frame.iloc[0]
    assert (row["notional_usd"], row["quantity"]) == (5000, 0.1)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (message(entry("BUY")), r"row 1, column 'S': expected Buy or Sell.*received 'BUY'"),
        (message(entry("Long")), r"row 1, column 'S': expected Buy or Sell"),
        (message(entry(size="0")), r"row 1, column 'v': expected a positive number"),
        (message(entry(symbol="BTCPERP")), r"row 1, column 's': expected a symbol quoted in USD"),
        (message({**entry(), "x": 1}), r"row 1: column 'x' is unknown; expected T, s, S, v, p"),
        (message(entry(), topic="publicTrade.X"), r"column 'topic': expected allLiquidation\.SY"),
        ({"data": []}, r"row 1: column 'topic' is missing"),
    ],
)
def test_what_is_not_known_is_refused(save, wrong, expected):
    with pytest.raises(DataError, match=expected):
        read_liquidations(save((wrong,)), PLAIN)
