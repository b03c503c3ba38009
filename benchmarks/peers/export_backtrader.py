"""Result files of backtrader: returns of its PyFolio analyzer, and TradeAnalyzer as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import backtrader as bt
import common
import exported


class AboveMean(bt.Strategy):
    """Hold ten coins while the close is above its mean."""

    params = {"days": exported.DAYS, "coins": exported.COINS}

    def __init__(self) -> None:
        self.mean = bt.ind.SMA(self.data.close, period=self.p.days)

    def next(self) -> None:
        """Buy above the mean, sell below it."""
        if len(self.data) < exported.FIRST:
            return
        close = self.data.close[0]
        if not self.position and close > self.mean[0]:
            self.buy(size=self.p.coins)
        elif self.position and close < self.mean[0]:
            self.close()


def export(path: Path, folder: str) -> list[str]:
    """Run the rule and write what both analyzers say."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=exported.read(path)))
    cerebro.broker.setcash(exported.CASH)
    cerebro.broker.setcommission(exported.FEE)
    cerebro.addstrategy(AboveMean)
    cerebro.addanalyzer(bt.analyzers.PyFolio, _name="pyfolio")
    cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
    (strategy,) = cerebro.run()
    returns, *_ = strategy.analyzers.pyfolio.get_pf_items()
    returns.to_csv(Path(folder, "backtrader_pyfolio_returns.csv"))
    text = json.dumps(strategy.analyzers.trades.get_analysis()) + "\n"
    Path(folder, "backtrader_trade_analyzer.json").write_text(text, encoding="utf-8")
    return ["backtrader_pyfolio_returns.csv", "backtrader_trade_analyzer.json"]


if __name__ == "__main__":
    common.main(export=export, packages=("backtrader", "pandas"))
