"""Coinalyze: the unit must be said, repeated rows are dropped and counted."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers import coinalyze
from kanalo.market.readers.reading import ReadOptions

COINS = ReadOptions(exchange="binance", unit="base")
DOLLARS = ReadOptions(exchange="binance", unit="usd")
START = 1_767_225_600


def answer(*rows, symbol="XMRUSDT_PERP.A"):
    return [{"symbol": symbol, "history": list(rows)}]


def hour(n, longs=1.5, shorts=2.5):
    return {"t": START + 3600 * n, "l": longs, "s": shorts}


def test_coins_stay_coins(save):
    frame = coinalyze.read_liquidations(save(answer(hour(0), hour(1, 0, 7))), COINS).frame
    assert frame["symbol"].tolist() == ["XMRUSDT"] * 2
    assert frame["long_quantity"].tolist() == [1.5, 0]
    assert frame["short_quantity"].tolist() == [2.5, 7]
    assert np.isnan(frame[["long_usd", "short_usd"]]).all(axis=None)
    assert frame["end"][0] == pd.Timestamp("2026-01-01T01:00Z")
    assert frame["censored"].all()


def test_dollars_stay_dollars(save):
    frame = coinalyze.read_liquidations(save(answer(hour(0), hour(1))), DOLLARS).frame
    assert frame["short_usd"].tolist() == [2.5] * 2
    assert np.isnan(frame["short_quantity"]).all()


def test_repeated_rows_are_dropped_and_the_gap_stays_a_gap(save):
    path = save(answer(hour(0), hour(1), hour(1), hour(3)))
    reading = coinalyze.read_liquidations(path, COINS)
    assert reading.duplicates == 1
    assert reading.frame["time"].dt.hour.tolist() == [0, 1, 3]
    assert (reading.frame["end"] - reading.frame["time"]).unique() == [pd.Timedelta("1h")]


def test_a_csv_reads_like_the_answer(save):
    path = save(f"t,l,s\n{START},1.5,2.5\n{START + 3600},0,7\n", "liquidations.csv")
    options = ReadOptions(exchange="binance", unit="base", symbol="XMRUSDT")
    csv = coinalyze.read_liquidations(path, options).frame
    json = coinalyze.read_liquidations(save(answer(hour(0), hour(1, 0, 7))), COINS).frame
    pd.testing.assert_frame_equal(csv, json)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ReadOptions(exchange="binance"), "does not say its unit: give --unit, base"),
        (ReadOptions(unit="usd"), "does not say its exchange: give --exchange"),
        (ReadOptions(exchange="binance", unit="coins"), "The 'unit' must be base or usd"),
    ],
)
def test_what_the_file_does_not_say_must_be_said(save, options, expected):
    with pytest.raises(ParameterError, match=expected):
        coinalyze.read_liquidations(save(answer(hour(0), hour(1))), options)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([hour(0), hour(1, longs=-1)], r"row 2, column 'l': expected zero or more; received '-1'"),
        ([hour(0), hour(1), hour(1, 9)], "expected one row for 2026-01-01 01:00:00"),
        ([hour(0), {"t": START}], r"row 2: column 'l' is missing; expected t, l, s"),
        ([hour(0), hour(1, longs=None)], r"row 2, column 'l': expected a number"),
        ([hour(0)], "one time does not tell the length of the intervals; give --period"),
    ],
)
def test_wrong_rows_are_refused(save, rows, expected):
    with pytest.raises(DataError, match=expected):
        coinalyze.read_liquidations(save(answer(*rows)), COINS)


def test_several_symbols_are_refused_unless_one_is_picked(save):
    both = answer(hour(0), hour(1)) + answer(hour(0), hour(1), symbol="BTCUSDT_PERP.A")
    with pytest.raises(DataError, match=r"row 1, column 'symbol': expected XMRUSDT_PERP\.A as in"):
        coinalyze.read_liquidations(save(both), COINS)
    options = ReadOptions(exchange="binance", unit="base", symbol="BTCUSDT")
    assert set(coinalyze.read_liquidations(save(both), options).frame["symbol"]) == {"BTCUSDT"}


def test_open_interest_and_long_short(save):
    rows = [{"t": START + 3600 * n, "o": 1, "h": 4, "l": 0, "c": 2 + n} for n in range(2)]
    interest = coinalyze.read_open_interest(save(answer(*rows)), COINS).frame
    assert interest["open_interest"].tolist() == [2, 3]
    assert interest["known_at"][0] == pd.Timestamp("2026-01-01T01:05Z")
    rows = [{"t": START + 3600 * n, "r": 1.45, "l": 59.2, "s": 40.8} for n in range(2)]
    ratio = coinalyze.read_long_short(save(answer(*rows)), COINS).frame
    assert ratio["long_short_ratio"].tolist() == [1.45] * 2
