"""Series and runs whose figures are known, named for their shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.result import Result
from kanalo.execution.trades import TRADE_COLUMNS
from kanalo.market import Market

CASH = 100.0


def on_days(values, start="2021-01-01"):
    index = pd.date_range(start, periods=len(values), freq="D", tz="UTC")
    return pd.Series(np.array(values, dtype=float), index=index)


def on_hours(values, start="2021-01-01"):
    index = pd.date_range(start, periods=len(values), freq="h", tz="UTC")
    return pd.Series(np.array(values, dtype=float), index=index)


def to_table(rows):
    """Build a table of trades from dicts that give only what matters."""
    plain = {
        "side": 1,
        "entry_time": pd.Timestamp("2021-01-01", tz="UTC"),
        "exit_time": pd.Timestamp("2021-01-02", tz="UTC"),
        "exit_reason": "exit",
        "tag": "",
        "entry_bar": 0,
        "exit_bar": 1,
        "bars_held": 1,
        "clipped": 0.0,
    }
    filled = [{**dict.fromkeys(TRADE_COLUMNS, 0.0), **plain, **row} for row in rows]
    table = pd.DataFrame(filled, columns=list(TRADE_COLUMNS))
    times = {name: pd.to_datetime(table[name], utc=True) for name in ("entry_time", "exit_time")}
    return table.assign(**times)


def to_result(bars, *, cash=CASH, benchmark=None, fills=(), trades=(), equity=None, held=1.0):
    """Build the result of holding coins from the first open, unless told otherwise."""
    market = Market.from_bars(bars, benchmark=benchmark)
    if equity is None:
        equity = cash + held * (bars["close"] - bars["open"].iloc[0])
    columns = ["time", "price", "quantity", "level", "fee", "reason"]
    return Result(
        strategy="test",
        parameters={},
        market=market,
        costs={},
        execution={"cash": cash},
        fills=pd.DataFrame(list(fills), columns=columns),
        trades=to_table(list(trades)),
        equity=equity,
        position=pd.Series(held, index=bars.index),
        funding=pd.Series(0.0, index=bars.index),
        decisions=None,
        ambiguous_bars=2,
        resolved_bars=1,
        funding_coverage=0.75,
        provenance={},
    )


def to_bars(closes, *, freq="D", start="2021-01-01"):
    """Build bars that open at the close before and reach no further than open and close."""
    closes = np.array(closes, dtype=float)
    opens = np.concatenate((closes[:1], closes[:-1]))
    return pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, closes),
            "low": np.minimum(opens, closes),
            "close": closes,
            "volume": 1.0,
        },
        index=pd.date_range(start, periods=len(closes), freq=freq, tz="UTC"),
    )


SHAPES = {
    "flat": on_days([100.0] * 6),
    "rising": on_days([110.0, 120.0, 130.0, 140.0]),
    "falling": on_days([90.0, 80.0, 60.0, 50.0]),
    "mixed": on_days([110.0, 99.0, 121.0, 108.9, 130.0, 117.0, 140.0]),
    "one_gap": pd.concat([on_days([110.0, 99.0]), on_days([121.0, 108.9], start="2021-01-09")]),
    "random": on_days(100 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.03, 800)))),
}


@pytest.fixture(params=sorted(SHAPES))
def shape(request):
    return SHAPES[request.param]


@pytest.fixture
def shapes():
    return SHAPES


@pytest.fixture
def make():
    """The builders of this module, by name."""
    return {f.__name__: f for f in (on_days, on_hours, to_table, to_result, to_bars)}
