"""A planted effect is found, a null one is not, and momentum is not mistaken for an event."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.market import Market
from kanalo.market.synthetic import random_bars, random_walk_market
from kanalo.study.events.study import run_event_study
from kanalo.study.variables import VARIABLES

N_BARS = 12_000
HORIZONS = ("1h", "6h", "1d", "3d")


def to_market(returns, seed, benchmark=None):
    """Make hourly bars of given log returns of the close; highs and lows stand a little beyond."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(returns))
    opening = np.concatenate([[100.0], close[:-1]])
    wick = np.exp(np.abs(rng.normal(0, 0.002, (2, len(close)))))
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * wick[0],
            "low": np.minimum(opening, close) / wick[1],
            "close": close,
            "volume": rng.lognormal(6, 1, len(close)),
        },
        index=pd.date_range("2020-01-06", periods=len(close), freq="h", tz="UTC"),
    )
    return Market.from_bars(frame, benchmark=benchmark)


def plant(effect, seed=0, n_hours=24, n_bars=N_BARS):
    """Make a market in which marked bars are followed by ``effect``, spread over some hours."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.006, n_bars)
    marked = np.zeros(n_bars, dtype=bool)
    marked[np.arange(1_000, n_bars - 200, 100) + rng.integers(0, 20)] = True
    for bar in np.flatnonzero(marked):
        returns[bar + 1 : bar + 1 + n_hours] += effect / n_hours
    return to_market(returns, seed), {"planted": marked}


def study(market, condition="planted", horizons=HORIZONS, extra=None, **options):
    return run_event_study(market, condition, horizons, extra=extra, n_draws=400, **options)


def test_planted_effect_is_found_with_its_size():
    market, extra = plant(0.04)
    found = study(market, extra=extra)
    day = found.raw[2]
    assert [each.horizon for each in found.raw] == list(HORIZONS)
    assert day.found
    assert day.effect.low < 0.04 < day.effect.high
    assert day.effect.value == pytest.approx(0.04, abs=0.015)
    assert found.share_matched > 0.9
    at_day = np.flatnonzero(found.paths.offsets == 24)[0]
    assert found.paths.mean[at_day] == pytest.approx(0.04, abs=0.015)
    assert found.paths.mean[found.paths.offsets == 0] == 0
    assert found.paths.low[at_day] < found.paths.mean[at_day] < found.paths.high[at_day]
    assert abs(found.paths.control[at_day]) < 0.012


def test_effect_of_a_fall_is_negative():
    market, extra = plant(-0.04, seed=1)
    assert study(market, extra=extra).raw[2].effect.high < 0


def test_null_condition_finds_nothing():
    market, extra = plant(0.0)
    assert not any(each.found for each in study(market, extra=extra).raw)


def test_power_figure_tells_what_was_found_from_what_could_not_be():
    market, extra = plant(0.04)
    for each in study(market, extra=extra).raw[2:]:
        assert 0 < each.detectable < 0.04
    assert study(market, extra=extra).raw[0].detectable < 0.01  # an hour is quieter than a day


def make_momentum(seed, n_bars=N_BARS):
    """Make a market whose returns continue: 4 % of each hour's return comes back every hour."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.006, n_bars)
    returns = noise.copy()
    for lag in range(1, 13):
        returns[lag:] += 0.04 * noise[:-lag]
    return to_market(returns, seed), {"mark": noise / 0.006 + rng.normal(0, 0.7, n_bars)}


def test_pure_momentum_of_the_event_bar_is_no_effect_after_matching():
    """The mark knows nothing but the bar's own return, which alone is followed by a rise."""
    found = []
    for seed in range(4, 9):
        market, extra = make_momentum(seed)
        found += study(market, "mark > 2.2", ("6h",), extra=extra).raw
    naive = np.array([each.all_events - each.all_bars for each in found])
    assert naive.mean() > 0.002  # what a study without controls would report
    assert not any(each.found for each in found)
    assert abs(np.mean([each.effect.value for each in found])) < 0.2 * naive.mean()


def test_momentum_does_not_hide_a_planted_effect():
    market, extra = make_momentum(4)
    rng = np.random.default_rng(9)
    returns = np.diff(np.log(market.close), prepend=np.log(100))
    chosen = np.flatnonzero((extra["mark"] > 1.5) & (rng.random(N_BARS) < 0.15))
    marked = np.zeros(N_BARS, dtype=bool)
    marked[chosen[(chosen > 1_000) & (chosen < N_BARS - 100)]] = True
    for bar in np.flatnonzero(marked):
        returns[bar + 1 : bar + 7] += 0.015 / 6
    found = study(to_market(returns, 4), horizons=("6h",), extra={"planted": marked}).raw[0]
    assert found.found
    assert found.effect.value == pytest.approx(0.015, abs=0.006)


def test_move_of_the_benchmark_is_not_abnormal():
    """The market is the benchmark and a little noise; events precede the benchmark's rises."""
    rng = np.random.default_rng(5)
    marked = np.zeros(N_BARS, dtype=bool)
    marked[1_000:-100:90] = True
    steps = rng.normal(0, 0.006, N_BARS)
    for bar in np.flatnonzero(marked):
        steps[bar + 1 : bar + 7] += 0.01
    frame = to_market(steps, 6).bars
    market = to_market(1.5 * steps + rng.normal(0, 0.001, N_BARS), 5, benchmark=frame)
    found = study(market, horizons=("6h",), extra={"planted": marked})
    assert found.raw[0].effect.value == pytest.approx(0.09, abs=0.02)
    assert found.raw[0].found
    assert abs(found.abnormal[0].effect.value) < 0.01


def test_without_a_benchmark_nothing_is_abnormal():
    market, extra = plant(0.04)
    for each in study(market, extra=extra).abnormal:
        assert each.n_events == 0
        assert np.isnan(each.effect.value)


def test_windows_do_not_overlap_unless_asked():
    market, extra = plant(0.0)
    marked = extra["planted"].copy()
    marked[np.flatnonzero(marked) + 30] = True
    found = study(market, extra={"planted": marked})
    assert np.diff(found.events.bars).min() >= 72
    assert found.events.n_overlapping == marked.sum() - len(found.events)
    dense = study(market, extra={"planted": marked}, spacing="1d")
    assert len(dense.events) == marked.sum()
    assert dense.raw[3].effect.n_blocks < dense.raw[3].effect.n  # drawn together


def test_event_whose_window_leaves_the_data_counts_for_short_horizons_only():
    market = random_walk_market(3_000, 1)
    marked = np.zeros(3_000, dtype=bool)
    marked[[1_000, 2_990]] = True
    found = study(market, extra={"planted": marked})
    assert [each.n_events for each in found.raw] == [2, 2, 1, 1]


def test_warm_up_holds_neither_events_nor_controls():
    market, extra = plant(0.0)
    late = market.between("2020-06-01")
    found = study(late, extra=extra)
    chosen = found.matching.controls
    assert found.events.bars.min() >= late.first > 0
    assert chosen[chosen >= 0].min() >= late.first


def test_seed_decides_the_intervals():
    market, extra = plant(0.01, n_bars=4_000)
    first, same, other = (study(market, extra=extra, seed=seed).raw[2] for seed in (1, 1, 2))
    assert first == same
    assert first.effect.value == other.effect.value
    assert first.effect.low != other.effect.low


def test_condition_that_never_holds_gives_an_empty_study():
    found = study(random_walk_market(2_000, 1), "return_1h > 5")
    assert len(found.events) == 0
    assert np.isnan(found.share_matched)
    assert np.isnan(found.paths.mean).all()
    assert found.to_dict()["events"] == []


def test_dictionary_names_counts_and_origins():
    market = random_walk_market(4_000, 2, venue="test-perp")
    record = study(market, "short_imbalance > 0.3 & hour > 3").to_dict()
    assert record["variables"] == {"short_imbalance": "estimated", "hour": "bars"}
    counts = record["counts"]
    assert counts["events"] == counts["onsets"] - counts["overlapping"] == len(record["events"])
    assert counts["unknown"] > 0
    assert [each["horizon"] for each in record["effects"]["raw"]] == list(HORIZONS)
    for event in record["events"]:
        assert all(abs(time - event["time"]).days >= 3 for time in event["controls"])


def test_estimated_study_says_so():
    market = random_walk_market(2_000, 2, venue="test-perp")
    assert study(market, "size_pct > 0.99").is_estimated
    assert not study(market, "return_1h > 0.02").is_estimated


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizons": ()}, "at least one horizon"),
        ({"horizons": ("30m",)}, "whole number of bars"),
        ({"horizons": ("500d",)}, "longer than the 2000 bars"),
        ({"n_controls": 0}, "'n_controls'"),
        ({"caliper": 0.0}, "'caliper'"),
    ],
)
def test_senseless_settings_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        study(random_walk_market(2_000, 1), "return_1h > 0.01", **options)


def test_unknown_variable_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'return_1h'"):
        study(random_walk_market(2_000, 1), "return_1 > 0.01")


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_may_be_studied(name):
    bars = random_bars(1_200, 3)
    market = Market.from_bars(bars, venue="test-perp", benchmark=random_bars(1_200, 4))
    condition = name if VARIABLES[name].truth else f"{name} > 0"
    assert study(market, condition, ("1h",)).condition == condition


@pytest.mark.slow
@pytest.mark.parametrize(
    "condition", ["planted", "mark > 2.5", "return_24h > 0.06", "return_1h < -0.02"]
)
def test_false_positives_stay_within_nominal(condition):
    """On random walks every effect is false; 5 % of studies may show one at any horizon.

    Of 100 studies at most 10 may (a true rate of 5 % gives more in 1 of 85 simulations), and the
    mean effect lies within 3 standard errors of zero: matching must not feign a drift.
    """
    studies = []
    for seed in range(100):
        market = random_walk_market(8_000, seed)
        rng = np.random.default_rng(10_000 + seed)
        noise = np.diff(np.log(market.close), prepend=np.nan) / 0.01 + rng.normal(size=8_000)
        extra = {"planted": rng.random(8_000) < 0.006, "mark": noise}
        studies.append(study(market, condition, ("1h", "1d", "3d"), extra=extra, seed=seed))
    assert sum(any(each.found for each in one.raw) for one in studies) <= 10
    effects = np.array([[each.effect.value for each in one.raw] for one in studies])
    errors = np.nanstd(effects, axis=0) / np.sqrt((~np.isnan(effects)).sum(axis=0))
    assert (np.abs(np.nanmean(effects, axis=0)) < 3 * errors).all()


@pytest.mark.slow
def test_overlapping_windows_feign_nothing():
    """Events a day apart with windows of three days, whose controls overlap too."""
    hits = 0
    for seed in range(60):
        market = random_walk_market(8_000, seed)
        found = study(market, "return_24h > 0.05", ("1d", "3d"), spacing="1d", seed=seed)
        hits += any(each.found for each in found.raw)
    assert hits <= 8
