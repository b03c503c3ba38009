"""Verdicts on other engines' results have the figures of kanalo's own, and say what is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import kanalo
from kanalo.analyzers import to_daily_returns
from kanalo.cli.app import app
from kanalo.errors import DataError, ParameterError
from kanalo.judgement.bootstrap import resample_returns
from kanalo.judgement.candidates import Options
from kanalo.judgement.deflated import deflate_sharpe
from kanalo.outside.judge import judge_records
from kanalo.outside.timing import calc_exposure, to_decisions
from kanalo.outside.trade_lists import trades_to_record

FILES = Path(__file__).parent / "files"
FEW = Options(n_resamples=50, n_placebos=20)


def make_returns(n=200, seed=0, mean=0.001):
    days = pd.date_range("2023-01-01", periods=n, tz="UTC")
    return pd.Series(np.random.default_rng(seed).normal(mean, 0.02, n), index=days, name="mine")


@pytest.fixture(scope="module")
def run():
    market = kanalo.load_market("xmr_1d").between("2021-01-01", "2023-01-01")
    return kanalo.run("donchian_breakout", market, parameters={"entry": 20, "leave": 10})


def to_record(result):
    trades = result.closed_trades
    table = pd.DataFrame(
        {
            "entry_time": pd.DatetimeIndex(trades["entry_time"]),
            "exit_time": pd.DatetimeIndex(trades["exit_time"]),
            "side": trades["side"].to_numpy(np.int64),
            "profit": trades["pnl"].to_numpy(np.float64),
            "notional": (trades["quantity"].abs() * trades["entry_price"]).to_numpy(np.float64),
        }
    )
    return trades_to_record(table, "donchian", "trades.csv", "test", result.cash)


def test_figures_are_those_of_the_run_inside(run):
    daily = to_daily_returns(run.equity, run.cash)
    judged = kanalo.judge(daily.rename("donchian"), n_trials=7, n_placebos=1)
    evidence = judged.group.strategies["donchian"].evidence
    own = deflate_sharpe(daily, (), n_trials=7)
    assert (evidence.sharpe.psr, evidence.sharpe.dsr) == (own.psr, own.dsr)
    assert evidence.total_return == pytest.approx(run.figures["total_return"])
    assert evidence.cagr == pytest.approx(run.figures["cagr"])
    table = pd.DataFrame({"donchian": daily, "cash": 0.0})
    assert evidence.intervals["cagr"] == resample_returns(table).interval("donchian", "cagr")


def test_trades_find_their_bars_again(run):
    record = to_record(run)
    decisions, _ = to_decisions(record.trades, run.market)
    first = record.trades.iloc[0]
    assert run.market.index[decisions.entries[0] + 1] == first["entry_time"]
    assert decisions.side[0] == first["side"]


def test_exposure_is_size_times_time_held():
    table = pd.DataFrame(
        {
            "entry_time": pd.to_datetime(["2023-01-01", "2023-03-31"], utc=True),
            "exit_time": pd.to_datetime(["2023-01-11", "2023-04-10"], utc=True),
            "side": [1, -1],
            "profit": [100.0, 0.0],
            "notional": [500.0, 550.0],
        }
    )
    record = trades_to_record(table, "half", "trades.csv", "test", 1_000)
    assert len(record.returns) == 100
    assert calc_exposure(record) == pytest.approx(0.5 * 10 / 100 - 0.5 * 10 / 100)
    longs = trades_to_record(table.iloc[:1], "half", "trades.csv", "test", 1_000)
    assert calc_exposure(longs) == pytest.approx(0.5 * 10 / 11)


def test_market_adds_placebos_and_the_matched_holding(run):
    judged = judge_records([to_record(run)], 5, market=run.market, options=FEW)
    evidence = judged.group.strategies["donchian"].evidence
    assert evidence.placebo.n_draws == 20
    assert evidence.superior is not None
    assert "matched_hold" in evidence.differences


def test_unknown_number_of_trials_is_amber_and_never_one():
    judged = kanalo.judge(make_returns(n=1000, mean=0.005))
    verdict = judged.verdicts["mine"]
    assert (verdict.light, verdict.better_than_luck) == ("amber", False)
    reasons = {each.name: each for each in verdict.reasons}
    assert reasons["deflated Sharpe ratio"].status == "not run"
    assert "the number of trials is not known" in reasons["deflated Sharpe ratio"].text
    assert "no code" in reasons["look-ahead"].text
    assert judged.psr["mine"] > 0.99
    assert np.isnan(judged.summary().loc["mine", "dsr"])


def test_losses_are_red_and_few_days_have_no_tests():
    assert kanalo.judge(make_returns(mean=-0.01), 3).verdicts["mine"].light == "red"
    judged = kanalo.judge(make_returns(n=20), 3)
    assert judged.group.problem == "the record has 20 daily returns; at least 30 are needed"
    assert judged.group.superiority is None


def test_several_results_are_tested_together():
    table = pd.concat({"a": make_returns(seed=1), "b": make_returns(seed=2)}, axis=1)
    judged = kanalo.judge(table, n_trials=10)
    assert judged.group.superiority.n_models == 2
    assert set(judged.group.strategies["a"].evidence.differences) == {"cash", "b"}
    with pytest.raises(ParameterError, match="2 are given, so at least 2 were tried; received 1"):
        kanalo.judge(table, n_trials=1)


def test_two_currencies_are_refused():
    paths = [FILES / "tradingview_trades.csv", FILES / "quantconnect_result.json"]
    with pytest.raises(DataError, match=r"different currencies: USD \(.*\) and USDT \(.*\)"):
        kanalo.judge(paths, 5)


def test_few_trades_are_said():
    verdict = kanalo.judge(FILES / "freqtrade_export.json", 3).verdicts["Breakout"]
    assert (verdict.light, verdict.short) == ("amber", "too few trades (2; 30 required)")


def test_command_prints_writes_and_says_what_is_missing(tmp_path):
    command = ["judge", str(FILES / "bt_prices.csv"), "--trials", "40", "-o", str(tmp_path)]
    shown = CliRunner().invoke(app, ["--workspace", str(make_home(tmp_path)), *command])
    assert shown.exit_code == 0, shown.output
    assert "Not said: look-ahead: no code, so no certificate" in shown.output.replace("\n", " ")
    assert sorted(each.name for each in tmp_path.glob("report.*")) == [
        "report.html",
        "report.json",
        "report.md",
    ]


def make_home(tmp_path):
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True)
    (home / "strategies/__init__.py").write_text("")
    return home


def test_hyperopt_file_is_the_number_of_trials(tmp_path):
    files = [str(FILES / name) for name in ("freqtrade_export.json", "hyperopt.fthypt")]
    home = ["--workspace", str(make_home(tmp_path))]
    shown = CliRunner().invoke(app, [*home, "judge", *files, "-o", str(tmp_path / "out")])
    assert "After 3 trials" in shown.output
    refused = CliRunner().invoke(app, [*home, "judge", *files, "--trials", "2"])
    assert refused.exit_code == 2
    assert "less than the 3 sets" in " ".join(refused.output.split())
