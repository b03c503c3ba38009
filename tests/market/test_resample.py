from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.errors import ParameterError
from kanalo.market import Market, to_slower
from kanalo.market.synthetic import random_walk_market


def test_a_week_is_known_when_its_last_hour_closes(flat_market):
    market = flat_market(14 * 24, start="2026-01-05")  # a Monday
    slower = to_slower(market, "1w")
    assert [str(time.date()) for time in slower.bars.index] == ["2026-01-05", "2026-01-12"]
    first = int(np.argmax(slower.known == 0))
    assert first == 7 * 24 - 1
    assert str(market.index[first]) == "2026-01-11 23:00:00+00:00"
    assert (slower.known[:first] == -1).all()
    assert slower.known[-1] == 1
    assert slower.known[-2] == 0


def test_days_start_at_midnight_and_hold_their_extremes(flat_market):
    slower = to_slower(flat_market(48), "1d")
    first = slower.bars.iloc[0]
    assert first[["open", "high", "low", "close"]].tolist() == [100.0, 124.0, 99.0, 123.0]
    assert first["volume"] == 24
    assert first["n_bars"] == 24
    assert slower.closes_at[0] == pd.Timestamp("2026-01-06", tz="UTC")


def test_a_bar_that_the_data_enter_half_way_is_dropped(flat_market):
    slower = to_slower(flat_market(60, start="2026-01-05T01:00"), "1d")
    assert [str(time.date()) for time in slower.bars.index] == ["2026-01-06"]


def test_an_unfinished_bar_is_never_shown(flat_market):
    market = flat_market(47)
    assert len(to_slower(market, "1d").bars) == 1
    assert len(to_slower(flat_market(48), "1d").bars) == 2


def test_a_bar_with_gaps_is_kept_and_counted(flat_market):
    whole = flat_market(72)
    rows = [n for n in range(72) if n not in (30, 31)]
    slower = to_slower(Market.from_bars(whole.bars.iloc[rows]), "1d")
    assert slower.bars["n_bars"].tolist() == [24, 22, 24]


def test_a_gap_over_the_close_delays_the_slower_bar(flat_market):
    whole = flat_market(72)
    rows = [n for n in range(72) if not 22 <= n <= 25]
    market = Market.from_bars(whole.bars.iloc[rows])
    slower = to_slower(market, "1d")
    first = int(np.argmax(slower.known == 0))
    assert str(market.index[first]) == "2026-01-06 02:00:00+00:00"
    assert slower.bars["close"].iloc[0] == 100 + 21


def test_a_bar_without_any_base_bar_does_not_exist(flat_market):
    whole = flat_market(96)
    rows = [n for n in range(96) if not 24 <= n < 48]
    slower = to_slower(Market.from_bars(whole.bars.iloc[rows]), "1d")
    assert [time.day for time in slower.bars.index] == [5, 7, 8]


def test_the_same_interval_gives_the_same_bars(flat_market):
    market = flat_market(5)
    slower = to_slower(market, "1h")
    assert slower.known.tolist() == [0, 1, 2, 3, 4]
    assert np.array_equal(slower.bars["close"], market.close)


def test_too_few_bars_give_no_slower_bar(flat_market):
    slower = to_slower(flat_market(5), "1w")
    assert len(slower.bars) == 0
    assert (slower.known == -1).all()
    assert np.isnan(slower.project([])).all()


def test_values_are_projected_onto_the_bars_that_know_them(flat_market):
    slower = to_slower(flat_market(49), "1d")
    line = slower.project([7.0, 8.0])
    assert np.isnan(line[:23]).all()
    assert set(line[23:47]) == {7.0}
    assert set(line[47:]) == {8.0}
    table = slower.project([[7.0, 70.0], [8.0, 80.0]])
    assert table.shape == (49, 2)
    assert table[30].tolist() == [7.0, 70.0]
    assert np.isnan(table[0]).all()


def test_values_of_another_length_are_refused(flat_market):
    slower = to_slower(flat_market(49), "1d")
    with pytest.raises(ParameterError, match="one row for each of the 2 slower bars; received 3"):
        slower.project([1, 2, 3])


@pytest.mark.parametrize("interval", ["90m", "30m", "1m"])
def test_an_interval_that_is_not_a_multiple_is_refused(flat_market, interval):
    with pytest.raises(ParameterError, match="must be a multiple of the market's 1h"):
        to_slower(flat_market(5), interval)


def test_it_is_computed_once_per_market(flat_market):
    market = flat_market(50)
    assert market.cached(to_slower, interval="1d") is market.cached(to_slower, interval="1d")


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    start=st.integers(0, 400),
    n_bars=st.integers(2, 500),
    cut=st.floats(0.0, 1.0),
    missing=st.sampled_from([0.0, 0.1, 0.6]),
    interval=st.sampled_from(["1h", "4h", "1d", "3d", "1w"]),
)
def test_a_prefix_of_the_market_knows_a_prefix(seed, start, n_bars, cut, missing, interval):
    market = random_walk_market(start + n_bars, seed, missing=missing).rows(start, start + n_bars)
    length = 1 + int(cut * (n_bars - 1))
    whole, part = to_slower(market, interval), to_slower(market.rows(0, length), interval)
    assert np.array_equal(part.known, whole.known[:length])
    known = part.known[-1] + 1
    assert len(part.bars) == known
    pd.testing.assert_frame_equal(part.bars, whole.bars.iloc[:known])


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    missing=st.sampled_from([0.0, 0.3]),
    interval=st.sampled_from(["2h", "1d", "1w"]),
)
def test_a_slower_bar_is_visible_at_its_close_and_not_before(seed, missing, interval):
    market = random_walk_market(600, seed, missing=missing)
    slower = to_slower(market, interval)
    for row in np.random.default_rng(seed).integers(0, 600, 20):
        now = market.closes_at[row]
        assert slower.known[row] == (slower.closes_at <= now).sum() - 1
        if slower.known[row] >= 0:
            bar = slower.bars.iloc[slower.known[row]]
            inside = market.bars[(market.index >= bar.name) & (market.closes_at <= now)]
            inside = inside[inside.index < slower.closes_at[slower.known[row]]]
            assert bar["close"] == inside["close"].iloc[-1]
            assert bar["high"] == inside["high"].max()
            assert bar["low"] == inside["low"].min()


def test_hourly_bars_give_the_days_of_the_daily_table(xmr_1h, xmr_1d):
    days = to_slower(xmr_1h, "1d").bars
    expected = xmr_1d.bars.loc[days.index[:-1]]
    assert len(expected) > 2_300
    assert (days["close"].iloc[:-1] == expected["close"]).all()
    wrong = days["low"].iloc[:-1] != expected["low"]
    assert [str(day.date()) for day in days.index[:-1][wrong]] == ["2024-10-28"]
