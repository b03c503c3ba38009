"""Every file in `strategies/` is an honest rule that trades."""

import dataclasses
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from kanalo.checks import check_strategy
from kanalo.errors import ParameterError
from kanalo.market import load_market
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.strategy import Strategy

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "strategies").glob("[a-z]*.py"))
HOLDINGS = {"hold_perpetual", "hold_spot"}


def load(name):
    """Return the one strategy that a file of the workspace defines."""
    module = importlib.import_module(f"strategies.{name}")
    classes = (each for each in vars(module).values() if inspect.isclass(each))
    own = (each for each in classes if each.__module__ == module.__name__)
    (found,) = (each for each in own if issubclass(each, Strategy))
    return found


@pytest.fixture(scope="module")
def hourly():
    return load_market(ROOT / "data", "xmr_1h")


@pytest.fixture(scope="module")
def daily():
    return load_market(ROOT / "data", "xmr_1d")


def test_the_workspace_has_the_rules_it_is_about():
    assert {
        "breakdown",
        "channel_squeeze",
        "cluster_sweep",
        "donchian_breakout",
        "hold_perpetual",
        "hold_spot",
        "liquidation_fade",
        "liquidation_imbalance",
        "random_entry",
        "rising_channel_breakout",
        "rising_channel_rebound",
        "sma_cross",
    } <= set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_passes_the_check_and_has_something_to_check(name):
    assert check_strategy(load(name)).n_entries > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bars", ["hourly", "daily"])
def test_it_passes_the_check_on_monero(request, name, bars):
    market = request.getfixturevalue(bars)
    assert check_strategy(load(name), market).n_entries > 0


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_short_enough_to_read(name):
    text = (ROOT / "strategies" / f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) <= 90


@pytest.mark.parametrize("name", NAMES)
def test_its_parameters_have_bounds_and_help(name):
    for parameter in load(name).declared():
        assert parameter.help
        if parameter.type is not bool:
            assert parameter.low is not None
            assert parameter.high is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_entries_lie_between_stop_and_target(name, hourly):
    """A stop above a long's close would be hit before anything has happened."""
    decisions = load(name)().decide(hourly)
    close = hourly.close[decisions.entries]
    assert not (decisions.side * (close - decisions.stop) <= 0).any()
    assert not (decisions.side * (decisions.target - close) <= 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_flat_bars_give_no_signal_but_that_of_holding(name, hourly):
    flat = hourly.bars.iloc[:9_000].assign(open=100.0, high=100.0, low=100.0, close=100.0)
    market = dataclasses.replace(hourly.rows(0, 9_000), bars=flat)
    decisions = load(name)().decide(market)
    if name not in {*HOLDINGS, "random_entry"}:
        assert len(decisions.entries) == 0


@pytest.mark.parametrize("name", NAMES)
def test_one_bar_is_enough_to_decide_nothing_wrong(name, hourly):
    decisions = load(name)().decide(hourly.rows(0, 1))
    assert decisions.n_bars == 1


@pytest.mark.parametrize("name", ["rising_channel_breakout", "channel_squeeze"])
def test_longs_are_taken_only_while_a_channel_holds(name, hourly):
    decisions = load(name)().decide(hourly)
    assert np.isfinite(decisions.overlays["channel lower"][decisions.entries]).all()
    assert np.isfinite(decisions.guard_long[decisions.entries]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(NAMES) - HOLDINGS))
def test_it_makes_ten_trades_on_the_hourly_history(name, hourly):
    from kanalo.experiment.run_rule import run

    assert len(run(load(name)(), hourly).trades) >= 10


def test_fade_and_follow_take_opposite_sides(hourly):
    follow = load("liquidation_imbalance")().decide(hourly)
    fade = load("liquidation_fade")().decide(hourly)
    np.testing.assert_array_equal(follow.entries, fade.entries)
    np.testing.assert_array_equal(follow.side, -fade.side)


@pytest.mark.slow
def test_an_unknown_filter_passes_and_is_tagged(hourly):
    squeeze = load("channel_squeeze")()
    known = squeeze.decide(hourly)
    blind = squeeze.decide(dataclasses.replace(hourly, context=hourly.context.iloc[:, :0]))
    assert set(blind.tag) == {"squeeze, filter unknown"}
    assert set(known.entries) <= set(blind.entries)


@pytest.mark.slow
def test_a_crowd_of_longs_stops_the_squeeze(hourly):
    crowded = hourly.context.assign(long_short_ratio=3.0)
    decisions = load("channel_squeeze")().decide(dataclasses.replace(hourly, context=crowded))
    assert len(decisions.entries) == 0


def test_a_dense_cluster_of_longs_below_stops_the_squeeze(hourly):
    """At a limit of zero every cluster is dense: only bars without one below may enter."""
    levels = hourly.cached(liquidation_levels)
    strict = load("channel_squeeze")(crowd=0.0).decide(hourly)
    free = load("channel_squeeze")(crowd=1.0).decide(hourly)
    assert 0 < len(strict.entries) < len(free.entries)
    assert np.isnan(levels.long_zones.near[strict.entries]).all()


def test_sweeps_aim_at_the_far_edge_of_a_cluster_known_a_bar_before(hourly):
    levels = hourly.cached(liquidation_levels)
    decisions = load("cluster_sweep")().decide(hourly)
    before = decisions.entries - 1
    for side, zones in ((1, levels.short_zones), (-1, levels.long_zones)):
        chosen = decisions.side == side
        rows = before[chosen]
        near, far = (
            hourly.close[rows] * np.exp(side * edge[rows]) for edge in (zones.near, zones.far)
        )
        close = hourly.close[decisions.entries[chosen]]
        np.testing.assert_allclose(decisions.target[chosen], far)
        assert (side * (close - near) >= 0).all()
        assert (side * (far - close) > 0).all()


def test_sweeps_without_shorts_keep_their_longs(hourly):
    both = load("cluster_sweep")().decide(hourly)
    longs = load("cluster_sweep")(shorts=False).decide(hourly)
    np.testing.assert_array_equal(longs.entries, both.entries[both.side == 1])
    assert set(both.tag) == {"short cluster (estimated)", "long cluster (estimated)"}


@pytest.mark.parametrize("name", ["liquidation_imbalance", "liquidation_fade", "cluster_sweep"])
def test_trades_on_estimates_say_so(name, hourly):
    assert all("(estimated)" in tag for tag in load(name)().decide(hourly).tag)


@pytest.mark.parametrize("name", ["liquidation_imbalance", "cluster_sweep", "channel_squeeze"])
def test_a_spot_venue_has_nothing_to_liquidate(name, hourly):
    spot = dataclasses.replace(hourly, venue=np.full(len(hourly), "somewhere-spot"))
    assert len(load(name)().decide(spot).entries) == 0


def test_parameters_out_of_bounds_are_named():
    with pytest.raises(ParameterError, match=r"'weeks' parameter of RisingChannelBreakout must be"):
        load("rising_channel_breakout")(weeks=0)


@pytest.mark.parametrize("bars", ["hourly", "daily"])
def test_holding_the_coin_pays_no_funding_and_the_perpetual_does(request, bars):
    from kanalo.experiment.run_rule import run

    market = request.getfixturevalue(bars)
    spot, perpetual = (run(load(f"hold_{kind}")(), market) for kind in ("spot", "perpetual"))
    assert not spot.funding.any()
    assert perpetual.funding.sum() < 0
    assert not spot.costs["funding"]
    assert perpetual.costs["funding"]
    bought = spot.trades[["entry_price", "quantity"]]
    assert bought.equals(perpetual.trades[["entry_price", "quantity"]])
    gone = float(perpetual.equity.iloc[-1] - spot.equity.iloc[-1])
    assert gone == pytest.approx(float(perpetual.funding.sum()))
