"""PBO: a sweep worked by hand, ffn's figure, flat sets, ties and noise."""

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.errors import DataError, ParameterError
from kanalo.judgement import calc_overfitting


def make_block(sharpe, n_days=10):
    """Return days with exactly this daily Sharpe ratio: alternately a little more and less."""
    swing = np.tile([1.0, -1.0], n_days // 2)
    return swing / swing.std(ddof=1) + sharpe


def make_sweep(n_days=640, n_sets=30, *, seed=0, edge=0.0):
    """Return noise, the first set with an edge."""
    noise = np.random.default_rng(seed).normal(0, 0.02, (n_days, n_sets))
    noise[:, :1] += edge
    return noise


def test_two_blocks_by_hand():
    """One set is best in the first half, the other in the second: choosing is always wrong."""
    opposite = np.column_stack(
        [
            np.concatenate([make_block(0.5), make_block(-0.5)]),
            np.concatenate([make_block(-0.2), make_block(0.2)]),
        ]
    )
    found = calc_overfitting(opposite, n_blocks=2, per_year=1)
    assert found.pbo == 1
    assert found.probability_of_loss == 1
    # Either way the chosen set ranks first of two from below: 1 / 3, and log(1/3 / (2/3)).
    assert found.logits == pytest.approx([-np.log(2)] * 2)
    assert found.in_sample == pytest.approx([0.5, 0.2])
    assert found.out_of_sample == pytest.approx([-0.5, -0.2])
    assert found.degradation == pytest.approx(-1)


def test_set_that_is_always_best_is_never_overfitted():
    found = calc_overfitting(make_sweep(edge=0.02), n_blocks=8)
    assert found.pbo == 0
    assert found.probability_of_loss == 0
    assert len(found.logits) == 70


def test_sixteen_blocks_are_12870_combinations():
    found = calc_overfitting(make_sweep(n_sets=2))
    assert len(found.logits) == 12_870
    assert (found.n_days, found.n_blocks, found.n_sets, found.n_flat) == (640, 16, 2, 0)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from([2, 4, 6]))
def test_figure_is_that_of_ffn_where_all_sets_trade(seed, n_sets, n_blocks):
    sweep = make_sweep(n_days=125, n_sets=n_sets, seed=seed)
    theirs = ffn.core.calc_prob_backtest_overfitting(
        pd.DataFrame(sweep), n_blocks=n_blocks, full_output=True
    )
    ours = calc_overfitting(sweep, n_blocks=n_blocks)
    assert ours.pbo == pytest.approx(theirs["pbo"])
    assert sorted(ours.logits) == pytest.approx(sorted(theirs["logits"]))


def test_days_that_fill_no_block_are_left_out():
    sweep = make_sweep(n_days=100)
    longer = np.vstack([sweep, np.full((7, 30), 9.0)])
    assert calc_overfitting(longer, n_blocks=10).n_days == 100
    assert calc_overfitting(longer, n_blocks=10).pbo == calc_overfitting(sweep, n_blocks=10).pbo


def test_sets_that_never_traded_change_nothing_but_their_count():
    sweep = make_sweep()
    idle = np.insert(sweep, [0, 5, 5, 30], 0.0, axis=1)
    with_idle, without = calc_overfitting(idle, n_blocks=8), calc_overfitting(sweep, n_blocks=8)
    assert with_idle.n_flat == 4
    assert with_idle.n_sets == without.n_sets == 30
    assert np.array_equal(with_idle.logits, without.logits)


def test_set_without_a_trade_in_one_half_is_cash_there():
    """Cash beats a loss: an idle half ranks above a losing set and below a gaining one."""
    sets = np.column_stack(
        [
            np.concatenate([make_block(0.9), np.zeros(10)]),
            np.concatenate([make_block(0.1), make_block(-0.3)]),
            np.concatenate([make_block(0.2), make_block(0.3)]),
        ]
    )
    found = calc_overfitting(sets, n_blocks=2, per_year=1)
    # In the first half the first set is chosen; of the second half's 0, -0.3, 0.3 it is second.
    assert found.out_of_sample[0] == 0
    assert found.logits[0] == pytest.approx(np.log(0.5 / 0.5))
    assert found.probability_of_loss == 0


def test_copies_share_their_rank():
    sweep = make_sweep(n_sets=1)
    copies = np.repeat(sweep, 7, axis=1)
    found = calc_overfitting(copies, n_blocks=8)
    assert found.logits == pytest.approx(np.zeros(70), abs=1e-12)
    assert found.pbo == 1


def test_scale_of_a_set_does_not_matter():
    sweep = make_sweep()
    scaled = sweep * np.geomspace(0.01, 1.5, 30)
    assert calc_overfitting(scaled, n_blocks=8).logits == pytest.approx(
        calc_overfitting(sweep, n_blocks=8).logits
    )


@pytest.mark.parametrize("columns", [0, 1])
def test_fewer_than_two_sets_that_trade_give_no_figure(columns):
    sweep = np.zeros((64, 3))
    sweep[:, :columns] = make_sweep(64, columns)
    found = calc_overfitting(sweep)
    assert np.isnan([found.pbo, found.probability_of_loss, found.degradation]).all()
    assert (found.n_sets, found.n_flat, len(found.logits)) == (columns, 3 - columns, 0)


def test_ruined_set_stays_in_the_sweep():
    sweep = make_sweep(64, 5)
    sweep[10, 2], sweep[11:, 2] = -1.0, np.nan
    assert calc_overfitting(sweep, n_blocks=4).n_sets == 5


@pytest.mark.parametrize("n_blocks", [0, 3, 22])
def test_odd_and_excessive_blocks_are_refused(n_blocks):
    with pytest.raises(ParameterError, match=f"even int in .2, 20.; received {n_blocks}"):
        calc_overfitting(make_sweep(), n_blocks=n_blocks)


def test_too_few_days_are_refused():
    with pytest.raises(DataError, match="At least 32 daily returns are needed; received 31"):
        calc_overfitting(make_sweep(31))


def test_noise_is_overfitted_half_of_the_time():
    rng = np.random.default_rng(77)
    sweeps = (rng.normal(0, 0.02, (320, 30)) for _ in range(200))
    figures = [calc_overfitting(sweep, n_blocks=8).pbo for sweep in sweeps]
    # One sweep's figure deviates by 0.2, the mean of 200 by 0.014.
    assert np.mean(figures) == pytest.approx(0.5, abs=0.05)


def test_small_chunks_give_the_same_as_one(monkeypatch):
    sweep = make_sweep()
    expected = calc_overfitting(sweep, n_blocks=8)
    monkeypatch.setattr("kanalo.judgement.overfitting._CHUNK", 90)
    assert sorted(calc_overfitting(sweep, n_blocks=8).logits) == pytest.approx(
        sorted(expected.logits)
    )
