"""A time that names a bar names the one that opens then, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market import Market
from kanalo.market.labels import find_labelled_bar


@pytest.fixture
def market():
    index = pd.date_range("2024-01-01", periods=4, freq="4h", tz="UTC")
    bars = pd.DataFrame(1.0, index=index, columns=["open", "high", "low", "close", "volume"])
    return Market.from_bars(bars, name="made")


@pytest.mark.parametrize(
    ("at", "bar"),
    [
        ("2024-01-01", 0),
        ("2024-01-01T04:00", 1),
        ("2024-01-01T06:00+02:00", 1),
        (pd.Timestamp("2024-01-01 12:00", tz="UTC"), 3),
        (np.datetime64("2024-01-01T08:00"), 2),
    ],
)
def test_the_bar_that_opens_then_is_found(market, at, bar):
    assert find_labelled_bar(market, at) == bar


@pytest.mark.parametrize("at", ["2024-01-01T05:00", "2023-12-31", "2024-01-01T16:00"])
def test_a_time_at_which_no_bar_opens_is_refused(market, at):
    with pytest.raises(DataError, match="made: no bar opens at 202.* to 2024-01-01T12:00"):
        find_labelled_bar(market, at)


def test_the_label_before_is_named_with_the_time_it_was_known(market):
    with pytest.raises(DataError, match="before is 2024-01-01T04:00, known at 2024-01-01T08:00"):
        find_labelled_bar(market, "2024-01-01T05:00")


def test_what_is_no_time_is_refused_by_name(market):
    with pytest.raises(ParameterError, match="^--at must be a time"):
        find_labelled_bar(market, "noon", "--at")
