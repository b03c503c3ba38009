from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market import check_bars


@pytest.fixture
def bars() -> pd.DataFrame:
    index = pd.date_range("2026-01-05", periods=4, freq="1h", tz="UTC")
    columns = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 1.0}
    return pd.DataFrame(columns, index=index)


def test_valid_bars_pass(bars):
    check_bars(bars, "x")
    bars["volume"] = 0
    check_bars(bars, "x")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("open", np.nan, "expected a finite price; received nan"),
        ("high", np.inf, "expected a finite price; received inf"),
        ("low", -1.0, "expected a positive price; received -1.0"),
        ("close", 0.0, "expected a positive price; received 0.0"),
        ("volume", np.nan, "expected a finite volume; received nan"),
        ("volume", -2.0, "expected a volume of zero or more; received -2.0"),
        ("high", 8.0, "expected a high at or above the low; received 8.0"),
        ("open", 12.5, r"expected a price in \[9, 12\]; received 12.5"),
        ("close", 8.5, r"expected a price in \[9, 12\]; received 8.5"),
    ],
)
def test_a_wrong_value_is_refused_by_row_and_column(bars, column, value, message):
    bars.iloc[2, list(bars.columns).index(column)] = value
    with pytest.raises(DataError, match=rf"x, row 2 \(2026-01-05 02:00.*'{column}': {message}"):
        check_bars(bars, "x")


def test_rows_can_be_called_by_their_line_in_a_file(bars):
    bars.iloc[2, 3] = np.nan
    with pytest.raises(DataError, match="x, row 14 "):
        check_bars(bars, "x", np.array([12, 13, 14, 15]))


def test_a_missing_column_and_text_are_refused(bars):
    with pytest.raises(DataError, match="x: column 'close' is missing; expected open, high, low"):
        check_bars(bars.drop(columns="close"), "x")
    bars["low"] = "9"
    with pytest.raises(DataError, match=r"x: column 'low' holds .*, not numbers"):
        check_bars(bars, "x")


def test_no_rows_are_refused(bars):
    with pytest.raises(DataError, match="x: the table has no rows; expected bars"):
        check_bars(bars.iloc[:0], "x")


def test_times_must_be_utc_and_increase(bars):
    with pytest.raises(DataError, match=r"index must be UTC open times; received datetime64\["):
        check_bars(bars.tz_localize(None), "x")
    with pytest.raises(DataError, match="index must be UTC open times; received int64"):
        check_bars(bars.reset_index(drop=True), "x")
    with pytest.raises(DataError, match=r"row 2, column 'time': .* is earlier than the row before"):
        check_bars(bars.iloc[[0, 2, 1, 3]], "x")
    with pytest.raises(DataError, match=r"row 1, column 'time': .* appears twice"):
        check_bars(bars.iloc[[0, 0, 1]], "x")
    bars.index = bars.index.where(np.arange(4) != 3)
    with pytest.raises(DataError, match="row 3, column 'time': no time"):
        check_bars(bars, "x")


def test_a_column_that_stands_twice_is_refused(bars):
    with pytest.raises(DataError, match="x: column 'open' stands twice"):
        check_bars(pd.concat([bars, bars[["open"]]], axis=1), "x")


@pytest.mark.parametrize("year", ["1969", "2300"])
def test_years_without_markets_are_refused(bars, year):
    index = pd.date_range(f"{year}-01-05", periods=4, freq="1h", tz="UTC", unit="s")
    with pytest.raises(DataError, match="x: expected times from 1970 to 2199; received"):
        check_bars(bars.set_axis(index), "x")
