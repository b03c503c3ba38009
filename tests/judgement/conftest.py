"""Daily returns whose statistics are known."""

import numpy as np
import pandas as pd
import pytest

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
