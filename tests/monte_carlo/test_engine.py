"""A Monte Carlo is reproducible, counts honestly, and gives no skill where there is none."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.errors import ParameterError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.ledger import Ledger, load_record
from kanalo.market.synthetic import random_walk_market
from kanalo.monte_carlo import run_monte_carlo
from kanalo.monte_carlo.engine import to_record
from kanalo.report.monte_carlo.page import to_monte_carlo_model, write_monte_carlo_report
from kanalo.strategy import Decisions, Strategy, param

FREE = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)


@dataclass(frozen=True)
class Follow(Strategy):
    """Hold after a rise, stay out after a fall."""

    bars: int = param(1, low=1, high=50)

    def decide(self, market):
        rises = np.zeros(len(market), dtype=bool)
        rises[self.bars :] = market.close[self.bars :] > market.close[: -self.bars]
        return Decisions.from_arrays(len(market), long=rises, exit_long=~rises)


@dataclass(frozen=True)
class Fragile(Strategy):
    """Fail where the price has fallen."""

    def decide(self, market):
        if market.close[-1] < market.open[0]:
            raise ValueError("it fell")
        return Decisions.from_arrays(len(market))


@pytest.fixture(scope="module")
def market():
    return random_walk_market(120, 1, "1d", volatility=0.03)


@pytest.fixture(scope="module")
def drawn(market):
    return run_monte_carlo(Follow(), market, paths=12, model="signs", seed=3)


def test_real_result_is_that_of_a_run(market, drawn):
    result = kanalo.run(Follow(), market)
    assert drawn.actual["total_return"] == pytest.approx(result.equity.iloc[-1] / 100_000 - 1)
    assert drawn.equity_fan()["actual"].iloc[-1] == pytest.approx(
        result.equity.iloc[-1] / 100_000, rel=1e-5
    )


def test_same_seed_gives_the_same_and_paths_do_not_depend_on_their_number(market, drawn):
    again = run_monte_carlo(Follow(), market, paths=12, model="signs", seed=3)
    assert json.dumps(to_record(again)) == json.dumps(to_record(drawn))  # NaN equals NaN
    fewer = run_monte_carlo(Follow(), market, paths=5, model="signs", seed=3)
    pd.testing.assert_frame_equal(fewer.table, drawn.table.iloc[:5])
    other = run_monte_carlo(Follow(), market, paths=5, model="signs", seed=4)
    assert not other.table.equals(fewer.table)


def test_places_count_paths_below(drawn):
    place = drawn.places().loc["total_return"]
    below = (drawn.table["total_return"] < drawn.actual["total_return"]).mean()
    assert place["percentile"] == pytest.approx(below)
    assert place["p_value"] == pytest.approx((1 + 12 * (1 - below)) / 13)
    assert np.isnan(drawn.places().loc["exposure_time", "p_value"])


def test_fans_are_ordered_and_a_drawdown_is_never_beyond_the_whole(drawn):
    for fan in (drawn.equity_fan(), drawn.drawdown_fan()):
        assert (np.diff(fan.drop(columns="actual").to_numpy(), axis=1) >= 0).all()
    worst = drawn.drawdown_fan((0.0,))[0.0]
    assert worst.between(-1, 0).all()


def test_summary_names_what_the_report_names(drawn):
    summary = drawn.summary()
    assert list(summary.columns) == ["actual", "low", "median", "high", "place"]
    assert summary.loc["Return [%]", "actual"] == pytest.approx(100 * drawn.actual["total_return"])


def test_path_on_which_the_rule_fails_is_counted_and_named(market):
    rising = random_walk_market(60, 2, "1d", drift=0.01)
    drawn = run_monte_carlo(Fragile(), rising, paths=20, model="signs")
    assert 0 < len(drawn.failures) < 20
    assert all("it fell" in reason for reason in drawn.failures.values())
    failed = sorted(drawn.failures)
    assert drawn.table.loc[failed, "sharpe_ratio"].isna().all()
    assert drawn.equity_fan((0.0,))[0.0].iloc[-1] == 1.0
    model = to_monte_carlo_model(drawn)
    assert any("The rule failed on" in each for each in model["caveats"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paths": 0}, "'paths' must be a whole number from 1 to 100,000; received 0"),
        ({"paths": True}, "'paths' must be a whole number"),
        ({"paths": 2.5}, "'paths' must be a whole number"),
        ({"seed": -1}, "'seed' must be a whole number from 0"),
        ({"block": "1h"}, r"'block' must be at least one bar \(1d\); received '1h'"),
        ({"model": "sign"}, "Did you mean 'signs'"),
    ],
)
def test_bad_arguments_are_named(market, options, message):
    with pytest.raises((ParameterError, LookupError), match=message):
        run_monte_carlo(Follow(), market, **{"paths": 2, **options})


def test_rule_for_backtrader_is_refused(market):
    import backtrader as bt

    class Plain(bt.Strategy):
        pass

    with pytest.raises(StrategyError, match="written for backtrader"):
        run_monte_carlo(Plain, market, paths=2)


def test_ledger_notes_the_run_and_no_trial(market, drawn, tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        again = run_monte_carlo(Follow(), market, paths=12, model="signs", seed=3, ledger=ledger)
        (run,) = ledger.runs()
        assert (run.kind, run.status, run.details["paths"]) == ("monte_carlo", "finished", 12)
        assert ledger.count_trials() == 0
    kept = json.dumps(load_record(tmp_path, run.id), sort_keys=True)
    assert kept == json.dumps(to_record(again), sort_keys=True)


@pytest.mark.slow
def test_report_has_every_face(drawn, tmp_path):
    model = to_monte_carlo_model(drawn)
    written = write_monte_carlo_report(drawn, model, tmp_path)
    names = [path.name for path in written]
    assert names == ["report.html", "report.md", "report.json", "fans.png", "paths.csv"]
    assert model["sentence"] in (tmp_path / "report.md").read_text("utf-8")
    assert len(pd.read_csv(tmp_path / "paths.csv")) == 12
    assert drawn.to_html(tmp_path / "own.html").stat().st_size > 10_000
    assert len(drawn.plot().axes) == 2


@pytest.mark.slow
def test_place_is_uniform_without_skill_and_high_with_it():
    places, skilled = [], []
    for seed in range(60):
        market = random_walk_market(60, seed, "1d", volatility=0.02, gaps=0.0)
        drawn = run_monte_carlo(Follow(), market, paths=19, model="signs", costs=FREE, seed=seed)
        places.append(drawn.places().loc["total_return", "percentile"])
    for seed in range(5):
        market = random_walk_market(60, seed, "1d", volatility=0.01, drift=0.01)
        drawn = run_monte_carlo(Follow(), market, paths=19, model="signs", costs=FREE, seed=seed)
        skilled.append(drawn.places().loc["total_return", "percentile"])
    counts, _ = np.histogram(places, bins=5, range=(0, 1))
    assert ((counts - 12) ** 2 / 12).sum() < 18.5  # chi² with 4 degrees: 0.1 %
    assert abs(np.mean(places) - 0.5) < 4 * np.sqrt(1 / 12 / 60)
    assert np.mean(skilled) > 0.9
