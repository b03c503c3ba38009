"""Volatility and turnover of a day, as known before each bar."""

from dataclasses import replace

import numpy as np
import pandas as pd

from kanalo.execution.liquidity import calc_liquidity
from kanalo.market import Market
from kanalo.periods import to_timedelta


def make_market(n, freq="8h", seed=0, venue="a-perp"):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    index = pd.date_range("2021-01-01", periods=n, freq=to_timedelta(freq), tz="UTC")
    columns = {"open": close, "high": close, "low": close, "close": close}
    bars = pd.DataFrame({**columns, "volume": rng.random(n) * 1000}, index=index)
    return Market.from_bars(bars, interval=freq, venue=venue)


def compute_plainly(market, bar):
    """The definition, one bar at a time."""
    day = market.index[bar].normalize()
    bars = market.bars.assign(value=market.close * market.volume, venue=market.venue)
    daily = bars.groupby(bars.index.normalize()).agg(
        close=("close", "last"), value=("value", "sum"), venue=("venue", "last")
    )
    daily = daily[daily.index < day]
    returns, values = [], []
    for i in range(len(daily) - 1, 0, -1):
        pair = daily["venue"].iloc[i - 1 : i + 1]
        if not (pair == market.venue[bar]).all() or len(returns) == 20:
            break
        returns.append(np.log(daily["close"].iloc[i] / daily["close"].iloc[i - 1]))
        values.append(daily["value"].iloc[i])
    if len(returns) < 5:
        return np.nan, np.nan
    return np.std(returns, ddof=1), np.mean(values)


def test_every_bar_has_the_figures_of_the_days_before_it():
    market = make_market(120)
    venue = np.where(np.arange(120) < 50, "a-spot", "a-perp")
    market = replace(market, venue=venue)
    known = calc_liquidity(market)
    expected = [compute_plainly(market, bar) for bar in range(120)]
    np.testing.assert_allclose(known.volatility, [each[0] for each in expected], rtol=1e-12)
    np.testing.assert_allclose(known.turnover, [each[1] for each in expected], rtol=1e-12)
    assert np.isnan(known.volatility[50:65]).all()
    assert not np.isnan(known.volatility[75:]).any()


def test_a_cut_market_looks_back_on_what_it_lost():
    market = make_market(200)
    whole = calc_liquidity(market)
    for start in (1, 2, 30, 101):
        part = market.rows(start, 200)
        again = part.rows(3, len(part))
        for cut, known in ((start, calc_liquidity(part)), (start + 3, calc_liquidity(again))):
            np.testing.assert_array_equal(known.volatility, whole.volatility[cut:])
            np.testing.assert_array_equal(known.turnover, whole.turnover[cut:])


def test_bars_do_not_know_their_own_day():
    market = make_market(60)
    changed = market.bars.copy()
    changed.iloc[45:] *= 1.5
    known, others = calc_liquidity(market), calc_liquidity(replace(market, bars=changed))
    np.testing.assert_array_equal(known.volatility[:48], others.volatility[:48])
    assert known.turnover[48] != others.turnover[48]


def test_bars_longer_than_a_day_and_days_without_volume_have_none():
    weekly = make_market(40, freq="1w")
    assert np.isnan(calc_liquidity(weekly).volatility).all()
    dead = make_market(40)
    dead = replace(dead, bars=dead.bars.assign(volume=0.0))
    assert np.isnan(calc_liquidity(dead).turnover).all()
