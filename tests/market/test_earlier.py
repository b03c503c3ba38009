"""A market that was cut knows the days before its first bar, and no more of them than it keeps."""

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.market.earlier import DAYS_KEPT


def make_market(n_days, bars_a_day=4):
    index = pd.date_range("2025-01-01", periods=n_days * bars_a_day, freq="6h", tz="UTC")
    close = 100.0 + np.arange(len(index))
    columns = dict.fromkeys(("open", "high", "low", "close"), close)
    bars = pd.DataFrame({**columns, "volume": np.arange(len(index), dtype=float)}, index=index)
    return Market.from_bars(bars, interval="6h")


def test_the_last_days_before_the_cut_are_kept_whole():
    market = make_market(40)
    cut = market.rows(30 * 4 + 2, 40 * 4)  # in the middle of a day
    assert cut.earlier.index[-1] == market.index[30 * 4 + 1]
    assert cut.earlier.index[0] == market.index[(31 - DAYS_KEPT) * 4]
    assert (
        cut.earlier["volume"].tolist() == market.volume[(31 - DAYS_KEPT) * 4 : 30 * 4 + 2].tolist()
    )


def test_a_second_cut_goes_on_with_what_the_first_one_kept():
    market = make_market(40)
    at_once = market.rows(35 * 4, 40 * 4)
    twice = market.rows(30 * 4, 40 * 4).rows(5 * 4, 10 * 4)
    rest = twice.earlier.loc[at_once.earlier.index[0] :]
    pd.testing.assert_frame_equal(rest, at_once.earlier, check_freq=False)


def test_an_uncut_market_keeps_nothing():
    market = make_market(5)
    assert market.rows(0, 8).earlier is None
