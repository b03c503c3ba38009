"""Bars as differences of ticks come back to the last bit, or are refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.errors import DataError
from kanalo.market import load_table
from kanalo.market.ticks import decode_ticks, encode_ticks, is_ticks


def to_frame(ticks, places=2, volume=7):
    """Make bars whose prices are whole numbers of the last of some places."""
    close = np.array(ticks) / 10**places
    index = pd.date_range(
        "2024-01-01", periods=len(close), freq="h", tz="UTC", name="time", unit="ns"
    )
    opened = np.roll(close, 1)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    columns = {"open": opened, "high": high, "low": low, "close": close}
    return pd.DataFrame(columns | {"volume": np.full(len(close), volume / 1e3)}, index=index)


@settings(max_examples=40, deadline=None)
@given(
    ticks=st.lists(st.integers(1, 10**9), min_size=1, max_size=30),
    places=st.integers(0, 6),
    volume=st.integers(0, 10**12),
)
def test_every_float_comes_back(ticks, places, volume):
    frame = to_frame(ticks, places, volume)
    sink = pa.BufferOutputStream()
    pq.write_table(encode_ticks(frame), sink)
    table = pq.read_table(pa.BufferReader(sink.getvalue()))
    back = decode_ticks(table).set_index("time")
    assert is_ticks(table)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_freq=False)


def test_a_gap_in_time_comes_back():
    frame = to_frame([100, 200, 300, 400]).iloc[[0, 1, 3]]
    back = decode_ticks(encode_ticks(frame))
    assert list(back["time"]) == list(frame.index)


def test_numbers_that_are_no_decimals_are_refused():
    frame = to_frame([100, 200])
    frame["close"] = [1 / 3, 2 / 3]
    with pytest.raises(DataError, match="must hold decimals of at most 12 places"):
        encode_ticks(frame)


def test_a_plain_table_is_not_taken_for_ticks():
    assert not is_ticks(pa.table({"time": [1], "open": [2]}))


def test_the_first_bars_of_the_bundled_panel_are_those_of_the_venue(data_dir):
    first = load_table(data_dir, "eth_1h").iloc[1]
    assert first.tolist() == [125.03, 145.01, 125.03, 133.00, 0.08]
