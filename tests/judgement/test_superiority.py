"""SPA and MCS: against arch itself, with planted edges, without any, and with flat series."""

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import MCS, SPA

from kanalo.errors import DataError, ParameterError
from kanalo.judgement import calc_superiority, find_confidence_set, to_matched_hold
from kanalo.judgement.superiority import _studentise

FAST = {"n_resamples": 300, "block_length": 3.0}


def make_noise(n_days=500, n_models=4, seed=0):
    return np.random.default_rng(seed).normal(0, 0.02, (n_days, n_models))


def name_columns(values):
    index = pd.date_range("2020-01-01", periods=len(values), tz="UTC")
    return pd.DataFrame(values, index=index, columns=list("abcdefghijkl")[: values.shape[1]])


def test_matched_holding_is_the_share_of_the_market():
    market = pd.Series([0.1, -0.2, np.nan], name="market")
    assert to_matched_hold(market, 0.5).tolist()[:2] == pytest.approx([0.05, -0.1])
    assert np.isnan(to_matched_hold(market, 0.5).iloc[2])
    assert to_matched_hold(np.array([0.1]), -0.3) == pytest.approx([-0.03])


def test_matched_holding_loses_no_more_than_everything():
    assert to_matched_hold(np.array([-0.6]), 2.0).tolist() == [-1.0]


def test_unknown_exposure_is_refused():
    with pytest.raises(ParameterError, match="must be finite; received nan"):
        to_matched_hold(np.array([0.1]), float("nan"))


def test_deviation_is_that_of_arch():
    noise = make_noise()
    test = SPA(np.zeros(500), -noise, block_size=7, reps=2, seed=0)
    test.compute()
    ours = noise[0] / _studentise(noise, 7.0)[0]
    assert ours == pytest.approx(np.sqrt(test._loss_diff_var))


def test_p_values_are_those_of_arch_for_models_of_one_deviation():
    noise = make_noise()
    noise = noise / (noise[0] / _studentise(noise, 3.0)[0])
    test = SPA(np.zeros(500), -noise, block_size=3, reps=300, seed=5)
    test.compute()
    found = calc_superiority(noise, seed=5, **FAST)
    assert [found.lower, found.p_value, found.upper] == test.pvalues.tolist()


def test_planted_edge_is_found_among_worthless_models():
    noise = make_noise(1500, 10)
    noise[:, 3] += 0.003
    found = calc_superiority(name_columns(noise), **FAST)
    assert found.p_value < 0.01
    assert (found.best, found.better, found.n_models) == ("d", ("d",), 10)
    assert (found.size, found.block_length, found.n_days) == (0.05, 3.0, 1500)


def test_wild_model_does_not_hide_a_steady_one():
    """arch alone, which does not studentise the statistic, misses this edge."""
    noise = make_noise(1500, 2)
    noise[:, 0] += 0.002
    noise[:, 1] *= 50
    assert calc_superiority(noise, **FAST).p_value < 0.05
    plain = SPA(np.zeros(1500), -noise, block_size=3, reps=300, seed=0)
    plain.compute()
    assert plain.pvalues["consistent"] > 0.2


def test_named_models_make_way_for_the_rest():
    """The last is above the critical value of what is left, but not above that of all."""
    noise = make_noise(1500, 12, seed=3)
    noise -= noise.mean(axis=0)
    noise[:, :11] += 0.01
    noise[:, 11] += 2.2 * noise[:, 11].std() / np.sqrt(1500)
    scaled = _studentise(noise, 3.0)
    test = SPA(np.zeros(1500), -scaled, block_size=3, reps=300, seed=0)
    test.compute()
    assert test.better_models(0.05).tolist() == list(range(11))
    assert calc_superiority(name_columns(noise), **FAST).better == tuple("abcdefghijkl")


def test_hopeless_rest_is_not_named():
    noise = make_noise(1500, 4)
    noise -= noise.mean(axis=0)
    noise += np.array([0.01, -0.01, -0.02, -0.005])
    assert calc_superiority(name_columns(noise), **FAST).better == ("a",)


def test_edge_counts_against_the_benchmark():
    noise = make_noise(1500)
    market = np.random.default_rng(1).normal(0.004, 0.02, 1500)
    held = noise + market[:, None]
    assert calc_superiority(held, **FAST).p_value < 0.01
    assert calc_superiority(held, market, **FAST).p_value > 0.1


def test_each_strategy_may_have_its_own_benchmark():
    noise = make_noise(1500, 3)
    market = np.random.default_rng(1).normal(0.004, 0.02, 1500)
    exposures = np.array([0.2, 0.5, 1.0])
    benchmarks = market[:, None] * exposures
    found = calc_superiority(noise + benchmarks, benchmarks, **FAST)
    assert found.p_value == calc_superiority(noise, **FAST).p_value


def test_strategies_that_are_the_benchmark_are_left_out():
    noise = name_columns(make_noise(500, 3))
    noise["idle"] = 0.0
    found = calc_superiority(noise, **FAST)
    assert (found.left_out, found.n_models) == (("idle",), 3)
    assert found.p_value == calc_superiority(noise.drop(columns="idle"), **FAST).p_value


def test_flat_strategies_alone_cannot_be_tested():
    found = calc_superiority(np.zeros((100, 2)))
    assert np.isnan([found.p_value, found.lower, found.upper]).all()
    assert (found.best, found.better, found.n_models) == ("", (), 0)


def test_one_strategy_is_tested_as_it_is():
    worthless, earning = make_noise(1500, 1), make_noise(1500, 1) + 0.003
    assert calc_superiority(worthless, **FAST).p_value > 0.05
    assert calc_superiority(earning, **FAST).p_value < 0.05


def test_strategies_that_all_lose_have_a_p_value_of_one():
    found = calc_superiority(make_noise() - 0.01, **FAST)
    assert (found.lower, found.p_value, found.upper, found.better) == (1, 1, 1, ())


def test_same_seed_gives_the_same_p_value():
    noise = make_noise()
    first, second, third = (calc_superiority(noise, seed=seed, **FAST) for seed in (1, 1, 2))
    assert first == second
    assert first.p_value != third.p_value


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [
        (np.zeros(499), r"must have 500 days for one or all 4 strategies; received .* \(499,\)"),
        (np.zeros((500, 2)), r"received the shape \(500, 2\)"),
        (np.full(500, np.nan), "no finite value in row 0"),
    ],
)
def test_benchmark_of_other_days_is_refused(benchmark, message):
    with pytest.raises(DataError, match=message):
        calc_superiority(make_noise(), benchmark)


def test_benchmark_with_another_index_is_refused():
    table = name_columns(make_noise())
    shifted = pd.Series(0.0, index=table.index + pd.Timedelta(days=1))
    with pytest.raises(DataError, match="must have the days of the strategies"):
        calc_superiority(table, shifted)


def test_short_series_and_impossible_sizes_are_refused():
    with pytest.raises(DataError, match="At least 30 daily returns"):
        calc_superiority(make_noise(29))
    for test in (calc_superiority, find_confidence_set):
        with pytest.raises(ParameterError, match=r"in \(0, 1\), like 0\.05; received 5"):
            test(make_noise(), size=5)


def test_confidence_set_is_that_of_arch():
    noise = make_noise(800, 6)
    noise[:, 2] += 0.003
    noise[:, 5] -= 0.003
    test = MCS(-noise, 0.1, 300, block_size=3, method="R", seed=4)
    test.compute()
    found = find_confidence_set(name_columns(noise), seed=4, **FAST)
    assert found.included == tuple("abcdef"[column] for column in test.included)
    assert list(found.p_values.values()) == test.pvalues["Pvalue"].sort_index().tolist()


def test_hopeless_strategy_leaves_the_set_and_the_best_stays():
    noise = make_noise(1500, 3)
    noise[:, 0] -= 0.01
    noise[:, 2] += 0.003
    found = find_confidence_set(name_columns(noise), **FAST)
    assert "a" not in found.included
    assert found.p_values["c"] == 1


def test_copies_share_their_fate():
    noise = make_noise(500, 3)
    table = name_columns(np.column_stack([noise, noise[:, :1], noise[:, 1:2]]))
    found = find_confidence_set(table, **FAST)
    assert found.p_values["d"] == found.p_values["a"]
    assert found.p_values["e"] == found.p_values["b"]
    alone = find_confidence_set(table[["a", "b", "c"]], **FAST)
    assert {name: found.p_values[name] for name in "abc"} == alone.p_values


def test_flat_strategies_are_left_out_of_the_set():
    table = name_columns(make_noise(500, 3))
    table["b"] = 0.0
    found = find_confidence_set(table, **FAST)
    assert found.left_out == ("b",)
    assert set(found.p_values) == {"a", "c"}


def test_single_strategy_is_its_own_set_and_none_is_empty():
    alone = find_confidence_set(name_columns(make_noise(100, 1)))
    assert (alone.included, alone.p_values) == (("a",), {"a": 1.0})
    nobody = find_confidence_set(np.zeros((100, 2)))
    assert (nobody.included, nobody.p_values, nobody.left_out) == ((), {}, ("0", "1"))


@pytest.mark.slow
def test_worthless_strategies_are_called_superior_at_no_more_than_the_nominal_rate():
    rng = np.random.default_rng(11)
    p_values = [
        calc_superiority(rng.normal(0, 0.02, (500, 5)), n_resamples=200, seed=seed).p_value
        for seed in range(200)
    ]
    # 5 % of 200 are 10, with a deviation of 3.
    assert np.mean(np.array(p_values) < 0.05) <= 0.1
    assert 0.3 < np.mean(p_values) < 0.7


@pytest.mark.slow
def test_worthless_strategies_beside_good_ones_are_named_at_no_more_than_the_nominal_rate():
    rng = np.random.default_rng(12)
    edges = np.array([0.01, 0.01, 0, 0, 0])
    named = [
        calc_superiority(rng.normal(edges, 0.02, (500, 5)), n_resamples=200, seed=seed).better
        for seed in range(200)
    ]
    assert all({"0", "1"} <= set(each) for each in named)
    assert np.mean([len(each) > 2 for each in named]) <= 0.1
