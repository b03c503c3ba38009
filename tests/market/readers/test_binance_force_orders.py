"""Force orders: SELL closed a long, coin-margined contracts are USD, the unknown is refused."""

import gzip

import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market import load_table
from kanalo.market.readers.binance_force_orders import read_force_orders
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()


def event(side="SELL", symbol="BTCUSDT", quantity="0.014", price="9910", time=1568014460893):
    """The stream's documented example, or a variant of it."""
    order = {"s": symbol, "S": side, "o": "LIMIT", "f": "IOC", "q": quantity, "p": price}
    order |= {"ap": price, "X": "FILLED", "l": quantity, "z": quantity, "T": time}
    return {"e": "forceOrder", "E": time, "o": order}


def test_the_documented_event(save):
    reading = read_force_orders(save((event(),)), PLAIN)
    row = reading.frame.iloc[0]
    assert row["time"] == pd.Timestamp("2019-09-09T07:34:20.893Z")
    assert (row["exchange"], row["symbol"], row["side"]) == ("binance", "BTCUSDT", "long")
    assert (row["price"], row["quantity"]) == (9910, 0.014)
    assert row["notional_usd"] == pytest.approx(138.74)
    assert (row["price_kind"], row["censored"]) == ("bankruptcy", True)
    assert row["capture_window"] == "file"
    assert reading.kind == "liquidation_events"


def test_a_bought_order_closed_a_short(save):
    assert read_force_orders(save((event("BUY"),)), PLAIN).frame["side"].tolist() == ["short"]


def test_combined_streams_and_answers_to_subscriptions(save):
    wrapped = {"stream": "btcusdt@forceOrder", "data": event()}
    path = save(({"result": None, "id": 1}, wrapped, event("BUY", time=1568014461000)))
    assert read_force_orders(path, PLAIN).frame["side"].tolist() == ["long", "short"]


def test_a_json_array_and_a_compressed_log_read_alike(save, tmp_path):
    array = save([event(), event("BUY", time=1568014470000)], "array.json")
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(save((event(),)).read_bytes()))
    assert len(read_force_orders(array, PLAIN).frame) == 2
    assert len(read_force_orders(packed, PLAIN).frame) == 1


def test_exact_repetitions_are_dropped_and_counted(save):
    later = event(time=1568014462000)
    reading = read_force_orders(save((event(), event(), later, event())), PLAIN)
    assert (len(reading.frame), reading.duplicates) == (2, 2)


def test_events_are_sorted_by_time(save):
    reading = read_force_orders(save((event(time=1568014470000), event("BUY"))), PLAIN)
    assert reading.frame["side"].tolist() == ["short", "long"]


def test_a_csv_dump_gives_what_the_stream_gives(save):
    dump = save(
        "time,exchange,symbol,side,order_type,quantity,price,capture_window\n"
        "2019-09-09T07:34:20.893Z,binance,BTCUSDT,SELL,LIMIT,0.014,9910,A\n",
        "dump.csv",
    )
    stream = read_force_orders(save((event(),)), PLAIN).frame
    frame = read_force_orders(dump, PLAIN).frame
    assert frame["capture_window"].tolist() == ["A"]
    pd.testing.assert_frame_equal(
        frame.drop(columns="capture_window"), stream.drop(columns="capture_window")
    )


def test_a_symbol_picks_one_of_several(save):
    path = save((event(), event(symbol="XMRUSDT", time=1568014470000)))
    reading = read_force_orders(path, ReadOptions(symbol="xmrusdt"))
    assert reading.frame["symbol"].tolist() == ["XMRUSDT"]
    assert reading.skipped == 1
    with pytest.raises(ParameterError, match=r"has no rows of LTCUSDT; it has BTCUSDT, XMRUSDT"):
        read_force_orders(path, ReadOptions(symbol="LTCUSDT"))


def test_coin_margined_contracts_are_worth_usd(save):
    path = save((event(symbol="BTCUSD_PERP", quantity="7", price="63661.4"),))
    row = read_force_orders(path, PLAIN).frame.iloc[0]
    assert row["notional_usd"] == 700
    assert row["quantity"] == pytest.approx(700 / 63661.4)


def test_a_coin_margined_contract_of_unknown_worth_is_refused(save):
    path = save((event(symbol="XMRUSD_PERP"),))
    expected = r"row 1, column 's': expected a contract of known size.*'XMRUSD_PERP'"
    with pytest.raises(DataError, match=expected):
        read_force_orders(path, PLAIN)
    given = read_force_orders(path, ReadOptions(contract_value=10))
    assert given.frame["notional_usd"].tolist() == pytest.approx([0.14])


def test_the_bundled_orders_are_273_longs_and_145_shorts(data_dir, tmp_path):
    frame = load_table(data_dir, "xmr_liquidation_orders").reset_index()
    path = tmp_path / "orders.csv"
    frame.assign(time=frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")).to_csv(path, index=False)
    events = read_force_orders(path, PLAIN).frame
    assert events["side"].value_counts().to_dict() == {"long": 273, "short": 145}
    hour = events[events["time"].dt.floor("h") == "2023-12-11T02:00Z"]
    assert hour.groupby("side")["notional_usd"].sum().round(2).to_dict() == {
        "long": 140098.66,
        "short": 187.55,
    }


def without(message, field):
    order = {name: value for name, value in message["o"].items() if name != field}
    return {**message, "o": order}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (event("Sell"), r"row 2, column 'S': expected SELL or BUY, .*; received 'Sell'\."),
        (event(symbol="ETHBTC"), r"row 2, column 's': expected a symbol quoted in USD.*'ETHBTC'"),
        (event(price="0"), r"row 2, column 'p': expected a positive number; received '0'\."),
        (event(quantity="-1"), r"row 2, column 'q': expected a positive number; received '-1'\."),
        (event(quantity="many"), r"row 2, column 'q': expected a number; received 'many'\."),
        (event(time=17), r"row 2, column 'T': expected a unix stamp in s, ms, µs or ns"),
        (without(event(), "S"), r"row 2: column 'S' is missing; expected s, S, q, p, T"),
        ({**event(), "e": "aggTrade"}, r"row 2, column 'e': expected forceOrder; received 'aggT"),
        ({**event(), "z": 1}, r"row 2: column 'z' is unknown; expected e, E, o"),
        ({"code": 5}, r"row 2: column 'e' is missing"),
        (17, r"row 2: expected an object with e, E, o; received '17'\."),
    ],
)
def test_what_is_not_known_is_refused_with_its_row(save, message, expected):
    path = save((event(), message))
    with pytest.raises(DataError, match=rf"file\.jsonl, {expected}"):
        read_force_orders(path, PLAIN)


def test_a_line_that_was_cut_off_is_refused(save):
    with pytest.raises(DataError, match=r"row 2: expected a JSON message; received '\{\"e\":"):
        read_force_orders(save('{"result":null,"id":1}\n{"e":"forceOr\n'), PLAIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"the file is empty; expected force orders"),
        (
            "time,symbol,side,quantity\n1568014460893,BTCUSDT,SELL,1\n",
            r"column 'price' is missing; expected symbol, side, q",
        ),
        (
            "time,symbol,side,quantity,price,mood\n1568014460893,BTCUSDT,SELL,1,1,bad\n",
            r"column 'mood' is unknown; expected symbol, side, quantity, price, time, received",
        ),
        (
            "time,exchange,symbol,side,quantity,price\n1568014460893,bybit,BTCUSDT,SELL,1,1\n",
            r"row 2, column 'exchange': expected binance; received 'bybit'",
        ),
    ],
)
def test_a_wrong_dump_is_refused(save, text, expected):
    with pytest.raises(DataError, match=expected):
        read_force_orders(save(text, "dump.csv"), PLAIN)
