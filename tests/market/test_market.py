from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market import Market
from kanalo.market.market import find_interval


def test_columns_are_arrays_that_cannot_be_written(flat_market):
    market = flat_market(5)
    assert market.close.tolist() == [100, 101, 102, 103, 104]
    with pytest.raises(ValueError, match="read-only"):
        market.close[0] = 1.0


def test_a_bar_closes_one_interval_after_it_opens(flat_market):
    market = flat_market(2, interval="4h")
    assert (market.closes_at - market.index == pd.Timedelta(hours=4)).all()


def test_an_unknown_context_column_is_nan(flat_market):
    assert np.isnan(flat_market(3).known("open_interest")).all()


def test_a_window_keeps_the_bars_before_as_warm_up(flat_market):
    market = flat_market(48).between("2026-01-06", "2026-01-06T06:00")
    assert len(market) == 30
    assert market.first == 24
    assert len(market.traded) == 6
    assert str(market.traded.index[0]) == "2026-01-06 00:00:00+00:00"


def test_a_window_without_bars_is_refused(flat_market):
    with pytest.raises(DataError, match="no bar opens between 2030-01-01 and the end"):
        flat_market(5).between("2030-01-01")
    with pytest.raises(DataError, match=r"A time looks like 2026-01-31 .*received 'yesterdays'"):
        flat_market(5).between("yesterdays")


def test_a_prefix_takes_its_context_along(xmr_1h):
    part = xmr_1h.rows(0, 100)
    assert len(part) == len(part.context) == len(part.benchmark) == len(part.venue) == 100


def test_pickling_leaves_the_cache_behind(flat_market):
    market = flat_market(5)
    market.cached(len)
    copy = pickle.loads(pickle.dumps(market))
    assert copy._cache == {}
    pd.testing.assert_frame_equal(copy.bars, market.bars)


def test_a_cached_function_runs_once_for_each_set_of_parameters(flat_market):
    market, calls = flat_market(5), []

    def count(market: Market, *, step: int) -> int:
        calls.append(step)
        return len(market) * step

    assert [market.cached(count, step=step) for step in (1, 2, 1)] == [5, 10, 5]
    assert calls == [1, 2]


def test_context_and_venues_must_be_aligned(flat_market):
    bars = flat_market(5).bars
    with pytest.raises(DataError, match="2 venues for 5 bars"):
        Market("X", "1h", bars, np.array(["a", "b"]))
    with pytest.raises(DataError, match="the context is not on the index of the bars"):
        Market.from_bars(bars, context=pd.DataFrame({"spread": 0.0}, index=bars.index[:3]))


def test_the_interval_is_the_commonest_step(flat_market):
    bars = flat_market(10, interval="4h").bars
    assert Market.from_bars(bars.drop(bars.index[4])).interval == "4h"
    with pytest.raises(DataError, match="At least two bars"):
        find_interval(bars.index[:1])
