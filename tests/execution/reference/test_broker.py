"""A hand-written strategy is warmed up before the window, and trades from its first bar."""

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import Execution
from kanalo.market import Market

FREE = kanalo.Costs(fee_bps=0, slippage_bps=0, impact=0)


def make_market(closes, first):
    index = pd.date_range("2024-01-01", periods=len(closes), freq="D", tz="UTC")
    closes = np.array(closes, dtype=np.float64)
    opens = np.r_[closes[:1], closes[:-1]]
    frame = pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, closes),
            "low": np.minimum(opens, closes),
            "close": closes,
            "volume": 1.0,
        },
        index=index,
    )
    return Market.from_bars(frame, interval="1d").between(index[first])


class AboveAverage(bt.Strategy):
    def __init__(self):
        self.average = bt.indicators.SMA(period=5)
        self.bars = []

    def next(self):
        self.bars.append(len(self))
        if not self.position and self.data.close[0] > self.average[0]:
            self.buy(size=1)


class Early(bt.Strategy):
    def prenext(self):
        self.buy(size=1)

    def next(self):
        if not self.position:
            self.buy(size=1)


@pytest.mark.parametrize("rule", [AboveAverage, Early])
def test_the_first_bar_of_the_window_decides_the_first_fill(rule):
    market = make_market(range(100, 120), first=10)
    records = simulate_bt(market, rule, FREE, Execution())
    assert records.fills["bar"].tolist() == [1]
    assert records.fills["price"].tolist() == [110.0]
    assert len(records.equity) == 10
    assert records.equity[0] == 100_000


def test_too_short_a_warm_up_waits_for_the_indicator():
    market = make_market(range(100, 120), first=2)
    records = simulate_bt(market, AboveAverage, FREE, Execution())
    assert records.fills["bar"].tolist() == [5 - 2]


def test_a_run_from_a_date_on_uses_the_bars_before_it():
    result = kanalo.run(AboveAverage, make_market(range(100, 120), first=10), costs=FREE)
    assert result.trades["entry_bar"].tolist() == [1]
    assert len(result.equity) == 10


class AboveLong(bt.Strategy):
    """Hold while the close is above its average of 200 days."""

    def __init__(self):
        self.average = bt.indicators.SMA(period=200)

    def next(self):
        above = self.data.close[0] > self.average[0]
        if above and not self.position:
            self.buy(size=1)
        elif not above and self.position:
            self.close()


@pytest.mark.parametrize("start", ["2024-01-01", "2025-01-01"])
def test_an_average_of_200_days_is_known_on_the_first_day_of_the_window(start):
    market = kanalo.load_market("xmr_1d").between(start)
    result = kanalo.run(AboveLong, market, costs=FREE)
    average = pd.Series(market.close).rolling(200).mean().to_numpy()
    above = (market.close > average)[market.first :]
    held = result.position.to_numpy() > 0
    np.testing.assert_array_equal(held[1:], above[:-1])
    assert result.trades["entry_bar"].iloc[0] == np.argmax(above) + 1 < 90
