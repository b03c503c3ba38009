"""Binance Vision: doubled liquidations, unsorted metrics with blanks, funding that jitters."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers.binance_vision import (
    read_funding,
    read_liquidation_snapshot,
    read_metrics,
)
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()
SNAPSHOT = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,"
    "last_fill_quantity,accumulated_fill_quantity\n"
)
ROW = "1727740869082,BUY,LIMIT,IOC,7,63661.4,63425.1,FILLED,7,7\n"
LATER = "1727740979082,SELL,LIMIT,IOC,2,63000,63100,FILLED,2,2\n"
NAME = "BTCUSD_PERP-liquidationSnapshot-2024-10-01.csv"
METRICS = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,"
    "sum_taker_long_short_vol_ratio\n"
)
FUNDING = "calc_time,funding_interval_hours,last_funding_rate\n"


def test_doubled_rows_of_contracts(save):
    reading = read_liquidation_snapshot(save(SNAPSHOT + ROW + ROW + LATER + LATER, NAME), PLAIN)
    assert (len(reading.frame), reading.duplicates) == (2, 2)
    first, second = reading.frame.to_dict("records")
    assert (first["side"], first["symbol"]) == ("short", "BTCUSD_PERP")
    assert first["notional_usd"] == 700
    assert first["quantity"] == pytest.approx(700 / 63661.4)
    assert (second["side"], second["notional_usd"]) == ("long", 200)
    assert (first["price"], first["price_kind"]) == (63661.4, "bankruptcy")


def test_the_whole_day_counts_as_recorded(save):
    (window,) = read_liquidation_snapshot(save(SNAPSHOT + ROW, NAME), PLAIN).windows
    assert window.start == pd.Timestamp("2024-10-01T00:00Z")
    assert window.end == pd.Timestamp("2024-10-02T00:00Z")


def test_a_usd_margined_snapshot_counts_coins(save):
    path = save(SNAPSHOT + ROW, "BTCUSDT-liquidationSnapshot-2024-10-01.csv")
    assert read_liquidation_snapshot(path, PLAIN).frame["quantity"].tolist() == [7]


def test_a_file_that_names_no_symbol_needs_one(save):
    path = save(SNAPSHOT + ROW, "day.csv")
    with pytest.raises(ParameterError, match=r"day\.csv does not say its symbol: give --symbol"):
        read_liquidation_snapshot(path, PLAIN)
    named = read_liquidation_snapshot(path, ReadOptions(symbol="BTCUSD_PERP"))
    assert named.frame["notional_usd"].tolist() == [700]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SNAPSHOT + ROW.replace("BUY", "LONG"), r"row 2, column 'side': expected SELL or BUY"),
        (SNAPSHOT.replace("time_in_force", "tif") + ROW, "column 'time_in_force' is missing"),
        (ROW + LATER, "column 'time' is missing"),
    ],
)
def test_a_wrong_snapshot_is_refused(save, text, expected):
    with pytest.raises(DataError, match=expected):
        read_liquidation_snapshot(save(text, NAME), PLAIN)


def metric(time, interest="66125.8", ratio="1.1152"):
    return f"{time},XMRUSDT,{interest},29865933.0,1.0904,0.79828,{ratio},0.83156\n"


def test_metrics_unsorted_repeated_and_blank(save):
    rows = [metric(f"2022-01-10 00:{minute:02}:00") for minute in (10, 5, 5)]
    blank = metric("2022-01-10 00:15:00", interest="", ratio="")
    reading = read_metrics(save(METRICS + "".join(rows) + blank, "metrics.csv"), PLAIN)
    frame = reading.frame
    assert reading.duplicates == 1
    assert frame["time"].dt.minute.tolist() == [5, 10, 15]
    assert frame["open_interest"].tolist()[:2] == [66125.8, 66125.8]
    assert frame["open_interest"].isna().tolist() == [False, False, True]
    assert frame["long_short_ratio"].isna().tolist() == [False, False, True]
    assert frame["top_trader_position_ratio"].tolist() == [0.79828] * 3
    assert frame["taker_buy_sell_ratio"].tolist() == [0.83156] * 3
    assert frame["top_trader_account_ratio"].tolist() == [1.0904] * 3


def test_metrics_are_known_ten_minutes_after_their_stamp(save):
    rows = metric("2022-01-10 00:05:00") + metric("2022-01-10 00:10:00")
    frame = read_metrics(save(METRICS + rows, "metrics.csv"), PLAIN).frame
    assert (frame["known_at"] - frame["time"]).tolist() == [pd.Timedelta("10min")] * 2
    assert str(frame["known_at"].dt.tz) == "UTC"


def test_two_rows_of_one_time_that_differ_are_refused(save):
    rows = (
        metric("2022-01-10 00:05:00")
        + metric("2022-01-10 00:05:00", ratio="9")
        + metric("2022-01-10 00:10:00")
    )
    with pytest.raises(DataError, match=r"expected one row for 2022-01-10 00:05:00\+00:00; rec"):
        read_metrics(save(METRICS + rows, "metrics.csv"), PLAIN)


def test_metrics_of_two_symbols_are_refused_unless_one_is_picked(save):
    rows = "".join(metric(f"2022-01-10 00:{minute:02}:00") for minute in (5, 10))
    path = save(METRICS + rows + rows.replace("XMR", "BTC"), "metrics.csv")
    with pytest.raises(DataError, match=r"row 4, column 'symbol': expected XMRUSDT as in the fir"):
        read_metrics(path, PLAIN)
    assert len(read_metrics(path, ReadOptions(symbol="BTCUSDT")).frame) == 2


def test_one_row_does_not_tell_its_period(save):
    path = save(METRICS + metric("2022-01-10 00:05:00"), "metrics.csv")
    with pytest.raises(DataError, match="give --period"):
        read_metrics(path, PLAIN)
    frame = read_metrics(path, ReadOptions(period=pd.Timedelta("1h"))).frame
    assert frame["known_at"][0] == pd.Timestamp("2022-01-10T01:10Z")


def test_funding_stamps_are_rounded_to_the_hour(save):
    text = FUNDING + "1609488000003,8,0.0001\n1609459200011,8,-0.00025\n1609459200011,8,-0.00025\n"
    reading = read_funding(save(text, "funding.csv"), PLAIN)
    assert reading.frame["time"].tolist() == [
        pd.Timestamp("2021-01-01T00:00Z"),
        pd.Timestamp("2021-01-01T08:00Z"),
    ]
    assert reading.frame["funding_rate"].tolist() == [-0.00025, 0.0001]
    assert reading.duplicates == 1


def test_a_funding_stamp_far_from_the_hour_is_refused(save):
    text = FUNDING + "1609459320000,8,0.0001\n"
    with pytest.raises(DataError, match=r"row 2, column 'calc_time': expected a stamp within a m"):
        read_funding(save(text, "funding.csv"), PLAIN)


def test_a_blank_funding_rate_is_refused(save):
    with pytest.raises(DataError, match=r"row 2, column 'last_funding_rate': expected a number"):
        read_funding(save(FUNDING + "1609459200011,8,\n", "funding.csv"), PLAIN)


def test_blanks_are_nan_in_memory_not_zero(save):
    rows = metric("2022-01-10 00:05:00", interest="") + metric("2022-01-10 00:10:00", interest="0")
    interest = read_metrics(save(METRICS + rows, "m.csv"), PLAIN).frame["open_interest"].to_numpy()
    assert np.isnan(interest[0])
    assert interest[1] == 0
