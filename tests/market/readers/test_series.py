"""Rows that contradict each other, mix contracts or miss the hour are refused with their row."""

import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.series import check_unique, one_symbol, round_stamps


def make_table(**columns):
    frame = pd.DataFrame(columns)
    return RawTable("rows.csv", frame, range(2, 2 + len(frame)), "0" * 64)


def test_a_time_with_two_rows_is_refused():
    frame = pd.DataFrame({"time": ["01:00", "02:00", "02:00"], "rate": [1, 2, 3]})
    message = r"rows\.csv, column 'time': expected one row for 02:00; received two that differ"
    with pytest.raises(DataError, match=message):
        check_unique("rows.csv", frame)


def test_a_time_may_come_once_for_each_series():
    frame = pd.DataFrame({"time": ["01:00", "01:00"], "symbol": ["XMRUSDT", "ETHUSDT"]})
    check_unique("rows.csv", frame, ("symbol", "time"))


def test_a_second_contract_is_refused_at_its_row():
    table = make_table(symbol=["XMRUSDT", "XMRUSDT", "ETHUSDT"])
    with pytest.raises(DataError, match=r"row 4, column 'symbol'.*ETHUSDT"):
        one_symbol(table, "symbol")


def test_funding_stamps_are_rounded_to_the_hour_within_a_minute():
    times = pd.DatetimeIndex(["2025-01-01 08:00:00.004", "2025-01-01 15:59:30"], tz="UTC")
    rounded = round_stamps(make_table(time=["a", "b"]), "time", times)
    assert list(rounded.hour) == [8, 16]
    assert list(rounded.minute) == [0, 0]


def test_a_stamp_more_than_a_minute_off_is_refused():
    times = pd.DatetimeIndex(["2025-01-01 08:00", "2025-01-01 16:01:01"], tz="UTC")
    with pytest.raises(DataError, match=r"row 3, column 'time': .*within a minute of a full hour"):
        round_stamps(make_table(time=["08:00", "16:01:01"]), "time", times)
