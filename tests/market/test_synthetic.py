from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.market import check_bars
from kanalo.market.synthetic import planted_channel, random_bars, random_walk_market


@pytest.mark.parametrize("tick", [None, 0.01, 1.0, 25.0])
@pytest.mark.parametrize("seed", range(5))
def test_random_bars_are_valid(seed, tick):
    bars = random_bars(400, seed, volatility=0.05, tick=tick, gaps=0.5)
    check_bars(bars, "random")
    assert len(bars) == 400


def test_the_same_seed_gives_the_same_bars():
    pd.testing.assert_frame_equal(random_bars(50, 3), random_bars(50, 3))
    assert not random_bars(50, 3).equals(random_bars(50, 4))


def test_without_gaps_a_bar_opens_at_the_close_before():
    bars = random_bars(200, 1, gaps=0.0)
    assert np.array_equal(bars["open"].iloc[1:], bars["close"].iloc[:-1])
    gapped = random_bars(200, 1, gaps=1.0)
    assert (gapped["open"].to_numpy()[1:] != gapped["close"].to_numpy()[:-1]).all()


def test_a_coarse_tick_gives_dojis_and_ties():
    bars = random_bars(500, 1, tick=1.0)
    assert (bars["open"] == bars["close"]).sum() > 50
    assert (bars["high"] == bars["close"]).sum() > 50


def test_missing_bars_leave_gaps_in_the_index():
    bars = random_bars(300, 1, missing=0.2)
    assert len(bars) == 300
    steps = np.diff(bars.index.asi8)
    assert (steps > 3_600_000_000_000).sum() > 20
    assert (steps % 3_600_000_000_000 == 0).all()


def test_the_walk_has_the_volatility_asked_for():
    returns = np.diff(np.log(random_bars(20_000, 5, gaps=0.0, volatility=0.02)["close"]))
    assert returns.std() == pytest.approx(0.02, rel=0.03)
    assert returns.mean() == pytest.approx(0.0, abs=0.0005)


def test_a_random_market_is_named_after_its_seed():
    market = random_walk_market(30, 7, "1d", venue="test-perp")
    assert (market.name, market.interval, len(market)) == ("random walk 7", "1d", 30)
    assert market.perpetual.all()


def test_a_planted_channel_without_noise_turns_on_its_lines():
    market, truth = planted_channel(96, 1, noise=0.0, period=24, slope=0.001, width=0.3)
    logs = np.log(market.close)
    assert logs[truth.lower_touches] == pytest.approx(truth.lower(96)[truth.lower_touches])
    assert logs[truth.upper_touches] == pytest.approx(truth.upper(96)[truth.upper_touches])
    assert truth.upper_touches.tolist() == [12, 36, 60, 84]
    assert (logs >= truth.lower(96) - 1e-12).all()
    assert (logs <= truth.upper(96) + 1e-12).all()


def test_noise_leaves_the_slope_of_a_planted_channel():
    market, truth = planted_channel(2_400, 2, noise=0.1, slope=0.0005)
    fitted = np.polyfit(np.arange(2_400), np.log(market.close), 1)[0]
    assert fitted == pytest.approx(truth.slope, rel=0.02)
