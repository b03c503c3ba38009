from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.market import Market
from kanalo.periods import find_interval


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
    with pytest.raises(ParameterError, match="'start' must be a time such as.*'yesterdays'"):
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


@pytest.mark.parametrize("name", ["banana", "funding", "Funding_Rate", "close"])
def test_an_unknown_column_of_the_context_is_named(flat_market, name):
    with pytest.raises(UnknownNameError, match=name):
        flat_market(5).known(name)


def test_a_column_that_this_market_lacks_is_unknown_at_every_bar(flat_market):
    for name in ("funding_rate", "liquidation_long_usd_binance"):
        assert np.isnan(flat_market(5).known(name)).all()


def test_a_misspelt_column_gets_a_suggestion(flat_market):
    with pytest.raises(UnknownNameError, match="Did you mean 'funding_rate'"):
        flat_market(5).known("funding_rates")


def test_the_cache_tells_functions_apart_by_themselves(flat_market):
    market = flat_market(5)
    assert market.cached(lambda m: 1) == 1
    assert market.cached(lambda m: 2) == 2

    def level(market):
        return "old"

    assert market.cached(level) == "old"

    def level(market):
        return "new"

    assert market.cached(level) == "new"


@pytest.mark.parametrize(
    ("opens", "interval", "message"),
    [
        (["2024-01-01", "2024-02-01", "2024-03-01"], None, "Months, quarters and years are no"),
        (["2024-12-31", "2025-03-31", "2025-06-30"], "90d", "Months, quarters and years are no"),
        (["2023-01-01", "2024-01-01", "2025-01-01"], "365d", "Months, quarters and years are no"),
        (["2024-01-01", "2024-01-02", "2024-01-03"], "1w", "Such bars overlap"),
    ],
)
def test_bars_that_overlap_or_follow_the_calendar_are_refused(
    flat_market, opens, interval, message
):
    bars = flat_market(3).bars.set_axis(pd.DatetimeIndex(opens, tz="UTC"))
    with pytest.raises(DataError, match=message):
        Market.from_bars(bars, interval=interval)


def test_bars_of_four_weeks_with_a_gap_are_read(flat_market):
    opens = pd.DatetimeIndex(["2024-01-01", "2024-01-29", "2024-03-25"], tz="UTC")
    assert Market.from_bars(flat_market(3).bars.set_axis(opens)).interval == "4w"


@pytest.mark.parametrize(("start", "stop"), [(-2, 3), (3, 2), (2, 2), (0, 9), (0.5, 2), ("0", 2)])
def test_rows_that_a_market_does_not_have_are_refused(flat_market, start, stop):
    with pytest.raises(ParameterError, match=r"Market\.rows\(\): 'st"):
        flat_market(5).rows(start, stop)


def test_scalars_of_numpy_name_rows(flat_market):
    assert len(flat_market(5).rows(np.int64(1), np.int64(4))) == 3


def test_what_cannot_be_a_key_is_refused_by_the_cache(flat_market):
    with pytest.raises(ParameterError, match="must be numbers, text or tuples.*list"):
        flat_market(5).cached(lambda market, windows: 0, [1, 2])


def test_two_lambdas_share_no_entry_of_the_cache(flat_market):
    market = flat_market(5)
    assert [market.cached(lambda m: 1), market.cached(lambda m: 2)] == [1, 2]


def test_a_column_is_asked_for_by_its_name(flat_market):
    with pytest.raises(ParameterError, match="must be the name of a context column; received 3"):
        flat_market(5).known(3)


def test_a_venue_tells_spot_from_perpetual(flat_market):
    bars = flat_market(2).bars
    assert Market.from_bars(bars, venue="binance-spot").spot.all()
    assert not Market.from_bars(bars, venue="binance-usdm-perp").spot.any()
    assert not Market.from_bars(bars, venue="unknown").spot.any()
