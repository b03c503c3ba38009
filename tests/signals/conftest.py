"""Small markets whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.market import Market


@pytest.fixture
def make_market():
    """Build a market of closes, with bars that reach ``reach`` (a fraction) beyond their bodies."""

    def make(close, *, freq="1h", start="2024-01-01", reach=0.0, volume=1.0, **fields):
        close = np.asarray(close, dtype=float)
        opening = np.concatenate([close[:1], close[:-1]])
        frame = pd.DataFrame(
            {
                "open": opening,
                "high": np.maximum(opening, close) * (1 + reach),
                "low": np.minimum(opening, close) * (1 - reach),
                "close": close,
                "volume": volume,
            },
            index=pd.date_range(start, periods=len(close), freq=freq, tz="UTC", unit="ns"),
        )
        return Market.from_bars(frame, **fields)

    return make


@pytest.fixture
def walk(make_market):
    """Build a random walk of bars from a seed."""

    def make(n, *, seed=0, freq="1h", volatility=0.01, **fields):
        rng = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, n)))
        volume = rng.lognormal(0, 1, n)
        return make_market(close, freq=freq, reach=volatility / 2, volume=volume, **fields)

    return make
