"""Daily returns whose statistics are known."""

import numpy as np
import pandas as pd
import pytest

from kanalo.market import Market

DAYS = 365


@pytest.fixture
def make_returns():
    """Return a maker of normal daily returns with exactly the annual Sharpe ratio asked for."""

    def make(sharpe=0.0, n_days=1000, *, deviation=0.03, seed=0):
        noise = np.random.default_rng(seed).normal(size=n_days)
        noise = (noise - noise.mean()) / noise.std(ddof=1)
        return (noise + sharpe / np.sqrt(DAYS)) * deviation

    return make


@pytest.fixture
def make_table():
    """Return a maker of a frame from arrays by name, on consecutive UTC days."""

    def make(**series):
        index = pd.date_range("2020-01-01", periods=len(next(iter(series.values()))), tz="UTC")
        return pd.DataFrame(series, index=index)

    return make


@pytest.fixture
def make_walk():
    """Return a maker of a market that walks at random, with 1 % of noise per hour."""

    def make(seed=0, n_bars=1000, *, freq="h", **fields):
        rng = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n_bars)))
        opening = np.r_[100.0, close[:-1]]
        bars = pd.DataFrame(
            {
                "open": opening,
                "high": np.maximum(opening, close) * (1 + rng.exponential(0.004, n_bars)),
                "low": np.minimum(opening, close) * (1 - rng.exponential(0.004, n_bars)),
                "close": close,
                "volume": rng.exponential(1000.0, n_bars),
            },
            index=pd.date_range("2021-01-01", periods=n_bars, freq=freq, tz="UTC"),
        )
        return Market.from_bars(bars, venue="test-perp", **fields)

    return make
