"""Shares of coins and portfolios, on returns whose answer is known."""

import numpy as np
import pytest

from kanalo.panel.generality import calc_excess, calc_generality, hold_all, lay_out
from kanalo.panel.rules import CoinRun

N_DAYS = 28 * 12


def make_run(name, rule, held, exposure=1.0, start=18_256, n=N_DAYS):
    """Make a run whose returns are the same every day."""
    full = np.full(n, 1.0)
    days = np.arange(start, start + n)
    return CoinRun(name, days, rule * full, held * full, exposure * full, exposure, {})


def test_excess_is_log_growth_beyond_holding_at_the_mean_exposure():
    days = lay_out([make_run("a", 0.01, 0.03, exposure=0.5)])
    np.testing.assert_allclose(calc_excess(days), np.log(1.01) - np.log(1.015))


def test_the_share_counts_coins_and_is_certain_where_every_day_is_alike():
    runs = [make_run("a", 0.02, 0.01), make_run("b", 0.0, 0.01), make_run("c", 0.03, 0.01)]
    share = calc_generality(lay_out(runs))
    assert share.value == share.low == share.high == pytest.approx(2 / 3)


def test_luck_that_all_coins_share_widens_the_interval():
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.05, N_DAYS)
    together = [
        CoinRun(str(i), np.arange(N_DAYS), common, 0 * common, np.ones(N_DAYS), 0.0, {})
        for i in range(20)
    ]
    apart = [
        CoinRun(str(i), np.arange(N_DAYS), rng.normal(0, 0.05, N_DAYS), common, common, 0.0, {})
        for i in range(20)
    ]
    wide, narrow = calc_generality(lay_out(together)), calc_generality(lay_out(apart))
    assert (wide.low, wide.high) == (0.0, 1.0)
    assert narrow.high - narrow.low < 0.7


def test_few_weeks_give_no_interval():
    share = calc_generality(lay_out([make_run("a", 0.02, 0.01, n=100)]))
    assert share.value == 1.0
    assert np.isnan(share.low)


def test_a_portfolio_of_equal_coins_is_the_coin():
    runs = [make_run(name, 0.01, 0.005) for name in "abc"]
    portfolio = hold_all(lay_out(runs), rate=0.001)
    first = 0.01  # nothing stood in the market before
    assert portfolio.returns[0] == pytest.approx(first)
    np.testing.assert_allclose(portfolio.returns[1:], 0.01)
    assert portfolio.excess.low > 0


def test_a_coin_that_ends_is_paid_out_at_a_cost():
    lives, ends = make_run("a", 0.0, 0.0), make_run("b", 0.0, 0.0, n=28)
    free, dear = (hold_all(lay_out([lives, ends]), rate=rate) for rate in (0.0, 0.01))
    assert (free.returns == 0).all()
    # Half is sold, and half is bought with it, at one percent each.
    assert dear.returns[28] == pytest.approx(-0.01)
    assert (np.delete(dear.returns, 28) == 0).all()


def test_a_day_without_a_bar_within_the_span_moves_nothing():
    run = make_run("a", 0.01, 0.01)
    kept = np.arange(N_DAYS) != 5
    gap = CoinRun("a", run.days[kept], run.rule[kept], run.held[kept], run.exposure[kept], 1.0, {})
    days = lay_out([gap])
    assert days.rule[5, 0] == 0
    assert len(days.days) == N_DAYS
