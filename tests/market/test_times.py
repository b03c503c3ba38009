"""A time has one meaning wherever it is written; what may be read in two ways is refused."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import ParameterError
from kanalo.market.times import find_zone, parse_times, to_time

NOON = pd.Timestamp("2026-01-31T12:00", tz="UTC")
MIDNIGHT = pd.Timestamp("2026-01-31", tz="UTC")


@pytest.mark.parametrize(
    "value",
    [
        *("2026-01-31T12:00Z", "2026-01-31 12:00", "2026-01-31 12:00:00+00", "2026/01/31 12:00"),
        *("2026.01.31 12:00", "2026-01-31T13:00+01:00", "2026-01-31 13:00+0100", "20260131T1200"),
        *("2026-01-31 12:00 UTC", "2026-01-31 12-PM", "31 Jan 2026 12:00", "Jan 31, 2026 12:00 PM"),
        *("1769860800", "1769860800000", "1769860800000000", 1769860800, np.int64(1769860800)),
        *(datetime.datetime(2026, 1, 31, 12), np.datetime64("2026-01-31T12"), NOON),
    ],
)
def test_spellings_of_one_time(value):
    assert to_time(value) == NOON


@pytest.mark.parametrize(
    "value",
    [
        *("2026-01-31", "2026/1/31", "2026.01.31", "20260131", "31-Jan-2026", "January 31, 2026"),
        *(datetime.date(2026, 1, 31), 20260131),
    ],
)
def test_a_date_is_its_midnight_in_utc(value):
    assert to_time(value) == MIDNIGHT


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("02.07.2025", "may be 2 July 2025 or 7 February 2025; write 2025-07-02 or 2025-02-07"),
        ("02/07/2025 10:00", "may be 2 July 2025 or 7 February 2025"),
        ("2-7-25", "may be 2 July 2025 or 7 February 2025"),
        ("13.06.2025", "may be 13 June 2025; write 2025-06-13"),
        ("05.05.2025", "may be 5 May 2025; write 2025-05-05"),
        ("31.02.2025", "must be a time such as"),
        ("2025", "unix stamp"),
        ("2025-07", "must be a time such as"),
        ("2025-W05", "must be a time such as"),
        ("2025-02-30", "must be a time such as"),
        ("2025-01-01T25:00", "must be a time such as"),
        ("noon", "must be a time such as"),
        ("", "received nothing"),
        ("nan", "must be a time such as"),
        (float("nan"), "must be a time such as"),
        (None, "must be a time such as"),
        (True, "must be a time such as"),
        ("9999-01-01", "must be a time from 1970 to 2199"),
        ("2262-04-12", "must be a time from 1970 to 2199"),
        (datetime.date(9999, 1, 1), "must be a time from 1970 to 2199"),
        (99999999999999999999, "must be"),
        (0, "unix stamp"),
        ("x" * 5000, "…'"),
    ],
)
def test_what_is_no_time_is_refused_in_one_sentence(value, words):
    with pytest.raises(ParameterError, match="--from m") as caught:
        to_time(value, "--from")
    assert words in str(caught.value)
    assert len(str(caught.value)) <= 400


@given(st.datetimes(datetime.datetime(1974, 1, 1), datetime.datetime(2190, 1, 1)))
def test_iso_text_and_stamps_give_the_time_back(moment):
    moment = moment.replace(microsecond=0)
    expected = pd.Timestamp(moment, tz="UTC")
    assert to_time(moment.isoformat()) == expected
    assert to_time(int(expected.timestamp())) == expected


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_sentence(text):
    problem = ""
    try:
        assert to_time(text).tzinfo is not None
    except ParameterError as error:
        problem = str(error)
    assert len(problem) <= 400


def refuse(wrong, expected):
    if wrong.any():
        raise ValueError(f"{int(np.argmax(wrong))}: {expected}")


def test_offsets_of_a_column_may_change_as_clocks_do():
    cells = pd.Series(["2025-10-26 02:00:00+02", "2025-10-26 02:00:00+01"])
    times = parse_times(cells, refuse, None)
    assert times.dt.hour.tolist() == [0, 1]


def test_a_zone_in_some_rows_only_is_refused():
    with pytest.raises(ValueError, match="1: a time with a zone"):
        parse_times(pd.Series(["2025-10-26T02:00Z", "2025-10-26T03:00"]), refuse, "UTC")


def test_a_clock_in_a_file_needs_its_zone():
    cells = pd.Series(["2025-07-01 02:00", "2025-07-01 03:00"])
    with pytest.raises(ValueError, match="0: a time zone"):
        parse_times(cells, refuse, None)
    assert parse_times(cells, refuse, "Europe/Berlin").dt.hour.tolist() == [0, 1]


def test_day_first_is_refused_in_a_column_too():
    with pytest.raises(ValueError, match="0: may be 2 July 2025 or 7 February 2025"):
        parse_times(pd.Series(["02.07.2025", "13.07.2025"]), refuse, None)


def test_unknown_zone_is_named():
    with pytest.raises(ParameterError, match="IANA name.*received 'Mars'"):
        find_zone("Mars")
