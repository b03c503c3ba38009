"""A spec runs every combination: refusals, provenance, yardsticks, repeatability."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import (
    ParameterError,
    SpecError,
    UnknownNameError,
)
from kanalo.experiment.run_spec import run_spec
from kanalo.experiment.spec_reader import parse_spec
from kanalo.market import Market
from kanalo.report import to_json, to_model
from kanalo.workspace import find_workspace

WORKSPACE = find_workspace()


@pytest.fixture
def market():
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))
    index = pd.date_range("2021-01-01", periods=300, freq="D", tz="UTC")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    return Market.from_bars(pd.DataFrame({**columns, "volume": 1.0}, index=index))


def small_spec(**change):
    content = {
        "markets": [{"name": "xmr_1d", "from": "2025-01-01"}],
        "strategies": [{"name": "hold_perpetual"}, {"name": "sma_cross"}],
        **change,
    }
    return parse_spec(content, name="small")


def test_a_comparison_runs_every_combination():
    spec = small_spec(costs=[{"name": "free", "fee_bps": 0}, {"name": "dear", "fee_bps": 50}])
    calls = []
    comparison = run_spec(spec, WORKSPACE, progress=lambda *call: calls.append(call))
    assert [(each.label, each.costs) for each in comparison.runs] == [
        ("hold_perpetual", "free"),
        ("sma_cross", "free"),
        ("hold_perpetual", "dear"),
        ("sma_cross", "dear"),
    ]
    assert calls[-1] == ("done", 4, 4)
    free, dear = comparison.runs[0], comparison.runs[2]
    assert free.statistics["total_return"] > dear.statistics["total_return"]
    assert set(comparison.provenance["data"]) >= {"xmr_1d.parquet"}
    assert comparison.passports["xmr_1d"]["light"] in ("green", "amber", "red")


@pytest.mark.slow
def test_twice_the_same_spec_gives_the_same_json_but_for_run():
    models = [to_model(run_spec(small_spec(), WORKSPACE)) for _ in range(2)]
    assert models[0].pop("run")["created"]
    assert models[1].pop("run")
    assert to_json(models[0]) == to_json(models[1])


def test_a_strategy_may_be_kept_to_one_market():
    strategies = [{"name": "sma_cross", "markets": ["xmr_1d"]}, {"name": "hold_perpetual"}]
    markets = [
        {"name": "xmr_1d", "from": "2025-01-01"},
        {"name": "btc_1d", "from": "2025-01-01", "to": "2025-03-01"},
    ]
    comparison = run_spec(small_spec(strategies=strategies, markets=markets), WORKSPACE)
    assert [(each.label, each.market) for each in comparison.runs] == [
        ("sma_cross", "xmr_1d"),
        ("hold_perpetual", "xmr_1d"),
        ("hold_perpetual", "btc_1d"),
    ]


def test_a_file_of_one_s_own_is_found_beside_the_spec(tmp_path, market):
    market.bars.rename_axis("time").to_csv(tmp_path / "mine.csv")
    content = {"markets": [{"data": "mine.csv"}], "strategies": [{"name": "hold_perpetual"}]}
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
        ("hold_perpetual", ""),
        ("sma_cross", ""),
        ("random like sma_cross", "sma_cross"),
    ]
    rule, yardstick = (each.result for each in comparison.runs[1:])
    closed = rule.closed_trades
    years = (rule.market.closes_at[-1] - rule.market.index[0]) / pd.Timedelta(days=365)
    assert yardstick.parameters["trades"] == pytest.approx(len(closed) / years)
    assert yardstick.parameters["hold"] == pytest.approx(closed["bars_held"].mean() * 24)
    assert yardstick.parameters["longs"] == (closed["side"] > 0).mean()


@pytest.mark.slow
def test_spec_is_cross_checked_unless_told_otherwise():
    spec = small_spec()
    checked, trusted = (run_spec(spec, WORKSPACE, cross_check=each) for each in (True, False))
    assert "cross-checked" in checked.provenance["engine"]
    assert "cross-checked" not in trusted.provenance["engine"]
    assert run_spec(spec, WORKSPACE, engine="reference").provenance["engine"][:9] == "reference"
