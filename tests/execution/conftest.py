"""Random markets, decisions and rules that reach every corner of the fill rules."""

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import BothTouched, Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

START = pd.Timestamp("2021-01-01", tz="UTC")


@pytest.fixture(scope="session")
def make_case():
    """Return a function of (seed, n_bars) to (market, decisions, costs, execution)."""
    return build_case


def build_case(seed, n):
    rng = np.random.default_rng(seed)
    market = make_market(rng, n)
    return market, make_decisions(rng, market), *make_rules(rng)


def to_bars(rng, n, tick, start, freq):
    """Bars with gaps; a coarse tick makes ties, dojis and levels that are met exactly."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.005, 0.03]), n)))
    gap = np.exp(rng.normal(0, 0.02, n) * (rng.random(n) < 0.3))
    opening = np.r_[100.0, close[:-1]] * gap
    reach = rng.choice([0.003, 0.03])
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, reach, n)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, reach, n)))
    prices = np.column_stack([opening, high, low, close])
    if tick:
        prices = np.maximum(np.round(prices / tick), 1) * tick
    index = pd.date_range(start, periods=n, freq=freq)
    return pd.DataFrame(prices, columns=["open", "high", "low", "close"], index=index).assign(
        volume=1.0
    )


def coarsen(finer, bars_inside):
    groups = np.arange(len(finer)) // bars_inside
    columns = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    coarse = finer.groupby(groups).agg(columns)
    return coarse.set_axis(finer.index[::bars_inside])


def make_market(rng, n):
    tick = rng.choice([0.0, 0.5, 2.0])
    finer = to_bars(rng, n * 4, tick, START, "2h")
    bars = coarsen(finer, 4)
    covered = finer.iloc[: int(len(finer) * rng.random())]  # may end inside a bar, or be absent
    rate = np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 0.003, n))
    return Market.from_bars(
        bars,
        interval="8h",
        venue=str(rng.choice(["test-perp", "test-spot"], p=[0.8, 0.2])),
        context=pd.DataFrame({"funding_rate": rate}, index=bars.index),
        finer=Market.from_bars(covered, interval="2h") if len(covered) > 1 else None,
    )


def make_decisions(rng, market):
    n, close = len(market), market.close
    rate = rng.choice([0.02, 0.1, 0.4])
    draw = rng.random(n)
    long, short = draw < rate, draw > 1 - rate
    side = np.where(long, 1, -1)
    width = rng.choice([0.01, 0.05])
    stop = close * (1 - side * width * rng.random(n))
    target = close * (1 + side * width * rng.random(n))
    if rng.random() < 0.5:
        stop, target = np.maximum(np.round(stop), 1), np.maximum(np.round(target), 1)
    stop[rng.random(n) < 0.3] = np.nan
    target[rng.random(n) < 0.3] = np.nan
    sane = ~(side * (target - stop) <= 0)
    return Decisions.from_arrays(
        n,
        long=long & sane,
        short=short & sane,
        exit_long=rng.random(n) < 0.1,
        exit_short=rng.random(n) < 0.1,
        stop=stop,
        target=target,
        trail=np.where(rng.random(n) < 0.5, np.nan, width * rng.random(n) + 1e-4),
        size=rng.choice([0.3, 1.0, 30.0]) * (rng.random(n) + 0.01),
        max_bars=rng.integers(0, 6, n),
        guard_long=make_guard(rng, close, 1),
        guard_short=make_guard(rng, close, -1),
    )


def make_guard(rng, close, side):
    if rng.random() < 0.5:
        return None
    line = close * (1 - side * 0.05 * rng.random(len(close)))
    return np.where(rng.random(len(close)) < 0.3, np.nan, line)


def make_rules(rng):
    costs = Costs(
        fee_bps=float(rng.choice([0, 5, 50])),
        maker_fee_bps=rng.choice([None, 1.0]),
        slippage_bps=float(rng.choice([0, 2, 30])),
        funding=bool(rng.random() < 0.9),
        funding_missing=0.0001,
    )
    execution = Execution(
        max_leverage=float(rng.choice([1, 5, 60])),
        both_touched=str(rng.choice(list(BothTouched))),
        entry_bar_exits=bool(rng.random() < 0.7),
    )
    return costs, execution
