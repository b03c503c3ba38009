"""The bt.Analyzer wrappers on stock backtrader and on kanalo's broker."""

from __future__ import annotations

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

import kanalo.analyzers.backtrader as wrappers
from kanalo.analyzers import (
    STATISTICS,
    calc_drawdown_statistics,
    calc_ratio_statistics,
    calc_total_return,
    calc_trade_statistics,
    to_daily_returns,
)
from kanalo.errors import EngineError, ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.reference.feed import MarketFeed
from kanalo.execution.rules import Execution
from kanalo.market import Market

ALL = (wrappers.Returns, wrappers.Drawdowns, wrappers.Ratios, wrappers.Trades)
CASH = 10_000.0


class Alternating(bt.Strategy):
    """Hold ten coins for eight bars out of sixteen, remembering the account's value."""

    def __init__(self):
        self.values = []

    def next(self):
        self.values.append(self.broker.getvalue())
        if len(self) % 16 == 1:
            self.buy(size=10)
        elif len(self) % 16 == 9:
            self.close()


class Reversing(bt.Strategy):
    """Turn from long to short and back with single orders."""

    def next(self):
        side = self.buy if len(self) % 20 == 5 else self.sell
        if len(self) % 10 == 5:
            side(size=10 if len(self) == 5 else 20)


@pytest.fixture
def bars(make):
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(11).normal(0, 0.01, 200)))
    return make["to_bars"](closes, freq="h")


def run(strategy, bars, *, analyzers=ALL, broker=None, feed=None, stamps="open", **options):
    cerebro = bt.Cerebro(stdstats=False)
    if broker is None:
        cerebro.broker.setcash(CASH)
        cerebro.broker.setcommission(0.001)
    else:
        cerebro.setbroker(broker)
    plain = bars.tz_localize(None)
    hours = {"timeframe": bt.TimeFrame.Minutes, "compression": 60}
    cerebro.adddata(bt.feeds.PandasData(dataname=plain, **hours) if feed is None else feed)
    cerebro.addstrategy(strategy)
    for analyzer in analyzers:
        cerebro.addanalyzer(analyzer, stamps=stamps)
    [ran] = cerebro.run(**options)
    return ran


def merged(ran):
    return {key: value for a in ran.analyzers for key, value in a.get_analysis().items()}


@pytest.mark.parametrize("options", [{}, {"runonce": False}, {"preload": False, "runonce": False}])
def test_figures_are_those_of_the_functions_on_the_account_s_values(bars, options):
    ran = run(Alternating, bars, **options)
    equity = pd.Series(ran.values, index=bars.index)
    daily = to_daily_returns(equity, CASH)
    figures = merged(ran)
    assert figures["total_return"] == calc_total_return(equity, CASH)
    for key, value in {
        **calc_drawdown_statistics(equity, CASH),
        **calc_ratio_statistics(daily),
    }.items():
        assert figures[key] == pytest.approx(value, rel=1e-12, nan_ok=True), key
    assert figures["duration"] == pytest.approx(200 / 24)


def test_keys_are_those_of_the_registry_and_the_dicts_are_plain(bars):
    ran = run(Alternating, bars)
    figures = merged(ran)
    assert figures.keys() <= {statistic.key for statistic in STATISTICS}
    assert all(type(analyzer.get_analysis()) is dict for analyzer in ran.analyzers)


def test_drawdown_agrees_with_backtrader_s_percent(bars):
    ran = run(Alternating, bars, analyzers=[wrappers.Drawdowns])
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(0.001)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars.tz_localize(None)))
    cerebro.addstrategy(Alternating)
    cerebro.addanalyzer(bt.analyzers.DrawDown)
    [stock] = cerebro.run()
    theirs = stock.analyzers.drawdown.get_analysis().max.drawdown
    assert merged(ran)["max_drawdown"] == pytest.approx(-theirs / 100)


@pytest.mark.parametrize("strategy", [Alternating, Reversing])
def test_round_trips_are_backtrader_s_own_trades(bars, strategy):
    class Watching(strategy):
        closed = ()

        def notify_trade(self, trade):
            if trade.isclosed:
                self.closed += (trade,)

    ran = run(Watching, bars)
    table = ran.analyzers.trades.trades
    ended = table[table["exit_bar"] >= 0]
    assert len(ended) == len(ran.closed) > 5
    np.testing.assert_allclose(ended["pnl"], [trade.pnlcomm for trade in ran.closed], rtol=1e-9)
    np.testing.assert_allclose(ended["fees"], [trade.commission for trade in ran.closed])
    assert (ended["entry_bar"] + 1).tolist() == [trade.baropen for trade in ran.closed]
    assert ended["exit_bar"].tolist() == [trade.barclose - 1 for trade in ran.closed]
    assert ended["bars_held"].tolist() == [trade.barlen for trade in ran.closed]
    assert ended["slippage"].isna().all()
    assert merged(ran).items() >= {"n_trades": len(ended), "n_open_trades": 1}.items()


def test_all_profit_is_the_trades_profit(bars):
    ran = run(Reversing, bars)
    total = ran.analyzers.trades.trades["pnl"].sum()
    assert total == pytest.approx(CASH * merged(ran)["total_return"])


def test_kanalo_s_broker_brings_its_own_records(bars):
    market = Market.from_bars(bars)
    broker = RuledBroker(costs=Costs(slippage_bps=10.0), execution=Execution(cash=CASH))
    ran = run(Alternating, bars, broker=broker, feed=MarketFeed(market=market))
    table = ran.analyzers.trades.trades
    assert table["slippage"].sum() > 0
    expected = calc_trade_statistics(table)
    assert merged(ran).items() >= {"n_trades": expected["n_trades"]}.items()
    assert table["pnl"].sum() == pytest.approx(CASH * merged(ran)["total_return"])


def test_without_a_trade_counts_are_zero(bars):
    figures = merged(run(bt.Strategy, bars))
    assert (figures["n_trades"], figures["total_return"]) == (0, 0.0)
    assert np.isnan(figures["win_rate"])


def test_marks_belong_to_the_day_that_the_stamps_mean(bars):
    """The bar from 23:00 to midnight ends its day however the feed stamps it."""
    opened = run(Alternating, bars).analyzers.returns
    shifted = bars.set_axis(bars.index + pd.Timedelta(hours=1))
    closed = run(Alternating, shifted, stamps="close").analyzers.returns
    pd.testing.assert_series_equal(closed.daily_returns, opened.daily_returns)
    misread = run(Alternating, shifted, stamps="open").analyzers.returns
    assert len(misread.daily_returns) == len(opened.daily_returns)
    assert misread.daily_returns.iloc[1] != opened.daily_returns.iloc[1]


def test_several_feeds_are_netted_each_on_its_own(bars):
    class Both(bt.Strategy):
        def next(self):
            for data in self.datas:
                if len(self) == 3:
                    self.buy(data, size=1)
                elif len(self) == 9:
                    self.close(data)

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(CASH)
    for frame in (bars, 2 * bars):
        cerebro.adddata(bt.feeds.PandasData(dataname=frame.tz_localize(None)))
    cerebro.addstrategy(Both)
    for analyzer in ALL:
        cerebro.addanalyzer(analyzer)
    [ran] = cerebro.run()
    table = ran.analyzers.trades.trades
    assert len(table) == 2
    np.testing.assert_allclose(table["pnl"].iloc[1], 2 * table["pnl"].iloc[0])
    assert len(ran.analyzers.returns.equity) == len(bars)


def test_stamps_other_than_open_and_close_are_refused(bars):
    with pytest.raises(ParameterError, match=r"'stamps' of Returns must be .* received 'opne'"):
        run(Alternating, bars, stamps="opne")


def test_trades_refuses_a_run_that_forgets_its_bars(bars):
    with pytest.raises(EngineError, match="exactbars=False"):
        run(Alternating, bars, exactbars=1)


def test_bars_held_count_to_the_open_of_the_exit_and_no_further(bars):
    class Three(bt.Strategy):
        def next(self):
            if not self.position:
                self.buy(size=1)
            elif len(self) - self.bought == 3:
                self.close()

        def notify_order(self, order):
            if order.status == order.Completed and order.isbuy():
                self.bought = len(self)

    table = run(Three, bars).analyzers.trades.trades
    ended = table[table["exit_bar"] >= 0]
    assert len(ended) > 5
    assert set(ended["bars_held"]) == {4}
    assert ((ended["exit_bar"] - ended["entry_bar"]) == ended["bars_held"]).all()
