"""Bars of a user's own become a table of the catalog, or are refused by file and row."""

import pytest

from kanalo.errors import DataError
from kanalo.market.readers.formats import read_files
from kanalo.market.readers.reading import ReadOptions

HEADER = "time,open,high,low,close,volume\n"


def write(path, first, n_rows, close=10.0):
    rows = (f"{first + i * 3_600_000},10,12,9,{close},5\n" for i in range(n_rows))
    path.write_text(HEADER + "".join(rows))
    return path


def test_files_that_overlap_are_one_table(tmp_path):
    start = 1_700_000_000_000 - 1_700_000_000_000 % 3_600_000
    first, second = (
        write(tmp_path / name, start + at * 3_600_000, 4)
        for name, at in (("a.csv", 0), ("b.csv", 2))
    )
    reading = read_files("bars", [second, first], ReadOptions(symbol="ETHUSDT"))
    assert (reading.kind, len(reading.frame), reading.duplicates) == ("bars", 6, 2)
    assert list(reading.frame.columns) == ["time", "open", "high", "low", "close", "volume"]
    assert reading.frame["time"].is_monotonic_increasing


def test_files_that_contradict_each_other_are_refused(tmp_path):
    first = write(tmp_path / "a.csv", 1_700_006_400_000, 3)
    second = write(tmp_path / "b.csv", 1_700_006_400_000, 3, close=11.0)
    with pytest.raises(DataError, match="expected one row for 2023-11-15"):
        read_files("bars", [first, second], ReadOptions(symbol="ETHUSDT"))
