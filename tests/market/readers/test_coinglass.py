"""Coinglass: the row All is a total, an order's side is its direction, funding is in percent."""

import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers import coinglass
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()
PAIR = ReadOptions(exchange="Binance", symbol="XMRUSDT")
DAY = ReadOptions(
    symbol="XMRUSDT",
    start=pd.Timestamp("2026-01-30T12:00Z"),
    end=pd.Timestamp("2026-01-31T12:00Z"),
)
FIRST = {
    "time": 1658880000000,
    "long_liquidation_usd": "2369935.19562",
    "short_liquidation_usd": "6947459.43674",
}
SECOND = {**FIRST, "time": 1658966400000, "long_liquidation_usd": "5118407.85124"}


def wrap(rows):
    return {"code": "0", "msg": "success", "data": rows}


def test_the_history_of_a_pair(save):
    reading = coinglass.read_pair_history(save(wrap([FIRST, SECOND, SECOND])), PAIR)
    frame = reading.frame
    assert (reading.kind, reading.duplicates, len(frame)) == ("liquidation_sums", 1, 2)
    assert frame["time"][0] == pd.Timestamp("2022-07-27T00:00Z")
    assert frame["end"][0] == pd.Timestamp("2022-07-28T00:00Z")
    assert frame["long_usd"].tolist() == [2369935.19562, 5118407.85124]
    assert frame["short_usd"].tolist() == [6947459.43674] * 2
    assert frame["long_quantity"].isna().all()
    assert set(frame["exchange"]) == {"binance"}
    assert frame["censored"].all()


def test_a_pair_must_be_named(save):
    path = save(wrap([FIRST, SECOND]))
    with pytest.raises(ParameterError, match="does not say its exchange: give --exchange"):
        coinglass.read_pair_history(path, PLAIN)
    with pytest.raises(ParameterError, match="does not say its symbol: give --symbol"):
        coinglass.read_pair_history(path, ReadOptions(exchange="Binance"))


def test_two_sums_of_one_time_that_differ_are_refused(save):
    path = save(wrap([FIRST, SECOND, {**SECOND, "long_liquidation_usd": "1"}]))
    with pytest.raises(DataError, match="expected one row for 2022-07-28"):
        coinglass.read_pair_history(path, PAIR)


def exchange(name, longs, shorts):
    sides = {"long_liquidation_usd": longs, "short_liquidation_usd": shorts}
    return {"exchange": name, "liquidation_usd": longs + shorts, **sides}


LIST = [
    exchange("All", 41_000.0, 324_000.0),
    exchange("Binance", 30_000.0, 235_600.0),
    exchange("Bybit", 11_000.0, 88_400.0),
]


def test_the_total_is_not_counted_twice(save):
    reading = coinglass.read_exchange_list(save(wrap(LIST)), DAY)
    frame = reading.frame.set_index("exchange")
    assert sorted(frame.index) == ["binance", "bybit"]
    assert frame["short_usd"].sum() == 324_000
    assert frame["long_usd"].sum() == 41_000
    assert (reading.skipped, reading.duplicates) == (1, 0)
    assert frame.loc["bybit", "time"] == DAY.start
    assert frame.loc["bybit", "end"] == DAY.end


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([exchange("All", 1.0, 1.0), *LIST[1:]], "expected the total of all exchanges, 365,000"),
        (LIST[:1], "expected rows of exchanges; received only 'All'"),
        ([*LIST, exchange("Binance", 0.0, 0.0)], "column 'exchange': binance comes twice"),
        ([{"exchange": "All"}], "row 1: column 'liquidation_usd' is missing"),
    ],
)
def test_a_wrong_exchange_list_is_refused(save, rows, expected):
    with pytest.raises(DataError, match=expected):
        coinglass.read_exchange_list(save(wrap(rows)), DAY)


def test_an_exchange_list_needs_its_span(save):
    with pytest.raises(ParameterError, match="does not say its span: give --from and --to"):
        coinglass.read_exchange_list(save(wrap(LIST)), ReadOptions(symbol="XMRUSDT"))


ORDER = {
    "exchange_name": "BINANCE",
    "symbol": "BTCUSDT",
    "base_asset": "BTC",
    "price": 87535.9,
    "usd_value": 205534.2932,
    "side": 2,
    "time": 1745216319263,
}


def test_a_sold_order_closed_a_long(save):
    orders = [ORDER, {**ORDER, "side": 1}, ORDER]
    reading = coinglass.read_orders(save(wrap(orders)), PLAIN)
    frame = reading.frame
    assert frame["side"].tolist() == ["long", "short"]
    assert reading.duplicates == 1
    assert frame["exchange"].tolist() == ["binance"] * 2
    assert frame["notional_usd"].tolist() == [205534.2932] * 2
    assert frame["quantity"][0] == pytest.approx(205534.2932 / 87535.9)


@pytest.mark.parametrize("side", [0, 3, "buy"])
def test_another_side_is_refused(save, side):
    path = save(wrap([{**ORDER, "side": side}]))
    with pytest.raises(DataError, match=rf"row 1, column 'side': expected 1.*received '{side}'"):
        coinglass.read_orders(path, PLAIN)


def candles(*closes):
    return [
        {"time": 1767225600000 + n * 28_800_000, "open": "0", "high": "9", "low": "0", "close": c}
        for n, c in enumerate(closes)
    ]


def test_funding_in_percent_becomes_a_fraction_at_the_candles_end(save):
    frame = coinglass.read_funding(save(wrap(candles("0.01", "-0.65"))), PLAIN).frame
    assert frame["funding_rate"].tolist() == pytest.approx([0.0001, -0.0065])
    assert frame["time"][0] == pd.Timestamp("2026-01-01T08:00Z")


def test_open_interest_is_known_after_its_candle(save):
    path = save(wrap(candles("1000", "2000")))
    frame = coinglass.read_open_interest(path, PLAIN).frame
    assert frame["open_interest_usd"].tolist() == [1000, 2000]
    assert frame["known_at"][0] == pd.Timestamp("2026-01-01T08:05Z")
    coins = coinglass.read_open_interest(path, ReadOptions(unit="base")).frame
    assert coins["open_interest"].tolist() == [1000, 2000]
    with pytest.raises(ParameterError, match="The 'unit' must be base or usd; received 'eur'"):
        coinglass.read_open_interest(path, ReadOptions(unit="eur"))


def test_long_short_ratio(save):
    row = {
        "global_account_long_percent": 73.88,
        "global_account_short_percent": 26.12,
        "global_account_long_short_ratio": 2.83,
    }
    rows = [{"time": 1767225600000 + n * 3_600_000, **row} for n in range(2)]
    frame = coinglass.read_long_short(save(wrap(rows)), PLAIN).frame
    assert frame["long_short_ratio"].tolist() == [2.83] * 2


def test_an_answer_that_failed_is_refused(save):
    path = save({"code": "401", "msg": "Upgrade plan", "data": []})
    with pytest.raises(DataError, match="expected an answer with data; received 'Upgrade plan'"):
        coinglass.read_orders(path, PLAIN)
    with pytest.raises(DataError, match="the file has no rows; expected liquidation orders"):
        coinglass.read_orders(save(wrap([])), PLAIN)
