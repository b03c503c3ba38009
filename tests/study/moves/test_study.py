"""Setups end as the prices say, are taken one at a time, and are set beside a driftless walk."""

import itertools

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.market import Market
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.breakout import breakouts
from kanalo.study.moves.setups import (
    OPEN,
    STOP,
    TARGET,
    Setups,
    find_channel_setups,
    find_zone_setups,
    follow,
    one_at_a_time,
)
from kanalo.study.moves.study import calibrate_moves


def make_market(highs, lows):
    """Make bars that close halfway between high and low."""
    high, low = np.asarray(highs, dtype=float), np.asarray(lows, dtype=float)
    frame = pd.DataFrame(
        {"open": (high + low) / 2, "high": high, "low": low, "close": (high + low) / 2},
        index=pd.date_range("2024-01-01", periods=len(high), freq="h", tz="UTC"),
    ).assign(volume=1.0)
    return Market.from_bars(frame)


def make_setups(bars=(0,), *, side=1, level=100.0, target=110.0, stop=95.0):
    n = len(bars)
    prices = (np.full(n, price) for price in (level, target, stop))
    return Setups(np.array(bars), side, *prices, np.full(n, "x"), {"width": np.arange(float(n))})


def watch(highs, lows, within=99, **prices):
    return follow(make_market(highs, lows), make_setups(**prices), within)


def test_target_first():
    found = watch([101, 105, 111, 90], [99, 101, 104, 80])
    assert (found.result[0], found.n_bars[0], found.to_target[0]) == (TARGET, 2, 2)
    assert found.touched[0]


def test_stop_first_and_the_target_still_waited_for():
    found = watch([101, 101, 112], [99, 94, 99])
    assert (found.result[0], found.n_bars[0]) == (STOP, 1)
    assert (found.to_target[0], found.touched[0]) == (2, True)


def test_bar_that_touches_both_counts_as_stopped():
    found = watch([101, 112], [99, 94])
    assert found.result[0] == STOP
    assert found.both[0]


def test_bar_of_the_setup_itself_is_past():
    assert watch([120, 101], [90, 99]).result[0] == OPEN


def test_open_setup_is_censored_where_watching_ends():
    found = watch([101, 102, 103, 112], [99, 99, 99, 99], within=2)
    assert (found.result[0], found.n_bars[0], found.touched[0]) == (OPEN, 2, False)


def test_excursion_is_a_multiple_of_the_projection_in_log():
    found = watch([101, 121, 130], [99, 100, 94])  # 1.21 = 1.1 squared; the bar of the stop is out
    assert found.best[0] == pytest.approx(2.0)


def test_excursion_is_zero_where_price_never_left_the_level():
    assert watch([101, 99.5], [99, 94]).best[0] == 0


def test_downward_setup_is_the_mirror():
    """Target 90 below, stop 105 above; 81 is two projections of 10 %."""
    prices = {"side": -1, "level": 100.0, "target": 90.0, "stop": 105.0}
    found = watch([101, 104, 103, 106], [99, 95, 81, 100], **prices)
    assert (found.result[0], found.n_bars[0]) == (TARGET, 2)
    assert found.best[0] == pytest.approx(2.0)
    assert watch([101, 106], [99, 95], **prices).result[0] == STOP


def test_setup_during_another_is_left_out():
    market = make_market([101, 101, 101, 112, 101, 112], [99] * 6)
    setups = make_setups((0, 1, 3, 4))
    outcomes = follow(market, setups, 99)
    assert outcomes.n_bars.tolist() == [3, 2, 2, 1]
    assert one_at_a_time(setups, outcomes).tolist() == [0, 2]


@pytest.fixture(scope="module")
def market():
    return random_walk_market(20_000, 2, volatility=0.004, drift=0.00012)


def test_channel_setups_are_the_breakouts_that_strategies_see(market):
    setups, broken = find_channel_setups(market), breakouts(market)
    assert len(setups) > 10
    assert set(setups.bars) <= set(np.flatnonzero(broken.any))
    expected = broken.level * broken.level / broken.base
    np.testing.assert_allclose(setups.target, expected[setups.bars])
    close = market.close[setups.bars]
    assert ((setups.stop < close) & (close < setups.target)).all()


def test_zone_setups_aim_at_the_next_support(market):
    setups = find_zone_setups(market)
    close = market.close[setups.bars]
    assert len(setups) > 50
    assert ((setups.target < close) & (close < setups.level) & (close < setups.stop)).all()
    assert (market.close[setups.bars - 1] >= setups.level).all()  # it stood there one bar before
    assert (setups.traits["touches"] >= 2).all()
    np.testing.assert_allclose(setups.traits["distance"], np.log(setups.level / setups.target))


def test_walk_reaches_targets_as_often_as_distances_say(market):
    """On a random walk the observed share agrees with the driftless one."""
    every = calibrate_moves(market, "zone").groups[0]
    assert every.n > 100
    assert every.share_low - 0.05 < every.driftless < every.share_high + 0.05


def test_groups_partition_the_setups(market):
    found = calibrate_moves(market, "zone")
    for trait in ("height", "touches", "distance"):
        groups = [each for each in found.groups if each.trait == trait]
        assert sum(each.n for each in groups) == found.groups[0].n == len(found.setups)
        assert all(a.high <= b.low for a, b in itertools.pairwise(groups))
    for each in found.groups:
        assert each.n_target + each.n_stop + each.n_open == each.n


def test_warm_up_holds_no_setup(market):
    late = market.between("2021-01-01")
    assert calibrate_moves(late, "zone").setups.bars.min() >= late.first


def test_dictionary_counts_what_was_left_out(market):
    record = calibrate_moves(market, "channel", within="30d").to_dict()
    counts = record["counts"]
    assert counts["found"] == counts["setups"] + counts["overlapping"]
    assert len(record["setups"]) == counts["setups"]
    assert {each["result"] for each in record["setups"]} <= {"target", "stop", "open"}


def test_market_without_setups_gives_an_empty_calibration():
    found = calibrate_moves(random_walk_market(300, 1), "channel")
    assert found.groups[0].n == 0
    assert np.isnan(found.groups[0].share)


def test_unknown_pattern_and_length_are_refused(market):
    with pytest.raises(UnknownNameError, match="Did you mean 'channel'"):
        calibrate_moves(market, "chanel")
    with pytest.raises(ParameterError, match="whole number of bars"):
        calibrate_moves(market, "zone", within="30m")
