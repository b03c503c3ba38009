"""The best set's neighbours: one step of one number away, with their equity."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kanalo.report.sweep.neighbours import MOST_POINTS, to_curves
from kanalo.strategy import Decisions, Strategy, param
from kanalo.sweep import SweepResult, make_grid, parse_grid


@dataclass(frozen=True)
class Rule(Strategy):
    """Decide nothing: only its parameters matter here."""

    days: int = param(3, low=1, high=50)
    least: float = param(0.0, low=0.0, high=1.0)
    patient: bool = param(True)

    def decide(self, market):
        return Decisions.from_arrays(len(market))


def make_sweep(sharpes, *, n_days=4):
    """Make a sweep over days × least × patient with given Sharpe ratios, by set."""
    axes = {"days": [1, 2, 5], "least": [0.0, 0.5], "patient": [True, False]}
    rows = [(d, x, p) for d in axes["days"] for x in axes["least"] for p in axes["patient"]]
    table = pd.DataFrame(rows, columns=list(axes))
    table["sharpe_ratio"] = [sharpes.get(row, 0.1) for row in rows]
    table["n_trades"], table["n_open_trades"] = 3, 0
    daily = np.tile(table["sharpe_ratio"].to_numpy(np.float32)[:, None], (1, n_days))
    days = np.datetime64("2024-01-01") + np.arange(n_days)
    return SweepResult("rule", make_grid(Rule, axes), {}, table, daily, days)


BEST = (2, 0.0, True)


def test_neighbours_differ_by_one_step_of_one_number():
    curves = to_curves(make_sweep({BEST: 0.5, (1, 0.0, True): 0.3}), "sharpe_ratio")
    chosen = [tuple(each["parameters"][k] for k in ("days", "least", "patient")) for each in
              curves["neighbours"]]  # fmt: skip
    assert chosen[0] == (1, 0.0, True)  # the best of them first
    assert set(chosen) == {(1, 0.0, True), (5, 0.0, True), (2, 0.5, True)}


def test_values_compound_the_daily_returns():
    curves = to_curves(make_sweep({BEST: 0.5}), "sharpe_ratio")
    assert curves["best"]["values"] == pytest.approx([1.5, 2.25, 3.375, 5.0625], rel=1e-4)
    assert curves["dates"] == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]


def test_a_ruined_neighbour_ends():
    sweep = make_sweep({BEST: 0.5})
    sweep.daily_returns[:] = -1.5
    assert to_curves(sweep, "sharpe_ratio")["best"]["values"] == [None] * 4


def test_long_curves_are_thinned_and_end_on_the_last_day():
    curves = to_curves(make_sweep({BEST: 0.01}, n_days=1_000), "sharpe_ratio")
    assert len(curves["dates"]) <= MOST_POINTS
    assert curves["dates"][-1] == "2026-09-26"


def test_random_draws_have_no_steps():
    sweep = make_sweep({BEST: 0.5})
    drawn = parse_grid(["days=1:9"], Rule, draws=12)
    draws = SweepResult("rule", drawn, {}, sweep.table, sweep.daily_returns, sweep.days)
    assert to_curves(draws, "sharpe_ratio") is None
