"""Files that other engines exported have the figures of the same run inside kanalo.

``make exports`` writes them: backtesting.py, backtrader and vectorbt trade the rule below on the
same bars; bt trades at the close that decides: its prices are compared with its own columns alone.
"""

from pathlib import Path

import backtrader as bt
import numpy as np
import pytest

import kanalo
from kanalo.analyzers import to_daily_returns
from kanalo.outside import read_results

FILES = Path(__file__).parent / "files"
COSTS = kanalo.Costs(fee_bps=10, slippage_bps=0, funding=False, impact=0)
SERIES = [
    "backtesting_equity.csv",
    "backtrader_pyfolio_returns.csv",
    "vectorbt_returns.csv",
    "vectorbt_value.csv",
    "plain_returns.csv",
]


class AboveMean(bt.Strategy):
    """Hold ten coins while the close is above its mean of twenty days."""

    def __init__(self):
        self.mean = bt.ind.SMA(self.data.close, period=20)

    def next(self):
        """Buy above the mean, sell below it; decide nothing before thirty bars are known."""
        if len(self.data) < 30:
            return
        close = self.data.close[0]
        if not self.position and close > self.mean[0]:
            self.buy(size=10)
        elif self.position and close < self.mean[0]:
            self.close()


@pytest.fixture(scope="module")
def run():
    market = kanalo.load_market("xmr_1d").between("2023-01-01", "2023-10-01").traded
    execution = kanalo.Execution(cash=10_000)
    return kanalo.run(AboveMean, market, costs=COSTS, execution=execution)


@pytest.mark.parametrize("name", SERIES)
def test_every_day_of_an_export_earned_what_it_earns_inside(run, name):
    (record,) = read_results(FILES / name)
    own = to_daily_returns(run.equity, run.cash)
    common = own.index.intersection(record.returns.index)
    assert len(common) >= 272
    np.testing.assert_allclose(record.returns[common], own[common], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SERIES)
def test_figures_of_a_judged_export_are_those_of_the_run(run, name):
    judged = kanalo.judge(FILES / name, n_trials=9, n_placebos=1)
    (label,) = judged.verdicts
    own = kanalo.judge(to_daily_returns(run.equity, run.cash).rename(label), n_trials=9)
    evidence, expected = (each.group.strategies[label].evidence for each in (judged, own))
    assert evidence.total_return == pytest.approx(run.figures["total_return"], abs=1e-12)
    assert evidence.cagr == pytest.approx(run.figures["cagr"], rel=0.02)  # a day more or less
    assert evidence.sharpe.psr == pytest.approx(expected.sharpe.psr, abs=2e-3)
    assert evidence.sharpe.dsr == pytest.approx(expected.sharpe.dsr, abs=2e-3)


@pytest.mark.parametrize("name", ["backtesting_trades.csv", "vectorbt_trades.csv"])
def test_trades_of_an_export_are_those_of_the_run(run, name):
    (record,) = read_results(FILES / name, cash=10_000)
    trades = run.closed_trades
    assert record.trades["entry_time"].tolist() == trades["entry_time"].tolist()
    assert record.trades["exit_time"].tolist() == trades["exit_time"].tolist()
    assert record.trades["side"].tolist() == trades["side"].tolist()
    np.testing.assert_allclose(record.trades["profit"], trades["pnl"], rtol=0, atol=1e-9)


def test_sums_of_trade_analyzer_are_those_of_the_run(run):
    (record,) = read_results(FILES / "backtrader_trade_analyzer.json", cash=10_000)
    assert record.n_trades == len(run.closed_trades)
    assert record.total_return * 10_000 == pytest.approx(run.closed_trades["pnl"].sum())


def test_judging_sums_alone_gives_no_warning_and_no_intervals():
    judged = kanalo.judge(FILES / "backtrader_trade_analyzer.json", n_trials=9, cash=10_000)
    (verdict,) = judged.verdicts.values()
    assert verdict.light == "amber"
    assert "too few trades" in verdict.short
    assert np.isnan(next(iter(judged.psr.values())))
