"""Controls are like their events, never in the condition's wake, never near their own event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.market.synthetic import random_walk_market
from kanalo.study.events._pair_kernels import find_alike
from kanalo.study.events.controls import (
    Covariates,
    calc_balance,
    calc_slopes,
    find_controls,
    find_covariates,
    mean_of_controls,
)

N_BARS = 5_000


@pytest.fixture(scope="module")
def market():
    return random_walk_market(N_BARS, 3)


@pytest.fixture(scope="module")
def covariates(market):
    return find_covariates(market)


def make_events(n=20, seed=1):
    events = np.sort(np.random.default_rng(seed).choice(np.arange(1000, 4800), n, replace=False))
    holds = np.zeros(N_BARS, dtype=bool)
    holds[events] = True
    return events, holds


def make_covariates(values, strata=None):
    """One covariate that is what it is, in one stratum."""
    values = np.asarray(values, dtype=float)
    codes = np.zeros(len(values), dtype=int) if strata is None else np.asarray(strata)
    return Covariates({"x": values}, codes, {})


def match(values, events, *, strata=None, **options):
    holds = np.zeros(len(values), dtype=bool)
    holds[events] = True
    options = {"wake": 0, "distance": 1, "caliper": 10.0, **options}
    return find_controls(make_covariates(values, strata), np.array(events), holds, **options)


def test_nearest_bar_is_chosen():
    assert match([5.0, 0, 4.4, 5.2, 9], [0]).controls.tolist() == [[3]]


def test_bar_is_used_once():
    found = match([5.0, 5.1, 0, 5.2, 4.0], [0, 1])
    assert sorted(found.controls.ravel().tolist()) == [3, 4]


def test_event_with_fewer_candidates_chooses_first():
    """Bar 3 is the nearest of both; event 1 may take nothing else."""
    found = match([5.0, 6.0, 99, 5.4, 4.4], [0, 1], caliper=0.03)
    assert found.controls.tolist() == [[4], [3]]


def test_control_beyond_the_caliper_is_none():
    found = match([5.0, 0, 0, 9.0, 0], [0], caliper=0.5)
    assert found.controls.tolist() == [[-1]]
    assert not found.matched.any()


def test_stratum_is_matched_exactly():
    assert match([5.0, 5.0, 3.0], [0], strata=[1, 0, 1]).controls.tolist() == [[2]]
    assert match([5.0, 5.0, 3.0], [0], strata=[-1, -1, -1]).controls.tolist() == [[-1]]


def test_wake_of_the_condition_gives_no_control():
    values = np.full(10, 5.0)
    found = match(values, [4], wake=3)
    assert np.flatnonzero(found.eligible).tolist() == [0, 1, 2, 3, 8, 9]


def test_bar_before_the_condition_stays_eligible():
    """Leaving out what an event follows would choose controls by their future."""
    assert match(np.full(10, 5.0), [4], wake=3).eligible[:4].all()


def test_own_event_is_kept_away_on_both_sides():
    found = match(np.full(10, 5.0), [5], distance=4, n_controls=9, apart=1)
    assert sorted(found.controls[found.controls >= 0].tolist()) == [0, 1, 9]


def test_first_of_neighbouring_bars_is_chosen_not_the_nearest():
    values = np.array([5.0, 0, 0, 4.0, 4.6, 4.9, 4.2, 0, 0, 0])
    assert match(values, [0], caliper=1.0, apart=3).controls.tolist() == [[3]]


def test_unknown_covariate_is_not_matched():
    assert match([5.0, np.nan, 4.0], [0]).controls.tolist() == [[2]]
    assert match([np.nan, 5.0, 4.0], [0]).controls.tolist() == [[-1]]


def test_several_controls_are_averaged():
    found = match([5.0, 4.0, 0, 6.0, 9], [0], n_controls=2, caliper=1.5)
    assert mean_of_controls(np.array([0.0, 1, 2, 4, 8]), found).tolist() == [2.5]


def test_balance_on_a_market(covariates):
    events, holds = make_events()
    found = find_controls(covariates, events, holds, wake=24, distance=168, n_controls=2, apart=24)
    assert found.matched.mean() > 0.8
    assert (covariates.strata[found.controls[found.matched][:, 0]] >= 0).all()
    balance = {each.name: each for each in calc_balance(covariates, events, found)}
    assert set(balance) > {"bar_return", "bar_volume", "day_return", "day_volume", "volatility"}
    assert all(abs(balance[name].after) < 0.35 for name in covariates.values)
    assert balance["trend"].after == 0  # matched exactly


def test_matching_takes_imbalance_away(market, covariates):
    """Events with large returns: far from the pool before, near their controls after."""
    events = np.flatnonzero(covariates.values["bar_return"] > 0.012)[20:400:10]
    holds = np.zeros(N_BARS, dtype=bool)
    holds[events] = True
    found = find_controls(covariates, events, holds, wake=24, distance=24, apart=24)
    row = next(e for e in calc_balance(covariates, events, found) if e.name == "bar_return")
    assert row.before > 1.5
    assert abs(row.after) < 0.25
    assert row.matched == pytest.approx(row.controls, abs=0.25 * found.scales["bar_return"])


def test_slopes_are_those_of_a_linear_outcome():
    x = np.random.default_rng(0).normal(size=500)
    outcomes = np.column_stack([3 * x + 7, np.full(500, np.nan)])
    _, slopes = calc_slopes(make_covariates(x), outcomes, np.ones(500, dtype=bool))
    np.testing.assert_allclose(slopes, [[3.0, 0.0]], atol=1e-9)


def test_covariates_are_unknown_while_their_windows_fill(covariates):
    assert np.isnan(covariates.values["bar_volume"][:719]).all()
    assert (covariates.strata[:100] == -1).all()
    assert (covariates.strata[1000:] >= 0).all()


def find_alike_in_numpy(scaled, pool, event, distance, caliper, apart):
    """Find what `find_alike` finds with whole arrays, as a twin of the loop."""
    pool = pool[np.abs(pool - event) >= distance]
    near = np.flatnonzero((np.abs(scaled[pool] - scaled[event]) <= caliper).all(axis=1))
    return pool[near[np.diff(pool[near], prepend=-apart) >= apart]]


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9))
def test_bars_like_an_event_are_those_that_whole_arrays_find(seed, distance, apart):
    rng = np.random.default_rng(seed)
    scaled = rng.normal(size=(60, 2))
    scaled[rng.random(60) < 0.1, 0] = np.nan
    pool = np.flatnonzero(rng.random(60) < 0.7)
    for caliper in (0.3, 1.5):
        settings = (int(rng.integers(60)), distance, caliper, apart)
        expected = find_alike_in_numpy(scaled, pool, *settings)
        assert find_alike(scaled, pool, *settings).tolist() == expected.tolist()
