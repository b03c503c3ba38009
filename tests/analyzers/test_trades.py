"""Statistics of round trips on tables that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers import (
    calc_average_bars,
    calc_average_days,
    calc_average_mae,
    calc_average_mfe,
    calc_average_trade,
    calc_best_trade,
    calc_expectancy,
    calc_kelly,
    calc_max_bars,
    calc_max_days,
    calc_payoff_ratio,
    calc_profit_factor,
    calc_sqn,
    calc_trade_statistics,
    calc_win_rate,
    calc_worst_trade,
    count_clipped,
    count_closed,
    count_consecutive_losses,
    count_open,
    to_exit_reasons,
)
from kanalo.analyzers.statistics import STATISTICS

UTC = "UTC"


@pytest.fixture
def four(make):
    """Win, loss, break-even and loss; and a fifth that is open and must not count."""
    day = pd.Timestamp("2021-01-01", tz=UTC)
    days = [pd.Timedelta(days=n) for n in (1, 2, 3, 0)]
    rows = [
        {
            "pnl": 30.0,
            "return": 0.3,
            "bars_held": 2,
            "mae": -0.1,
            "mfe": 0.4,
            "exit_reason": "stop",
        },
        {"pnl": -10.0, "return": -0.1, "bars_held": 4, "mae": -0.2, "mfe": 0.0},
        {"pnl": 0.0, "return": 0.0, "bars_held": 6, "clipped": 0.25},
        {"pnl": -5.0, "return": -0.1, "bars_held": 1, "mae": -0.1, "exit_reason": "stop"},
    ]
    rows = [
        {**row, "entry_time": day, "exit_time": day + length}
        for row, length in zip(rows, days, strict=True)
    ]
    still = {"pnl": 999.0, "return": 9.0, "exit_bar": -1, "exit_time": pd.NaT, "clipped": 1.0}
    return make["to_table"]([*rows, {**still, "exit_reason": "open", "bars_held": 99}])


def test_open_trades_are_counted_and_left_out(four):
    assert (count_closed(four), count_open(four)) == (4, 1)


def test_breaking_even_is_not_a_win(four):
    assert calc_win_rate(four) == 0.25


def test_money_figures(four):
    assert calc_profit_factor(four) == pytest.approx(2.0)
    assert calc_payoff_ratio(four) == pytest.approx(30 / 7.5)


def test_return_figures(four):
    returns = np.array([0.3, -0.1, 0.0, -0.1])
    assert calc_expectancy(four) == pytest.approx(0.025)
    assert calc_average_trade(four) == pytest.approx((1.3 * 0.9 * 0.9) ** 0.25 - 1)
    assert (calc_best_trade(four), calc_worst_trade(four)) == (0.3, -0.1)
    assert calc_sqn(four) == pytest.approx(2 * 0.025 / returns.std(ddof=1))
    assert calc_kelly(four) == pytest.approx(0.25 - 0.75 / 3)


def test_length_and_excursion_figures(four):
    assert (calc_average_bars(four), calc_max_bars(four)) == (13 / 4, 6)
    assert (calc_average_days(four), calc_max_days(four)) == (1.5, 3.0)
    assert calc_average_mae(four) == pytest.approx(-0.1)
    assert calc_average_mfe(four) == pytest.approx(0.1)


def test_clipping_counts_closed_trades_beyond_fee_and_slippage(four, make):
    assert count_clipped(four) == 1
    costs_only = make["to_table"]([{"clipped": 0.0007}])
    assert count_clipped(costs_only) == 0
    assert count_clipped(costs_only, share=0.0) == 1


def test_exit_reasons_come_commonest_first_and_ties_by_name(four, make):
    assert to_exit_reasons(four).to_dict() == {"exit": 2, "stop": 2}
    assert to_exit_reasons(four).index.tolist() == ["exit", "stop"]
    three = make["to_table"]([{"exit_reason": reason} for reason in ("a", "b", "b")])
    assert to_exit_reasons(three).index.tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("pnl", "longest"),
    [([], 0), ([1, 2], 0), ([-1], 1), ([-1, -1, 0, -1], 2), ([1, -1, 1, -1, -1, -1], 3)],
)
def test_the_longest_losing_run_is_ended_by_breaking_even(make, pnl, longest):
    assert count_consecutive_losses(make["to_table"]([{"pnl": p} for p in pnl])) == longest


def test_without_losses_what_divides_by_them_is_unknown(make):
    winners = make["to_table"]([{"pnl": 1.0, "return": 0.1}, {"pnl": 2.0, "return": 0.2}])
    assert calc_win_rate(winners) == 1.0
    assert calc_sqn(winners) > 0
    for calc in (calc_profit_factor, calc_payoff_ratio, calc_kelly):
        assert np.isnan(calc(winners))


def test_without_wins_the_profit_factor_is_zero(make):
    losers = make["to_table"]([{"pnl": -1.0, "return": -0.1}])
    assert calc_profit_factor(losers) == 0.0
    assert np.isnan(calc_payoff_ratio(losers))
    assert np.isnan(calc_sqn(losers))


def test_a_trade_that_lost_all_makes_the_geometric_mean_a_whole_loss(make):
    rows = [{"return": -1.2, "pnl": -1.0}, {"return": 0.5, "pnl": 1.0}]
    assert calc_average_trade(make["to_table"](rows)) == -1.0


def test_equal_trades_have_no_sqn(make):
    equal = make["to_table"]([{"return": 0.1, "pnl": 1.0}] * 3)
    assert np.isnan(calc_sqn(equal))


@pytest.mark.parametrize("rows", [[], [{"exit_bar": -1, "exit_time": pd.NaT}]])
def test_without_closed_trades_counts_are_zero_and_the_rest_is_unknown(make, rows):
    table = make["to_table"](rows)
    units = {statistic.key: statistic.unit for statistic in STATISTICS}
    for key, value in calc_trade_statistics(table).items():
        if key == "n_open_trades":
            assert value == len(rows)
        elif units[key] == "count":
            assert value == 0, key
            assert isinstance(value, int)
        else:
            assert np.isnan(value), key
    assert to_exit_reasons(table).empty
