"""Runs and comparisons: windows, refusals, provenance, repeatability."""

from dataclasses import dataclass

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

from kanalo.errors import (
    DataError,
    EngineError,
    ParameterError,
    SpecError,
    StrategyError,
    UnknownNameError,
)
from kanalo.execution import reference
from kanalo.execution.costs import Costs
from kanalo.execution.reference import simulate_bt
from kanalo.experiment import run, run_spec
from kanalo.market import Market
from kanalo.report import to_json, to_model
from kanalo.spec import parse_spec
from kanalo.strategy import Decisions, Strategy, param
from kanalo.workspace import find_workspace

WORKSPACE = find_workspace()


@pytest.fixture
def market():
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))
    index = pd.date_range("2021-01-01", periods=300, freq="D", tz="UTC")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    return Market.from_bars(pd.DataFrame({**columns, "volume": 1.0}, index=index))


@dataclass(frozen=True)
class Every(Strategy):
    """Buy every nth bar for one bar."""

    n: int = param(5, low=2, high=100)

    def decide(self, market):
        at = np.arange(len(market)) % self.n == 0
        return Decisions.from_arrays(len(market), long=at, max_bars=1)


def small_spec(**change):
    content = {
        "markets": [{"name": "xmr_1d", "from": "2025-01-01"}],
        "strategies": [{"name": "buy_and_hold"}, {"name": "sma_cross"}],
        **change,
    }
    return parse_spec(content, name="small")


def test_a_result_adds_up(market):
    result = run(Every(3), market, costs=Costs(fee_bps=10))
    assert result.strategy == "Every"
    assert result.parameters == {"n": 3}
    assert len(result.trades) == 100
    assert result.trades["pnl"].sum() == pytest.approx(result.equity.iloc[-1] - result.cash)
    assert result.fills["fee"].sum() == pytest.approx(result.trades["fees"].sum())
    assert set(result.exposure.round(6)) <= set(result.exposure.round(6).clip(0, 1.001))


def test_warm_up_is_read_from_before_the_window(market):
    """A window's decisions are those of the whole history, and nothing is traded before it."""
    window = run(Every(7), market.between("2021-03-01", "2021-06-01"))
    assert window.equity.index[0] == pd.Timestamp("2021-03-01", tz="UTC")
    assert window.equity.index[-1] == pd.Timestamp("2021-05-31", tz="UTC")
    first = next(bar for bar in range(59, 300) if bar % 7 == 0) + 1
    assert window.trades["entry_time"].iloc[0] == market.index[first]


def test_an_empty_window_is_refused(market):
    with pytest.raises(DataError, match="no bar opens between 2030-01-01 and the end"):
        market.between("2030-01-01")


def test_a_hand_written_backtrader_strategy_runs(market):
    class Once(bt.Strategy):
        params = (("bar", 10),)

        def next(self):
            if len(self.data) == self.p.bar:
                self.buy(size=2)

    result = run(Once, market, parameters={"bar": 20})
    assert result.strategy == "Once"
    assert result.trades["entry_bar"].tolist() == [20]
    assert result.decisions is None


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "Wrong.decide.. must return Decisions; received NoneType"),
        (Decisions.from_arrays(7), "Wrong.decide.. decided on 7 bars; the market has 300"),
    ],
)
def test_what_a_rule_returns_is_checked(market, returned, message):
    class Wrong(Strategy):
        def decide(self, market):
            return returned

    with pytest.raises(StrategyError, match=message):
        run(Wrong(), market)


def test_a_comparison_runs_every_combination():
    spec = small_spec(costs=[{"name": "free", "fee_bps": 0}, {"name": "dear", "fee_bps": 50}])
    calls = []
    comparison = run_spec(spec, WORKSPACE, progress=lambda *call: calls.append(call))
    assert [(each.label, each.costs) for each in comparison.runs] == [
        ("buy_and_hold", "free"),
        ("sma_cross", "free"),
        ("buy_and_hold", "dear"),
        ("sma_cross", "dear"),
    ]
    assert calls[-1] == ("done", 4, 4)
    free, dear = comparison.runs[0], comparison.runs[2]
    assert free.statistics["total_return"] > dear.statistics["total_return"]
    assert set(comparison.provenance["data"]) >= {"xmr_1d.parquet"}
    assert comparison.passports["xmr_1d"]["light"] in ("green", "amber", "red")


def test_twice_the_same_spec_gives_the_same_json_but_for_run():
    models = [to_model(run_spec(small_spec(), WORKSPACE)) for _ in range(2)]
    assert models[0].pop("run")["created"]
    assert models[1].pop("run")
    assert to_json(models[0]) == to_json(models[1])


def test_a_strategy_may_be_kept_to_one_market():
    strategies = [{"name": "sma_cross", "markets": ["xmr_1d"]}, {"name": "buy_and_hold"}]
    markets = [
        {"name": "xmr_1d", "from": "2025-01-01"},
        {"name": "btc_1d", "from": "2025-01-01", "to": "2025-03-01"},
    ]
    comparison = run_spec(small_spec(strategies=strategies, markets=markets), WORKSPACE)
    assert [(each.label, each.market) for each in comparison.runs] == [
        ("sma_cross", "xmr_1d"),
        ("buy_and_hold", "xmr_1d"),
        ("buy_and_hold", "btc_1d"),
    ]


def test_a_file_of_one_s_own_is_found_beside_the_spec(tmp_path, market):
    market.bars.rename_axis("time").to_csv(tmp_path / "mine.csv")
    content = {"markets": [{"data": "mine.csv"}], "strategies": [{"name": "buy_and_hold"}]}
    comparison = run_spec(parse_spec(content, folder=tmp_path), WORKSPACE)
    assert comparison.runs[0].market == "mine"


@pytest.mark.parametrize(
    ("strategies", "error", "message"),
    [
        ([{"name": "smacross"}], UnknownNameError, "Did you mean 'sma_cross'"),
        ([{"name": "sma_cross", "parameters": {"fats": 3}}], ParameterError, "Did you mean 'fast'"),
        ([{"name": "sma_cross", "parameters": {"fast": 0}}], ParameterError, "received 0"),
    ],
)
def test_wrong_names_and_values_are_refused_before_anything_runs(strategies, error, message):
    with pytest.raises(error, match=message):
        run_spec(small_spec(strategies=strategies), WORKSPACE)


def test_nothing_to_run_is_refused():
    markets = [{"name": "xmr_1d"}, {"name": "btc_1d"}]
    strategies = [{"name": "sma_cross", "markets": []}]
    spec = small_spec(markets=markets, strategies=strategies)
    empty = type(spec)(**{**vars(spec), "strategies": ()})
    with pytest.raises(SpecError, match="leaves nothing to run"):
        run_spec(empty, WORKSPACE)


def test_each_strategy_gets_random_entries_that_trade_like_it():
    comparison = run_spec(small_spec(yardsticks=True), WORKSPACE)
    labels = [(each.label, each.matches) for each in comparison.runs]
    assert labels == [
        ("buy_and_hold", ""),
        ("sma_cross", ""),
        ("random like sma_cross", "sma_cross"),
    ]
    rule, yardstick = (each.result for each in comparison.runs[1:])
    closed = rule.closed_trades
    years = (rule.market.closes_at[-1] - rule.market.index[0]) / pd.Timedelta(days=365)
    assert yardstick.parameters["trades"] == pytest.approx(len(closed) / years)
    assert yardstick.parameters["hold"] == pytest.approx(closed["bars_held"].mean() * 24)
    assert yardstick.parameters["longs"] == (closed["side"] > 0).mean()


def test_engines_give_one_result_and_say_who_they_are(market):
    ours, theirs = (run(Every(3), market, engine=each) for each in ("compiled", "reference"))
    pd.testing.assert_frame_equal(ours.trades, theirs.trades, rtol=1e-9)
    pd.testing.assert_series_equal(ours.equity, theirs.equity, rtol=1e-9)
    assert ours.provenance["engine"].startswith("compiled (numba ")
    assert theirs.provenance["engine"].startswith("reference (backtrader ")


def test_cross_checked_run_names_both_engines(market):
    engine = run(Every(3), market, cross_check=True).provenance["engine"]
    assert "compiled (numba " in engine
    assert ", cross-checked with reference (backtrader " in engine


def test_cross_check_stops_where_the_engines_differ(market, monkeypatch):
    def off_by_a_hair(*args):
        records = simulate_bt(*args)
        records.fills["price"][7] *= 1 + 2e-9
        return records

    monkeypatch.setattr(reference, "simulate_bt", off_by_a_hair)
    run(Every(3), market)
    with pytest.raises(EngineError, match=r"differ on Every over .* at bar \d+ .*'price' is"):
        run(Every(3), market, cross_check=True)


def test_unknown_engine_is_refused(market):
    with pytest.raises(ParameterError, match="'engine' must be one of compiled, reference"):
        run(Every(3), market, engine="vectorised")


def test_spec_is_cross_checked_unless_told_otherwise():
    spec = small_spec()
    checked, trusted = (run_spec(spec, WORKSPACE, cross_check=each) for each in (True, False))
    assert "cross-checked" in checked.provenance["engine"]
    assert "cross-checked" not in trusted.provenance["engine"]
    assert run_spec(spec, WORKSPACE, engine="reference").provenance["engine"][:9] == "reference"
