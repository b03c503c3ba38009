"""Markets whose answers are known, rules to sweep, and surfaces planted into results."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers.statistics import STATISTICS
from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.sweep import Grid, SweepResult
from kanalo.sweep.result import to_table


@dataclass(frozen=True)
class Hold(Strategy):
    """Buy after some bars and hold."""

    wait: int = param(2, low=0, high=50, unit="bars", help="Bars to wait.")
    share: float = param(1.0, low=0.1, high=1.0, help="Share of equity.")
    really: bool = param(True, help="Whether to buy at all.")
    mood: str = param("calm", help="Says nothing.")

    def decide(self, market):
        entry = np.zeros(len(market), dtype=bool)
        entry[self.wait] = self.really
        return Decisions.from_arrays(len(market), long=entry, size=self.share)


@dataclass(frozen=True)
class Ordered(Strategy):
    """Refuse a fast average that is not the shorter one."""

    fast: int = param(1, low=1, high=9)
    slow: int = param(5, low=1, high=9)

    def __post_init__(self):
        super().__post_init__()
        if self.fast >= self.slow:
            raise ParameterError("'fast' must be below 'slow'.")

    def decide(self, market):
        return Decisions.from_arrays(len(market))


def make_bars(close, start="2024-01-01", freq="D"):
    """Make bars that open at the close before."""
    close = np.asarray(close, dtype=float)
    opening = np.concatenate(([close[0]], close[:-1]))
    return pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close),
            "low": np.minimum(opening, close),
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range(start, periods=len(close), freq=freq, tz="UTC"),
    )


@pytest.fixture
def rising():
    """Make a market of 60 days that rises by one a day from 100."""
    return Market.from_bars(make_bars(100.0 + np.arange(60)))


@pytest.fixture
def free():
    """Trade at no cost."""
    return Costs(fee_bps=0, slippage_bps=0, impact=0)


@pytest.fixture
def hold():
    return Hold


@pytest.fixture
def ordered():
    return Ordered


@pytest.fixture
def plant():
    """Return a function that makes a result whose Sharpe ratios are a given surface."""

    def make(surface, axes=None, grid=None):
        values = np.asarray(surface, dtype=float)
        if grid is None:
            names = "abcdef"[: values.ndim]
            axes = axes or {
                name: tuple(range(size)) for name, size in zip(names, values.shape, strict=True)
            }
            grid = Grid(axes)
        sets = grid.expand()
        figures = np.full((len(sets), len(STATISTICS)), np.nan)
        counts = {"n_trades": 3.0, "sharpe_ratio": 0.0}
        for i, each in enumerate(STATISTICS):
            if each.unit == "count":
                figures[:, i] = counts.get(each.key, 0.0)
            if each.key == "sharpe_ratio":
                figures[:, i] = values.ravel()
        return SweepResult(
            strategy="planted",
            grid=grid,
            fixed={},
            table=to_table(grid, sets, figures),
            daily_returns=np.zeros((len(sets), 1), dtype=np.float32),
            days=np.array(["2024-01-01"], dtype="datetime64[D]"),
        )

    return make


@pytest.fixture
def dying(hold, monkeypatch):
    """Return a function that lets a sweep die at its n-th decision from now."""

    def arm(n):
        decided = iter(range(n))

        def decide(self, market):
            if next(decided, None) is None:
                raise KeyboardInterrupt
            return original(self, market)

        monkeypatch.setattr(hold, "decide", decide)

    original = hold.decide
    yield arm
    monkeypatch.setattr(hold, "decide", original)
