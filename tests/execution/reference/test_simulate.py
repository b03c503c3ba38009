"""The reference engine in anyone's hands: exported classes, hand-written strategies, the feed."""

from dataclasses import dataclass

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.records import Reason
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.reference.feed import MarketFeed
from kanalo.execution.reference.simulate import simulate_bt, to_backtrader
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_trades
from kanalo.execution.twin import simulate_py
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy, param

FREE = Costs(fee_bps=0, slippage_bps=0, impact=0)


def make_market(n=200, seed=1, **fields):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    opening = np.r_[100.0, close[:-1]]
    index = pd.date_range("2021-01-01", periods=n, freq="h", tz="UTC")
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * 1.01,
            "low": np.minimum(opening, close) * 0.99,
            "close": close,
            "volume": 1.0,
        },
        index=index,
    )
    return Market.from_bars(frame, interval="1h", **fields)


@dataclass(frozen=True)
class Momentum(Strategy):
    """Buy a close above the one before by a margin, with a stop and a target."""

    margin: float = param(0.01, low=0.0, high=1.0)

    def decide(self, market):
        close = market.close
        rise = np.r_[0.0, close[1:] / close[:-1] - 1]
        return Decisions.from_arrays(
            len(market),
            long=rise > self.margin,
            exit_long=rise < -self.margin,
            stop=close * 0.95,
            target=close * 1.05,
        )


class HandWritten(bt.Strategy):
    """Sell short after two falls, with a bracket; add to it; leave in two steps."""

    params = (("share", 0.2),)

    def next(self):
        bar = len(self.data)
        if bar == 3:
            self.sell(size=10)
        elif bar == 6:
            self.sell(size=5)
        elif bar == 9:
            self.buy(size=6)
        elif bar == 12:
            self.close()
        elif bar == 20:
            self.buy(size=4)
        elif bar == 25:
            self.sell(size=7)
        elif bar == 30:
            self.close()
        elif bar == 40:
            self.buy_bracket(
                size=3, exectype=bt.Order.Market, stopprice=1.0, limitprice=self.data.close[0]
            )


def run_cerebro(strategy, market, broker=None, **parameters):
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(MarketFeed(market=market))
    if broker is not None:
        cerebro.setbroker(broker)
    cerebro.addstrategy(strategy, **parameters)
    return cerebro.run()[0]


def test_exported_class_gives_the_same_fills_in_anyones_cerebro():
    market = make_market()
    broker = RuledBroker(costs=FREE, execution=Execution())
    run_cerebro(to_backtrader(Momentum, market), market, broker, margin=0.02)
    expected = simulate_py(market, Momentum(0.02).decide(market), FREE, Execution())
    assert len(expected.fills) > 10
    np.testing.assert_allclose(broker.records().equity, expected.equity, rtol=1e-12)


def test_exported_class_runs_on_stock_backtrader():
    market = make_market()
    strategy = run_cerebro(to_backtrader(Momentum, market), market)
    assert strategy.p.margin == 0.01
    assert strategy.broker.getvalue() != 10_000


def test_exported_class_starts_where_the_window_does():
    market = make_market().between("2021-01-03")
    broker = RuledBroker(costs=FREE, execution=Execution())
    run_cerebro(to_backtrader(Momentum, market), market.traded, broker)
    decisions = Momentum().decide(market).since(market.first)
    expected = simulate_py(market.traded, decisions, FREE, Execution())
    np.testing.assert_allclose(broker.records().equity, expected.equity, rtol=1e-12)


def test_exported_class_refuses_a_feed_of_other_bars():
    market = make_market()
    with pytest.raises(EngineError, match="look at 200 bars; the feed has 50"):
        run_cerebro(to_backtrader(Momentum, market), market.rows(0, 50))


def test_hand_written_strategy_runs_and_its_fills_are_netted():
    market = make_market()
    records = simulate_bt(market, HandWritten, FREE, Execution(), {"share": 0.1})
    trades = to_trades(records, market, None)
    assert trades["side"].tolist() == [-1, 1, -1, 1]
    assert trades["quantity"].tolist() == [15, 4, 3, 3]
    assert trades["exit_reason"].tolist()[:3] == ["order"] * 3
    assert trades["exit_reason"].iloc[3] == "target"
    opened = market.open[[3, 6]]
    assert trades["entry_price"].iloc[0] == pytest.approx((10 * opened[0] + 5 * opened[1]) / 15)
    assert trades["pnl"].sum() == pytest.approx(records.equity[-1] - 100_000)


def test_a_flip_splits_its_fee_between_the_two_trades():
    market = make_market()
    records = simulate_bt(
        market, HandWritten, Costs(fee_bps=10, slippage_bps=0, funding=False, impact=0), Execution()
    )
    trades = to_trades(records, market, None)
    assert trades["fees"].sum() == pytest.approx(records.fills["fee"].sum())
    assert trades["exit_bar"].iloc[1] == trades["entry_bar"].iloc[2]


def test_hand_written_orders_beyond_the_account_are_clipped():
    class Greedy(bt.Strategy):
        def next(self):
            if len(self.data) == 2:
                self.buy(size=1e6)

    market = make_market()
    records = simulate_bt(market, Greedy, FREE, Execution())
    assert records.fills["wanted"].tolist() == [1e6]
    assert records.fills["quantity"][0] * market.open[2] == pytest.approx(100_000)


def test_orders_after_ruin_are_rejected():
    class Stubborn(bt.Strategy):
        statuses = []

        def next(self):
            if len(self.data) in (2, 150):
                self.buy(size=100_000 * 60 / 100)

        def notify_order(self, order):
            self.statuses.append(order.getstatusname())

    fall = make_market().bars
    fall[["open", "high", "low", "close"]] *= np.linspace(1, 0.4, len(fall))[:, None]
    market = Market.from_bars(fall)
    records = simulate_bt(market, Stubborn, FREE, Execution(max_leverage=100, margin="none"))
    assert [Reason(reason) for reason in records.fills["reason"]] == [Reason.ORDER, Reason.RUIN]
    assert Stubborn.statuses[-1] == "Rejected"
    assert records.equity[-1] <= 0


@pytest.mark.parametrize("options", [{}, {"preload": False}, {"runonce": False}])
def test_feed_delivers_every_bar_and_line_in_each_mode(options):
    market = make_market(
        30,
        venue="test-perp",
        context=pd.DataFrame(
            {"funding_rate": np.arange(30.0), "long_short_ratio": 1.5},
            index=make_market(30).index,
        ),
    )

    class Reader(bt.Strategy):
        rows = None

        def start(self):
            self.rows = []

        def next(self):
            data = self.data
            self.rows.append(
                (
                    data.datetime.datetime(),
                    data.open[0],
                    data.close[0],
                    data.funding_rate[0],
                    data.funding_due[0],
                    data.long_short_ratio[0],
                )
            )

    cerebro = bt.Cerebro(stdstats=False, **options)
    cerebro.adddata(MarketFeed(market=market))
    cerebro.addstrategy(Reader)
    rows = cerebro.run()[0].rows
    assert [row[0] for row in rows] == list(market.index.tz_localize(None).to_pydatetime())
    np.testing.assert_array_equal([row[1] for row in rows], market.open)
    np.testing.assert_array_equal([row[2] for row in rows], market.close)
    assert [row[3] for row in rows] == list(range(30))
    assert [i for i, row in enumerate(rows) if row[4]] == [7, 15, 23]
    assert {row[5] for row in rows} == {1.5}


def test_feed_needs_a_market():
    with pytest.raises(EngineError, match="MarketFeed needs market=<Market>; received None"):
        MarketFeed()


def test_engines_refuse_decisions_for_other_bars():
    market = make_market()
    other = Decisions.from_arrays(10)
    with pytest.raises(EngineError, match="look at 10 bars; the market has 200"):
        simulate_py(market, other, FREE, Execution())
    with pytest.raises(EngineError, match="look at 10 bars; the feed has 200"):
        simulate_bt(market, other, FREE, Execution())
