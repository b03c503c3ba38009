"""Round ticks, few of them."""

import pandas as pd
import pytest

from kanalo.report.toolkit.ticks import find_date_ticks, find_log_ticks

MONTHS = [f"{month} 2020" for month in ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"]]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.4, 12.0, [0.5, 1.0, 2.0, 5.0, 10.0]),
        (0.95, 1.25, [1.0, 1.1, 1.2]),
        (1e-3, 1e4, [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4]),
    ],
)
def test_log_ticks_are_few_and_round(low, high, ticks):
    assert find_log_ticks(low, high) == ticks


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2014-05-21", "2026-06-07", ["2016", "2018", "2020", "2022", "2024", "2026"]),
        (
            "2020-01-01",
            "2020-08-27",
            MONTHS,
        ),
        ("2020-01-30", "2020-02-02", ["30 Jan", "31 Jan", "1 Feb", "2 Feb"]),
        ("2020-01-30", "2020-01-30", ["30 Jan"]),
    ],
)
def test_dates_are_round_and_few(first, last, labels):
    times, found = find_date_ticks(pd.Timestamp(first), pd.Timestamp(last))
    assert found == labels
    assert all(pd.Timestamp(first) <= time <= pd.Timestamp(last) for time in times)


@pytest.mark.parametrize("days", [1, 3, 10, 100, 1_000, 10_000])
def test_there_are_never_more_dates_than_asked_for(days):
    first = pd.Timestamp("2014-05-21")
    times, labels = find_date_ticks(first, first + pd.Timedelta(days=days), 5)
    assert 1 <= len(times) == len(labels) <= 5
