"""Shares of equity, summed by blocks, are those of a division for each bar."""

import numpy as np
import pandas as pd
import pytest

from kanalo._jit import hot_kernel
from kanalo.analyzers.batch import _share_kernels
from kanalo.analyzers.batch.marks import to_marks
from kanalo.market import Market

sum_shares = hot_kernel(lambda *of: _share_kernels.sum_shares(*of))


def make_marks(seed, step, n=2_000):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, step, n)))
    opening = np.r_[100.0, close[:-1]]
    columns = {
        "open": opening,
        "high": np.maximum(opening, close),
        "low": np.minimum(opening, close),
        "close": close,
        "volume": 1.0,
    }
    index = pd.date_range("2021-01-01", periods=n, freq="h", tz="UTC")
    context = pd.DataFrame({"funding_rate": rng.normal(0, 1e-3, n)}, index=index)
    bars = pd.DataFrame(columns, index=index)
    market = Market.from_bars(bars, interval="1h", venue="test-perp", context=context)
    return close, to_marks(market, funding=True, funding_missing=0.0)


@pytest.mark.parametrize("step", [0.0, 1e-4, 0.008, 0.08])
@pytest.mark.parametrize("exposure", [-3.0, -0.5, 0.5, 1.0, 5.0])
def test_shares_are_those_of_a_division_for_each_bar(step, exposure):
    close, marks = make_marks(int(step * 1e4), step)
    rng = np.random.default_rng(3)
    for _ in range(40):
        first, last = np.sort(rng.integers(0, len(close), 2))
        quantity = exposure * 1_000 / close[first]
        base = 1_000 - quantity * marks.net[first]
        equity = base + quantity * marks.net[first:last]
        alive = last if (equity > 1).all() else first + int(np.argmax(equity <= 1))
        exact = np.sum(close[first:alive] / (base + quantity * marks.net[first:alive]))
        found = sum_shares(close, marks, first, alive, base, quantity)
        assert found == pytest.approx(exact, rel=1e-10, abs=1e-15)
