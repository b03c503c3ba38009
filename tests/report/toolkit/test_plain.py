"""Plain values: what JSON can hold, rounded where it is only drawn."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kanalo.report.toolkit.plain import to_column, to_numbers, to_plain


def test_numpy_and_pandas_values_become_plain():
    value = {1: np.int64(3), "b": np.bool_(True), "c": (np.float32(0.5), {"z", "a"})}
    assert to_plain(value) == {"1": 3, "b": True, "c": [0.5, ["a", "z"]]}
    assert to_plain(pd.Timestamp("2026-01-31T12:00", tz="UTC")) == "2026-01-31T12:00:00Z"
    assert to_plain(pd.Timedelta(hours=36)) == 1.5


def test_a_column_of_times_keeps_its_gaps():
    times = pd.Series(pd.to_datetime(["2026-01-31", None], utc=True))
    assert to_column(times) == ["2026-01-31T00:00:00Z", None]


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_rounding_keeps_six_digits(value):
    (rounded,) = to_numbers([value], 6)
    assert abs(rounded / value - 1) <= 5.1e-6
    assert len(f"{rounded:.15g}".replace(".", "").strip("0").split("e")[0]) <= 6


def test_rounding_keeps_sign_zero_and_missing():
    assert to_numbers([-123.4567891, 0.0, np.nan, np.inf], 6) == [-123.457, 0.0, None, None]


def test_characters_that_terminals_obey_become_escapes():
    hostile = {"a\x1b[31mb": ["x\u202ey", "tab\tline\nend", "né–\N{NO-BREAK SPACE}漢"]}
    assert to_plain(hostile) == {
        "a\\x1b[31mb": ["x\\u202ey", "tab\tline\nend", "né–\N{NO-BREAK SPACE}漢"]
    }
